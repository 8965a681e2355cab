"""Named points of a face."""

from __future__ import annotations

import numpy as np

from painscope.face.landmarks import to_68
from painscope.face.track import FaceTrack

__all__ = ["named_points"]

#: Name -> iBUG's number. Left and right are the person's.
_NUMBERS: dict[str, int] = {
    "right_eye_outer": 36,
    "right_eye_inner": 39,
    "right_lid_upper_outer": 37,
    "right_lid_upper_inner": 38,
    "right_lid_lower_inner": 40,
    "right_lid_lower_outer": 41,
    "left_eye_outer": 45,
    "left_eye_inner": 42,
    "left_lid_upper_outer": 44,
    "left_lid_upper_inner": 43,
    "left_lid_lower_inner": 47,
    "left_lid_lower_outer": 46,
    "right_brow_outer": 17,
    "right_brow_middle": 19,
    "right_brow_inner": 21,
    "left_brow_outer": 26,
    "left_brow_middle": 24,
    "left_brow_inner": 22,
    "nose_root": 27,
    "nose_tip": 30,
    "nose_base": 33,
    "right_nostril": 31,
    "left_nostril": 35,
    "right_lip_corner": 48,
    "left_lip_corner": 54,
    "upper_lip_outer": 51,
    "upper_lip_inner": 62,
    "lower_lip_inner": 66,
    "lower_lip_outer": 57,
    "chin": 8,
}


def named_points(track: FaceTrack, wanted_by: str) -> dict[str, np.ndarray]:
    """Return the points of every frame by name, float64 [T, 2] in pixels, right and down.

    Raises
    ------
    UsageError
        If the locator gives no landmarks that serve; `wanted_by` is named.
    """
    points = to_68(track.landmarks, wanted_by).astype(np.float64)
    return {name: points[:, number] for name, number in _NUMBERS.items()}
