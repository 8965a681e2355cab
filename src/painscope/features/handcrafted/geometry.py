"""Landmark geometry: distances, angles, and how far eyes and mouth are open."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.face.track import CropBatch
from painscope.features.base import TRACK_ONLY
from painscope.features.handcrafted.points import named_points
from painscope.recording import Recording

__all__ = ["GeometryFeatures", "geometry"]

#: Column -> the two points whose distance it is. ``S`` stands for either side.
_DISTANCES: dict[str, tuple[str, str]] = {
    "brow_inner_height_S": ("S_brow_inner", "S_eye_inner"),
    "brow_middle_height_S": ("S_brow_middle", "S_eye_centre"),
    "brow_outer_height_S": ("S_brow_outer", "S_eye_outer"),
    "nose_height_S": ("S_nostril", "S_eye_inner"),
    "cheek_height_S": ("S_lip_corner", "S_eye_outer"),
    "brow_gap": ("right_brow_inner", "left_brow_inner"),
    "nose_to_lip": ("nose_base", "upper_lip_outer"),
    "nose_to_chin": ("nose_base", "chin"),
    "lip_to_chin": ("lower_lip_outer", "chin"),
    "mouth_width": ("right_lip_corner", "left_lip_corner"),
    "mouth_aperture": ("upper_lip_inner", "lower_lip_inner"),
    "lips_height": ("upper_lip_outer", "lower_lip_outer"),
}
_ANGLES = ("mouth_angle_S", "lip_corner_slope_S", "brow_slope_S")
_SIDES = ("right", "left")


def _both(names: tuple[str, ...]) -> list[str]:
    sided = [
        [name.replace("_S", f"_{s}") for s in _SIDES] if "_S" in name else [name] for name in names
    ]
    return [name for group in sided for name in group]


class GeometryFeatures:
    """Distances in inter-ocular distances, and angles in degrees, of the face's landmarks.

    Free of the face's place, size and turn in the picture (yaw and pitch do shorten distances).
    Left and right are the person's. Needs a locator with 478 or 68 landmarks; the numbers of
    the two differ a little, as their points do.

    - ``eye_aperture_right``, ``_left``: mean distance of upper and lower lid at two places.
    - ``brow_inner_height``, ``brow_middle_height``, ``brow_outer_height``: from brow to eye;
      ``brow_gap``: between the brows' inner ends.
    - ``nose_height``: nostril to inner corner of the eye; ``nose_to_lip``, ``nose_to_chin``,
      ``lip_to_chin``; ``cheek_height``: corner of the lips to outer corner of the eye.
    - ``mouth_width``, ``mouth_aperture`` (between the lips), ``lips_height`` (with the lips).
    - ``mouth_angle``: at the corner, between upper and lower lip; ``lip_corner_slope``: how
      steeply the line from the mouth's middle to the corner rises; ``brow_slope``: how steeply
      the brow rises outwards; both against the line through the eyes.

    References
    ----------
    Points: iBUG 300-W's 68, and MediaPipe's 478. Lids at two places: Soukupová, Čech: Real-time
    eye blink detection using facial landmarks. Computer Vision Winter Workshop, 2016.
    """

    name = "geometry"
    names = tuple(_both(("eye_aperture_S", *_DISTANCES, *_ANGLES)))
    crop_size = TRACK_ONLY
    reach = 0
    provenance: Mapping[str, object] = {"name": name}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 25]; raise `UsageError` if the locator's landmarks do not serve."""
        measured = geometry(named_points(batch.track, self.name))
        return np.stack([measured[name] for name in self.names], axis=1).astype(np.float32)


def geometry(points: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return every column of `GeometryFeatures` for named points [T, 2]: float64 [T] each."""
    p = dict(points)
    for side in _SIDES:
        p[f"{side}_eye_centre"] = (p[f"{side}_eye_outer"] + p[f"{side}_eye_inner"]) / 2
    across = p["left_eye_centre"] - p["right_eye_centre"]
    unit = np.linalg.norm(across, axis=1)

    def distance(a: str, b: str) -> np.ndarray:
        return np.linalg.norm(p[a] - p[b], axis=1) / unit

    measured: dict[str, np.ndarray] = {}
    middle = (p["upper_lip_inner"] + p["lower_lip_inner"]) / 2
    for side in _SIDES:
        places = [
            [f"{side}_lid_{lid}_{at}" for lid in ("upper", "lower")] for at in ("inner", "outer")
        ]
        measured[f"eye_aperture_{side}"] = np.mean([distance(a, b) for a, b in places], axis=0)
        corner = p[f"{side}_lip_corner"]
        measured[f"mouth_angle_{side}"] = _angle(
            p["upper_lip_outer"] - corner, p["lower_lip_outer"] - corner
        )
        outwards = across if side == "left" else -across
        measured[f"lip_corner_slope_{side}"] = _rise(corner - middle, outwards, side)
        brow = p[f"{side}_brow_outer"] - p[f"{side}_brow_inner"]
        measured[f"brow_slope_{side}"] = _rise(brow, outwards, side)
    for name, (a, b) in _DISTANCES.items():
        for side in _SIDES if "_S" in name else ("",):
            ends = (end.replace("S_", f"{side}_") for end in (a, b))
            measured[name.replace("_S", f"_{side}")] = distance(*ends)
    return measured


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the angle between vectors [T, 2] in degrees, 0–180: [T]."""
    turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return np.degrees(np.abs(np.arctan2(turn, (a * b).sum(axis=1))))


def _rise(vector: np.ndarray, outwards: np.ndarray, side: str) -> np.ndarray:
    """Return how far a vector rises above the line outwards, in degrees: [T]."""
    turn = outwards[:, 0] * vector[:, 1] - outwards[:, 1] * vector[:, 0]
    angle = np.degrees(np.arctan2(turn, (outwards * vector).sum(axis=1)))
    return -angle if side == "left" else angle  # in the picture, down is positive
