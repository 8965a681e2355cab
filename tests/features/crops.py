"""Made-up batches of crops, and whose they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from painscope.face import CropBatch, FaceTrack
from painscope.recording import Recording

#: A recording whose video nobody opens.
RECORDING = Recording("a", "s1", None, None, Path("a.mp4"))


def crop_batch(n: int, size: int, *, blendshapes: int = 52, landmarks: int = 68) -> CropBatch:
    """Return n different noisy crops, all with a box."""
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (n, size, size, 3), dtype=np.uint8)
    track = FaceTrack(
        time_s=np.arange(n) / 30,
        box=np.tile(np.array([0, 0, 9, 9], np.float32), (n, 1)),
        landmarks=rng.uniform(0, 9, (n, landmarks, 2)).astype(np.float32),
        blendshapes=rng.random((n, blendshapes)).astype(np.float32),
        confidence=np.ones(n, np.float32),
        found=np.ones(n, bool),
    )
    return CropBatch(crops, track)
