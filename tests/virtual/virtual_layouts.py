"""The smallest virtual datasets, for tests, and a stand-in for their renderer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from painscope.virtual import generation
from painscope.virtual.motion import FaceMotion

Tree = Callable[[str], Path]
Make = Callable[..., Path]

#: The fewest and shortest clips of each layout.
SMALL: dict[str, dict[str, object]] = {
    "ai4pain-2024": {"people": 4, "clips_per_level": 2, "clip_s": 2, "baseline_s": 3, "rests": 1},
    "biovid-a": {"people": 3, "classes": ["BL1", "PA4"], "clips_per_class": 2, "clip_s": 2},
    "unbc-mcmaster": {"people": 2, "sequences": 2, "frames": 30},
    "affectnet": {"people": 3, "images": 5, "per_sitting": 3},
    "icope-video": {"people": 2, "clip_s": 2},
}


class Disc:
    """Draws nothing but a grey that tells the frame's number."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.width, self.height = size

    def render(self, motion: FaceMotion, frame: int) -> np.ndarray:
        return np.full((self.height, self.width, 3), min(frame, 255), np.uint8)

    def landmarks(self, motion: FaceMotion, frame: int) -> np.ndarray:
        return np.random.default_rng(frame).uniform(20, 70, (68, 2)).astype(np.float32)

    def regions(self, motion: FaceMotion, frame: int) -> dict[str, np.ndarray]:
        return {"AU4": np.ones((self.height, self.width), bool)}


def draw_discs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw discs in place of faces, as long as the patch holds."""
    monkeypatch.setattr(generation, "_renderer", lambda person, shot, size: Disc(size))


def files(root: Path, *, truth: bool = False) -> list[str]:
    """Return all files below the root, those of the truth only if asked for."""
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(p) for p in paths if truth or not str(p).startswith(("truth", "virtual")))
