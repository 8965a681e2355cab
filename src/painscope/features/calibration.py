"""Crops that tell a network in int8 the ranges of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from painscope.errors import VideoError
from painscope.face import FaceStream, Locator

__all__ = ["calibration_crops"]

#: Frames per second that are looked at: neighbours are too alike to tell anything new.
RATE = 3.0


def calibration_crops(
    videos: Sequence[Path | str],
    locator: Locator,
    *,
    size: int,
    margin: float | None = None,
    most: int = 96,
) -> np.ndarray:
    """Return faces from videos, evenly over their time and as many of each.

    Take videos of people who are not tested: the ranges are learned from them.

    Parameters
    ----------
    videos : sequence of path-like
    locator : Locator
    size : int
        Side of the crops in pixels.
    margin : float, optional
        As in `FaceStream`.
    most : int
        At most so many crops.

    Returns
    -------
    uint8 [N, size, size, 3]

    Raises
    ------
    VideoError
        If a video cannot be read or shows no face.
    """
    share = max(1, most // len(videos))
    chosen = []
    for video in videos:
        stream = FaceStream(video, locator, rate=RATE, margin=margin, size=size)
        crops = np.concatenate([batch.crops[batch.track.has_box] for batch in stream])
        if not len(crops):
            raise VideoError(f"no face was found by {locator.name}", path=video)
        rows = np.linspace(0, len(crops) - 1, min(share, len(crops))).round().astype(int)
        chosen.append(crops[rows])
    return np.concatenate(chosen)
