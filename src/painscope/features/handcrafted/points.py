"""Named points of a face, in the numbering of 478 (MediaPipe) and of 68 landmarks (iBUG)."""

from __future__ import annotations

import numpy as np

from painscope.errors import UsageError
from painscope.face.track import FaceTrack

__all__ = ["named_points"]

#: Name -> MediaPipe's number and iBUG's. Left and right are the person's.
_NUMBERS: dict[str, tuple[int, int]] = {
    "right_eye_outer": (33, 36),
    "right_eye_inner": (133, 39),
    "right_lid_upper_outer": (160, 37),
    "right_lid_upper_inner": (158, 38),
    "right_lid_lower_inner": (153, 40),
    "right_lid_lower_outer": (144, 41),
    "left_eye_outer": (263, 45),
    "left_eye_inner": (362, 42),
    "left_lid_upper_outer": (387, 44),
    "left_lid_upper_inner": (385, 43),
    "left_lid_lower_inner": (380, 47),
    "left_lid_lower_outer": (373, 46),
    "right_brow_outer": (70, 17),
    "right_brow_middle": (105, 19),
    "right_brow_inner": (107, 21),
    "left_brow_outer": (300, 26),
    "left_brow_middle": (334, 24),
    "left_brow_inner": (336, 22),
    "nose_root": (168, 27),
    "nose_tip": (4, 30),
    "nose_base": (2, 33),
    "right_nostril": (98, 31),
    "left_nostril": (327, 35),
    "right_lip_corner": (61, 48),
    "left_lip_corner": (291, 54),
    "upper_lip_outer": (0, 51),
    "upper_lip_inner": (13, 62),
    "lower_lip_inner": (14, 66),
    "lower_lip_outer": (17, 57),
    "chin": (152, 8),
}


def named_points(track: FaceTrack, wanted_by: str) -> dict[str, np.ndarray]:
    """Return the points of every frame by name, float64 [T, 2] in pixels, right and down.

    Raises
    ------
    UsageError
        If the locator gives neither 478 nor 68 landmarks; `wanted_by` is named.
    """
    count = track.landmarks.shape[1]
    if count not in (478, 68):
        raise UsageError(
            f"{wanted_by}: the locator gives {count} landmarks, neither 478 nor 68",
            hint="Use the locator mediapipe or face-alignment.",
        )
    scheme = 0 if count == 478 else 1
    points = track.landmarks.astype(np.float64)
    return {name: points[:, numbers[scheme]] for name, numbers in _NUMBERS.items()}
