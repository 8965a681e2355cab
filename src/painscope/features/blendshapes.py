"""MediaPipe's blendshapes: what a ready-made model says about the face's muscles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.errors import UsageError
from painscope.face.locators.mediapipe import BLENDSHAPES
from painscope.face.track import CropBatch
from painscope.features.base import TRACK_ONLY
from painscope.recording import Recording

__all__ = ["UNIT_BLENDSHAPES", "BlendshapeFeatures"]

#: FACS action unit -> the blendshapes that stand for it, right and left where there are two;
#: none where the set has none. Their names are ARKit's, whose documentation shows each shape;
#: read as FACS by its muscles (Ekman, Friesen and Hager: Facial Action Coding System, 2002).
UNIT_BLENDSHAPES: dict[int, tuple[str, ...]] = {
    1: ("browInnerUp",),
    2: ("browOuterUpRight", "browOuterUpLeft"),
    4: ("browDownRight", "browDownLeft"),
    5: ("eyeWideRight", "eyeWideLeft"),
    6: ("cheekSquintRight", "cheekSquintLeft"),
    7: ("eyeSquintRight", "eyeSquintLeft"),
    9: ("noseSneerRight", "noseSneerLeft"),
    10: ("mouthUpperUpRight", "mouthUpperUpLeft"),
    11: (),
    12: ("mouthSmileRight", "mouthSmileLeft"),
    13: (),
    14: ("mouthDimpleRight", "mouthDimpleLeft"),
    15: ("mouthFrownRight", "mouthFrownLeft"),
    16: ("mouthLowerDownRight", "mouthLowerDownLeft"),
    17: ("mouthShrugLower",),
    18: ("mouthPucker",),
    19: (),
    20: ("mouthStretchRight", "mouthStretchLeft"),
    21: (),
    22: ("mouthFunnel",),
    23: (),
    24: ("mouthPressRight", "mouthPressLeft"),
    25: (),
    26: ("jawOpen",),
    27: ("jawOpen",),
    28: ("mouthRollUpper", "mouthRollLower"),
    29: ("jawForward",),
    30: ("jawRight", "jawLeft"),
    34: ("cheekPuff",),
    38: (),
    39: (),
    43: ("eyeBlinkRight", "eyeBlinkLeft"),
    45: ("eyeBlinkRight", "eyeBlinkLeft"),
}


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
