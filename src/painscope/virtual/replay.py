"""Replay: draw any frame of a virtual dataset again, and where its muscles are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from painscope.errors import DatasetError
from painscope.recording import VIRTUAL_MARK
from painscope.virtual.generation import VERSION, make_layout, shoot
from painscope.virtual.motion import FaceMotion
from painscope.virtual.writers.base import Frames

__all__ = ["Replay"]


class Replay:
    """A virtual dataset's clips, performed again exactly.

    Parameters
    ----------
    root : path-like
        The dataset's folder, with its ``virtual.json``.

    Raises
    ------
    DatasetError
        If the folder holds no virtual people, or those of another version.
    """

    def __init__(self, root: Path | str) -> None:
        card_path = Path(root) / VIRTUAL_MARK
        try:
            card = json.loads(card_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise DatasetError("holds no virtual people", path=root) from None
        if card["version"] != VERSION:
            raise DatasetError(
                f"was made by version {card['version']} of the virtual people, this is {VERSION}",
                path=root,
                hint="Generate it again.",
            )
        self._layout = make_layout(card["layout"], **card["settings"])
        self._clips = {
            clip.id: (role, clip)
            for role in self._layout.cast()
            for clip in self._layout.clips(role)
        }

    def motion(self, recording: str) -> FaceMotion:
        """Return what the face does in a recording."""
        return self._shoot(recording).motion

    def image(self, recording: str, frame: int) -> np.ndarray:
        """Return a frame as the camera saw it, before compression: uint8 [H, W, 3]."""
        frames = self._shoot(recording)
        return frames.renderer.render(frames.motion, frame)

    def regions(self, recording: str, frame: int) -> dict[str, np.ndarray]:
        """Return where each action unit shows in a frame: ``"AU4"`` → bool [H, W]."""
        frames = self._shoot(recording)
        return frames.renderer.regions(frames.motion, frame)

    def _shoot(self, recording: str) -> Frames:
        if recording not in self._clips:
            raise DatasetError(f"there is no recording {recording!r} among these virtual people")
        return shoot(self._layout, *self._clips[recording])[2]
