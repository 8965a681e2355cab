"""Made-up feature maps of a few people's pictures."""

from __future__ import annotations

import numpy as np

SUBJECTS = [f"p{k // 8}" for k in range(48)]


def made_up(signal: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Feature maps, where concepts would be and whether they are: filter 2 sees the first one.

    The second is seen by none; but faces lie elsewhere in each picture, and filter 4 sees where.
    """
    rng = np.random.default_rng(seed)
    regions = np.zeros((48, 2, 16, 16), bool)
    shown = rng.random((48, 2)) < 0.5
    for picture, down in enumerate(rng.integers(0, 5, 48) * 2):
        for concept in range(2):
            regions[picture, concept, down : down + 4, 4 + 4 * concept : 10 + 4 * concept] = True
    activations = rng.exponential(0.3, (48, 6, 8, 8)).astype(np.float32)
    activations[:, 2] += signal * (regions[:, 0, ::2, ::2] & shown[:, 0, None, None])
    activations[:, 4] += 3 * regions[:, 1, ::2, ::2]
    return activations, regions, shown
