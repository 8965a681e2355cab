"""Histograms of oriented gradients: the shape of brows, lids and lips."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.face.track import CropBatch
from painscope.features.handcrafted.grey import CROP, grey, library, scaled
from painscope.recording import Recording

__all__ = ["HOGFeatures"]

SIZE, ORIENTATIONS, CELL, BLOCK = 64, 9, 8, 2
_BLOCKS = SIZE // CELL - BLOCK + 1


class HOGFeatures:
    """Gradients in 9 directions over 8 × 8 cells of the face, normalised in blocks of 2 × 2 cells.

    The face is scaled to 64 × 64 pixels.

    Columns are ``hog_b00_c00_0`` … ``hog_b66_c11_8``: row and column of the block, row and
    column of the cell in it, direction in steps of 20°. Computed by scikit-image (L2-Hys).

    References
    ----------
    Dalal, Triggs: Histograms of oriented gradients for human detection. CVPR, 2005.
    """

    name = "hog"
    names = tuple(
        f"hog_b{y}{x}_c{i}{j}_{k}"
        for y in range(_BLOCKS)
        for x in range(_BLOCKS)
        for i in range(BLOCK)
        for j in range(BLOCK)
        for k in range(ORIENTATIONS)
    )
    crop_size = CROP
    reach = 0

    @property
    def provenance(self) -> Mapping[str, object]:
        """Name, library and sizes."""
        return {
            "name": self.name,
            "library": library("scikit-image"),
            "size": SIZE,
            "orientations": ORIENTATIONS,
            "cell": CELL,
            "block": BLOCK,
        }

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 1764]."""
        from skimage.feature import hog

        values = [
            hog(picture, ORIENTATIONS, (CELL, CELL), (BLOCK, BLOCK), block_norm="L2-Hys")
            for picture in scaled(grey(batch.crops), SIZE)
        ]
        return np.asarray(values, np.float32)
