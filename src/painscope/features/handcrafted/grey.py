"""What the families that look at crops share: their size, grey pictures, a grid of cells."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

__all__ = ["CROP", "grey", "library", "scaled"]

#: Edge of the crops that these families look at, pixels: wrinkles are still there, and one
#: pass over a video serves them all.
CROP = 128


def grey(crops: np.ndarray) -> np.ndarray:
    """Return grey pictures, uint8 [B, S, S], of crops uint8 [B, S, S, 3] (ITU-R BT.601)."""
    import cv2

    batch, size = crops.shape[:2]
    tall = np.ascontiguousarray(crops).reshape(batch * size, size, 3)
    return cv2.cvtColor(tall, cv2.COLOR_RGB2GRAY).reshape(batch, size, size)


def scaled(pictures: np.ndarray, size: int) -> np.ndarray:
    """Return pictures uint8 [B, S, S] scaled down to uint8 [B, size, size], by averaging areas."""
    import cv2

    return np.stack(
        [cv2.resize(one, (size, size), interpolation=cv2.INTER_AREA) for one in pictures]
    )


def library(name: str) -> str:
    """Return a library's name and version, for the provenance."""
    if name == "opencv":
        import cv2

        return f"opencv {cv2.__version__}"
    return f"{name} {version(name)}"
