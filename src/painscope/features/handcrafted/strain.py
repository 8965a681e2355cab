"""Facial strain: how fast the skin is stretched and pressed together, from optical flow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from painscope.face.track import CropBatch
from painscope.features.handcrafted.grey import CROP, grey, library
from painscope.recording import Recording

__all__ = ["StrainFeatures", "strain_magnitude"]

#: Regions of the face; left and right are the person's.
REGIONS = ("face", "upper_right", "upper_left", "lower_right", "lower_left")
#: The flow is smoothed with this standard deviation, pixels of the crop, before it is derived.
SMOOTHING = 3.0
#: Half axes of the ellipse around the crop's centre that counts as face, as shares of the
#: crop's side: what moves behind the head is no strain.
_ELLIPSE = (0.36, 0.45)


class StrainFeatures:
    """Magnitude of the strain tensor of the face's movement, per second, in five regions.

    Dense optical flow (DIS) runs from each frame to the next; the symmetric part of its gradient
    is the strain. Translation and, for small angles, rotation of the head leave no trace; nor
    does a change of the crop's scale, which is known and taken out. DIS compares patches less
    their mean, so a change of brightness is no motion. The flow's own errors remain: a head that
    moves, turns or comes nearer without expression shows up to 0.02 per frame.

    Columns are ``strain_face_mean``, ``strain_face_p95`` and so on: mean and 95th percentile
    over the face (an ellipse in the crop) and over its quarters ``upper_right``,
    ``upper_left``, ``lower_right``, ``lower_left`` (the person's sides). Unit: 1/s.

    A frame has the strain since the frame before it; the first one, of a clip or after a gap,
    repeats the second's. A frame alone between gaps, or a photograph, has NaN: nothing moved
    that could be measured.

    References
    ----------
    Shreve, Godavarthy, Goldgof, Sarkar: Macro- and micro-expression spotting in long videos
    using spatio-temporal strain. FG, 2011. In newborns: Zamzmi, Ruiz, Goldgof, Kasturi, Sun,
    Ashmeade: Pain assessment in infants: towards spotting pain expression based on infants'
    facial strain. FG Workshops, 2015. Flow: Kroeger, Timofte, Dai, Van Gool: Fast optical flow
    using dense inverse search. ECCV, 2016.
    """

    name = "facial-strain"
    names = tuple(f"strain_{region}_{what}" for region in REGIONS for what in ("mean", "p95"))
    crop_size = CROP
    reach = 1

    @property
    def provenance(self) -> Mapping[str, object]:
        """Name, library and smoothing."""
        return {
            "name": self.name,
            "library": library("opencv"),
            "flow": "DIS, fast",
            "smoothing": SMOOTHING,
        }

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, 10] for consecutive frames; NaN for a frame alone."""
        import cv2

        values = np.full((len(batch), len(self.names)), np.nan, np.float32)
        if len(batch) < 2:
            return values
        pictures, box = grey(batch.crops), batch.track.box.astype(np.float64)
        side = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
        flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        for k in range(1, len(batch)):
            moved = flow.calc(pictures[k - 1], pictures[k], None)  # type: ignore[call-overload]
            passed_s = batch.track.time_s[k] - batch.track.time_s[k - 1]
            rate = strain_magnitude(moved, side[k] / side[k - 1]) / passed_s
            parts = [rate[mask] for mask in _MASKS]
            values[k] = [f(part) for part in parts for f in (np.mean, _percentile)]
        values[0] = values[1]
        return values


def strain_magnitude(flow: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Return the Frobenius norm of the strain tensor: float64 [H, W].

    Parameters
    ----------
    flow : float32 [H, W, 2]
        Displacement right and down, in pixels.
    scale : float
        Pixels of the recording per pixel of the second picture, over those of the first: a
        crop that grows with its box seems to shrink what it shows.
    """
    import cv2

    smooth = cv2.GaussianBlur(flow, (0, 0), SMOOTHING).astype(np.float64)
    u_y, u_x = np.gradient(smooth[..., 0])
    v_y, v_x = np.gradient(smooth[..., 1])
    right = scale * (1 + u_x) - 1
    down = scale * (1 + v_y) - 1
    shear = scale * (u_y + v_x) / 2
    return np.sqrt(right**2 + down**2 + 2 * shear**2)


def _percentile(values: np.ndarray) -> float:
    return float(np.percentile(values, 95))


def _masks() -> list[np.ndarray]:
    """Return each region's mask: bool [CROP, CROP]."""
    at = (np.arange(CROP) + 0.5) / CROP - 0.5
    face = (at[None, :] / _ELLIPSE[0]) ** 2 + (at[:, None] / _ELLIPSE[1]) ** 2 <= 1
    upper, right = (at < 0)[:, None], (at < 0)[None, :]  # the person's right is on the left
    return [face, *(face & part for part in (upper & right, upper & ~right))] + [
        face & part for part in (~upper & right, ~upper & ~right)
    ]


_MASKS = _masks()
