"""For frames that already show one face and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.face.locators.base import Face

__all__ = ["Precropped"]


class Precropped:
    """The whole frame is the face: for videos that were cropped beforehand."""

    name = "precropped"
    landmark_count = 0
    blendshape_names: tuple[str, ...] = ()
    default_margin = 0.0
    smoothing_s = 0.0

    @property
    def provenance(self) -> Mapping[str, object]:
        """The name; there is nothing else that could change the result."""
        return {"name": self.name}

    def locate(self, image: np.ndarray) -> list[Face]:
        """Return one face that fills the image (uint8 [H, W, 3])."""
        height, width = image.shape[:2]
        return [
            Face(
                box=np.array([0, 0, width, height], np.float32),
                landmarks=np.zeros((0, 2), np.float32),
                blendshapes=np.zeros(0, np.float32),
                confidence=1.0,
            )
        ]
