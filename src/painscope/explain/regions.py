"""Where on a face each action unit shows: masks from landmarks, all drawn here.

A region is one or more ellipses per side of the face. Each hangs on a few landmarks, so that it
moves with the feature it belongs to, and is measured in the face's own millimetres: across from
the eyes' distance, along from the height between eyes and nose. So it follows a face that
turns, nods or is seen from afar. Places follow the units' muscles and wrinkles as the Facial
Action Coding System describes them (Ekman, Friesen and Hager, *FACS*, 2002); their sizes were
set by eye and compared with virtual faces, whose regions are known (docs/explain.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from painscope.errors import UsageError
from painscope.face.landmarks import to_68

__all__ = [
    "ACTION_UNITS",
    "REGIONS",
    "Ellipse",
    "face_mask",
    "region_masks",
]


@dataclass(frozen=True)
class Ellipse:
    """A part of a region, for the side of the face that is on the picture's right.

    Attributes
    ----------
    on : tuple of int
        The landmarks (iBUG, 0–67, of the picture's right side) whose mean it hangs on.
    at : (float, float)
        Its centre from there in mm: away from the face's midline, up.
    half : (float, float)
        Half its width and height in mm.
    """

    on: tuple[int, ...]
    at: tuple[float, float]
    half: tuple[float, float]


_INNER_BROW, _MID_BROW, _OUTER_BROW = (22,), (23, 24), (25, 26)
_LIDS = (42, 45)  # the corners: they stay when the lids move
_NOSE_WING, _NOSE_BRIDGE = (35,), (27, 28)
_MOUTH_CORNER, _UPPER_LIP, _LOWER_LIP = (54,), (51,), (57,)
_LIPS = (48, 51, 54, 57)
_CHIN = (8,)

#: The regions, by action unit.
REGIONS: Mapping[str, tuple[Ellipse, ...]] = MappingProxyType(
    {
        "AU1": (Ellipse(_INNER_BROW, (5, 11), (16, 20)),),
        "AU2": (Ellipse(_OUTER_BROW, (-5, 8), (17, 20)),),
        "AU4": (Ellipse(_INNER_BROW, (1, 0), (16, 12)), Ellipse(_MID_BROW, (2, -2), (16, 9))),
        "AU6": (Ellipse(_LIDS, (9, -18), (21, 13)), Ellipse(_LIDS, (25, -2), (10, 14))),
        "AU7": (Ellipse(_LIDS, (0, 0), (19, 11)),),
        "AU9": (Ellipse(_NOSE_BRIDGE, (8, -16), (13, 24)), Ellipse(_NOSE_WING, (6, 12), (11, 13))),
        "AU10": (Ellipse(_UPPER_LIP, (13, 7), (17, 13)), Ellipse(_NOSE_WING, (8, 3), (10, 13))),
        "AU12": (
            Ellipse(_MOUTH_CORNER, (2, 3), (13, 12)),
            Ellipse(_MOUTH_CORNER, (8, 24), (15, 19)),
        ),
        "AU15": (
            Ellipse(_MOUTH_CORNER, (1, -4), (12, 12)),
            Ellipse(_MOUTH_CORNER, (-7, -17), (15, 10)),
        ),
        "AU17": (Ellipse(_CHIN, (0, 15), (23, 14)), Ellipse(_LOWER_LIP, (0, -3), (21, 10))),
        "AU20": (
            Ellipse(_MOUTH_CORNER, (1, -1), (14, 12)),
            Ellipse(_MOUTH_CORNER, (10, -11), (13, 13)),
        ),
        "AU25": (Ellipse(_LIPS, (0, 0), (28, 14)),),
        "AU26": (Ellipse(_LIPS, (0, -13), (31, 29)),),
        "AU43": (Ellipse(_LIDS, (0, 2), (18, 10)),),
    }
)

#: The action units that have a region, in order.
ACTION_UNITS = tuple(REGIONS)

#: Each iBUG landmark's opposite on the other side of the face.
_MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31,
     45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
     64, 63, 62, 61, 60, 67, 66, 65]
)  # fmt: skip

#: What the two measures are on an average face: between the eyes' centres, and from there
#: down to below the nose, in mm.
_EYES_MM, _NOSE_MM = 62.0, 50.0


def region_masks(
    landmarks: np.ndarray, size: int | tuple[int, int], units: Sequence[str] = ACTION_UNITS
) -> np.ndarray:
    """Return where each unit's region lies in one picture.

    Parameters
    ----------
    landmarks : float [K, 2]
        In pixels; 66, 68 or 478 of them. With NaN among them there is no face, and no region.
    size : int or (int, int)
        Of the picture: a square's side, or width and height.
    units : sequence of str
        Names such as ``"AU4"``.

    Returns
    -------
    bool [U, H, W]
        Regions overlap.

    Raises
    ------
    UsageError
        If a unit has no region, or the landmarks are of another kind.
    """
    width, height = (size, size) if isinstance(size, int) else size
    if unknown := [unit for unit in units if unit not in REGIONS]:
        raise UsageError(
            f"no region is known for {unknown[0]}", hint=f"There are: {', '.join(REGIONS)}."
        )
    points = to_68(np.asarray(landmarks, float), "regions")
    masks = np.zeros((len(units), height, width), bool)
    if not np.isfinite(points).all():
        return masks
    y, x = np.mgrid[:height, :width] + 0.5
    across, up = _axes(points)
    for side in (1, -1):
        own = points if side == 1 else points[_MIRROR]
        for mask, unit in zip(masks, units, strict=True):
            for part in REGIONS[unit]:
                centre = own[list(part.on)].mean(axis=0)
                centre = centre + side * part.at[0] * across + part.at[1] * up
                mask |= _inside(x - centre[0], y - centre[1], across, up, part.half)
    return masks


def face_mask(landmarks: np.ndarray, size: int) -> np.ndarray:
    """Return the face from jaw to above the brows, bool [size, size]; empty without landmarks."""
    import cv2

    points = to_68(np.asarray(landmarks, float), "regions")
    mask = np.zeros((size, size), np.uint8)
    if np.isfinite(points).all():
        _, up = _axes(points)
        outline = np.vstack([points[:17], points[17:27] + 20 * up]).astype(np.int32)
        cv2.fillConvexPoly(mask, cv2.convexHull(outline), 1)
    return mask.astype(bool)


def _axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one of the face's millimetres in the picture, across (to the right) and up."""
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    eyes = right - left
    distance = max(float(np.hypot(*eyes)), 1e-6)
    upright = np.array([eyes[1], -eyes[0]]) / distance
    height = abs(float((points[33] - (left + right) / 2) @ upright))
    return eyes / _EYES_MM, upright * max(height, 0.3 * distance) / _NOSE_MM


def _inside(
    dx: np.ndarray, dy: np.ndarray, across: np.ndarray, up: np.ndarray, half: tuple[float, float]
) -> np.ndarray:
    p = (dx * across[0] + dy * across[1]) / (across @ across)
    q = (dx * up[0] + dy * up[1]) / (up @ up)
    return (p / half[0]) ** 2 + (q / half[1]) ** 2 <= 1
