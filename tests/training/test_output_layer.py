from __future__ import annotations

import numpy as np

from painscope.training import (
    fit_output_layer,
)


def points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds in a space with a silent, a constant and a huge axis; one class is rare."""
    rng = np.random.default_rng(seed)
    target = rng.choice(3, n, p=[0.6, 0.35, 0.05])
    values = rng.normal(0, 0.3, (n, 6)).astype(np.float32)
    values[np.arange(n), target] += 2
    values[:, 3], values[:, 4], values[:, 5] = 0, 7, values[:, 5] * 1e4
    return values, target.astype(np.int64)


def test_an_output_layer_learns_from_features_as_they_are() -> None:
    layer = fit_output_layer(points(600, 0), points(200, 1), 3)
    features, target = points(2000, 2)
    answer = layer(features).argmax(axis=1)
    recall = [(answer[target == k] == k).mean() for k in range(3)]
    assert min(recall) > 0.95, "the rare class too"
    assert layer.weight.shape == (3, 6)
    assert np.isfinite(layer.weight).all()


def test_an_output_layer_is_its_seeds() -> None:
    first, again, other = (
        fit_output_layer(points(200, 0), points(80, 1), 3, seed=seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(first.weight, again.weight)
    assert not np.array_equal(first.weight, other.weight)
