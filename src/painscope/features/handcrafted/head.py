"""How the head is turned, and how it moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.face.track import CropBatch
from painscope.features.base import TRACK_ONLY
from painscope.features.handcrafted.points import named_points
from painscope.recording import Recording

__all__ = ["HeadMotion", "HeadPose", "head_pose"]

#: Points that expressions hardly move, in cm: right as seen in the picture, up, to the camera.
#: From MediaPipe's canonical face model (Apache-2.0), which its landmarker's file carries.
_RIGID: dict[str, tuple[float, float, float]] = {
    "right_eye_outer": (-4.446, 2.664, 3.173),
    "right_eye_inner": (-1.856, 2.585, 3.758),
    "left_eye_inner": (1.856, 2.585, 3.758),
    "left_eye_outer": (4.446, 2.664, 3.173),
    "nose_root": (0.0, 3.271, 5.236),
    "nose_tip": (0.0, -0.463, 7.587),
    "right_nostril": (-1.406, -1.714, 5.241),
    "nose_base": (0.0, -2.089, 6.058),
    "left_nostril": (1.406, -1.714, 5.241),
}


class HeadPose:
    """Yaw, pitch and roll of the head in degrees.

    Positive to the person's left, up, and towards the person's left shoulder. The rotation
    that best lays nine points of the canonical face on the landmarks, seen from far away
    (scaled orthographic projection, no camera needed). A person's own nose differs from the
    canonical one, so each person has an offset of pitch (7° to 17° down for virtual people) and,
    near the camera, angles come out up to 1.4 times as large; their changes keep sign and
    order. Needs 478 or 68 landmarks.

    References
    ----------
    DeMenthon, Davis: Model-based object pose in 25 lines of code. IJCV 15, 1995 (its first
    step).
    """

    name = "head-pose"
    names = ("yaw", "pitch", "roll")
    crop_size = TRACK_ONLY
    reach = 0
    provenance: Mapping[str, object] = {"name": name}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 3]; raise `UsageError` if the locator's landmarks do not serve."""
        return head_pose(named_points(batch.track, self.name)).astype(np.float32)


class HeadMotion:
    """How fast the head turns (degrees per second), moves and comes nearer.

    ``yaw_speed``, ``pitch_speed``, ``roll_speed``; ``moves_right`` and ``moves_down`` in the
    picture, inter-ocular distances per second; ``grows``, the relative growth of that distance
    per second. From the frame before to the frame after; at the ends of a clip, and beside gaps
    without a face, from or to the frame itself. A frame alone, or a photograph, has NaN. Needs
    478 or 68 landmarks.
    """

    name = "head-motion"
    names = ("yaw_speed", "pitch_speed", "roll_speed", "moves_right", "moves_down", "grows")
    crop_size = TRACK_ONLY
    reach = 1
    provenance: Mapping[str, object] = {"name": name}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 6] for consecutive frames; NaN for a frame alone."""
        points = named_points(batch.track, self.name)
        if len(batch) < 2:
            return np.full((len(batch), 6), np.nan, np.float32)
        eyes = [
            (points[f"{s}_eye_outer"] + points[f"{s}_eye_inner"]) / 2 for s in ("left", "right")
        ]
        unit = np.linalg.norm(eyes[0] - eyes[1], axis=1, keepdims=True)
        place = (eyes[0] + eyes[1]) / 2
        state = np.concatenate([head_pose(points), place, np.log(unit)], axis=1)
        after = np.minimum(np.arange(len(batch)) + 1, len(batch) - 1)
        before = np.maximum(np.arange(len(batch)) - 1, 0)
        change = state[after] - state[before]
        change[:, :3] = (change[:, :3] + 180) % 360 - 180
        change[:, 3:5] /= unit
        time_s = batch.track.time_s
        return (change / (time_s[after] - time_s[before])[:, None]).astype(np.float32)


def head_pose(points: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return yaw, pitch and roll in degrees for named points [T, 2]: float64 [T, 3]."""
    # Right, down and away, as the picture has it.
    model = np.array(list(_RIGID.values())) * (1, -1, -1)
    model -= model.mean(axis=0)
    seen = np.stack([points[name] for name in _RIGID], axis=1)
    seen -= seen.mean(axis=1, keepdims=True)
    # The affine map that fits best, then the nearest two rows of a rotation.
    affine = np.einsum("tni,nj->tij", seen, np.linalg.pinv(model).T)
    left, _, right = np.linalg.svd(affine, full_matrices=False)
    rows = left @ right
    x, y, z = rows[:, 0], rows[:, 1], np.cross(rows[:, 0], rows[:, 1])
    yaw = np.arctan2(-x[:, 2], z[:, 2])  # where the face looks: minus the third column
    pitch = np.arcsin(np.clip(y[:, 2], -1, 1))
    roll = np.arctan2(y[:, 0], x[:, 0])
    return np.degrees(np.stack([yaw, pitch, roll], axis=1))
