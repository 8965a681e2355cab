"""Made-up feature maps of a few people's pictures."""

from __future__ import annotations

import numpy as np

SUBJECTS = [f"p{k // 8}" for k in range(48)]


def made_up(signal: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Feature maps in which filter 2 sees the first concept; nothing sees the second."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((48, 2, 16, 16), bool)
    for picture, concept in np.argwhere(rng.random((48, 2)) < 0.5):
        masks[picture, concept, 4:8, 4 + 4 * concept : 10 + 4 * concept] = True
    activations = rng.exponential(0.3, (48, 6, 8, 8)).astype(np.float32)
    activations[:, 2] += signal * masks[:, 0, ::2, ::2]
    return activations, masks
