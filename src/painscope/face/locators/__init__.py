"""Face locators: one file each, behind one small protocol."""

from __future__ import annotations

import logging
from collections.abc import Callable

from painscope.errors import UsageError, did_you_mean
from painscope.face.locators.base import Face, Locator
from painscope.face.locators.face_alignment import FaceAlignment
from painscope.face.locators.lbp import LBPCascade
from painscope.face.locators.mediapipe import (
    HOW_TO_DOWNLOAD,
    MediaPipeLandmarker,
    download_face_landmarker,
    find_face_landmarker,
)
from painscope.face.locators.precropped import Precropped

__all__ = [
    "LOCATORS",
    "Face",
    "FaceAlignment",
    "LBPCascade",
    "Locator",
    "MediaPipeLandmarker",
    "Precropped",
    "download_face_landmarker",
    "find_face_landmarker",
    "make_locator",
]

log = logging.getLogger("painscope")

#: Every locator by its name.
LOCATORS: dict[str, Callable[..., Locator]] = {
    locator.name: locator
    for locator in (MediaPipeLandmarker, LBPCascade, FaceAlignment, Precropped)
}


def make_locator(name: str = "auto", **settings: object) -> Locator:
    """Make a locator by name.

    Parameters
    ----------
    name : str
        A name in `LOCATORS`, or ``"auto"``: MediaPipe where its model file is at hand,
        else the LBP cascade. The log says which was taken, and so does its provenance.
    **settings
        The locator's own settings; none with ``"auto"``.

    Raises
    ------
    UsageError
        If the name or a setting is unknown, or the locator cannot be used here.
    """
    if name == "auto":
        if settings:
            raise UsageError(f"locator auto takes no settings, not {', '.join(settings)}")
        return _best_at_hand()
    if name not in LOCATORS:
        raise UsageError(f"unknown locator {name!r}", hint=did_you_mean(name, ["auto", *LOCATORS]))
    try:
        return LOCATORS[name](**settings)
    except TypeError as error:
        raise UsageError(f"locator {name}: {error}") from error


def _best_at_hand() -> Locator:
    if find_face_landmarker() is None:
        log.warning(
            "Faces are located by lbp-cascade: MediaPipe, which finds more, needs its model "
            "file. %s",
            HOW_TO_DOWNLOAD,
        )
        return LBPCascade()
    locator = MediaPipeLandmarker()
    log.info("Faces are located by mediapipe (%s).", locator.model)
    return locator
