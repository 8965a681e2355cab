"""MediaPipe's blendshapes: what a ready-made model says about the face's muscles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.errors import UsageError
from painscope.face.locators.mediapipe import BLENDSHAPES
from painscope.face.track import CropBatch
from painscope.features.base import TRACK_ONLY
from painscope.recording import Recording

__all__ = ["BlendshapeFeatures"]


class BlendshapeFeatures:
    """The 52 expression coefficients that MediaPipe's locator finds on its way, 0–1 each.

    The peer that transferred features are held against: no training on pain at all.
    """

    name = "mediapipe-blendshapes"
    names = tuple(BLENDSHAPES)
    crop_size = TRACK_ONLY
    reach = 0

    @property
    def provenance(self) -> Mapping[str, object]:
        """The name; model and settings are the locator's."""
        return {"name": self.name}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 52]; raise `UsageError` if the locator gives no blendshapes."""
        found = batch.track.blendshapes
        if found.shape[1] != len(self.names):
            raise UsageError(
                f"{self.name}: the locator gives {found.shape[1]} blendshapes, not 52",
                hint="Use the locator mediapipe.",
            )
        return np.asarray(found, np.float32)
