"""Sequences of features, as recordings of 30 frames a second give them."""

from __future__ import annotations

import numpy as np

from painscope.features import FeatureSequence


def make_sequence(
    name: str, values: np.ndarray, names: tuple[str, ...] | None = None
) -> FeatureSequence:
    """Return a sequence of an id and values [T, D]; a face was found where they are finite."""
    names = names or tuple(f"f{k}" for k in range(values.shape[1]))
    found = np.isfinite(values).all(axis=1)
    time_s = np.arange(len(values)) / 30
    return FeatureSequence(name, values.astype(np.float32), time_s, found, names)
