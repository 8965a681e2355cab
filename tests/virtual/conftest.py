"""A stand-in for the renderer: what is drawn is another room's matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.virtual.virtual_layouts import SMALL

from painscope.virtual import generate, generation
from painscope.virtual.motion import FaceMotion


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


def _discs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "_renderer", lambda person, shot, size: Disc(size))


@pytest.fixture
def discs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw discs in this process."""
    _discs(monkeypatch)


@pytest.fixture
def make(tmp_path: Path, discs: None) -> Callable[..., Path]:
    """A function that generates a small dataset of discs and returns its folder."""

    def run(name: str, **settings: object) -> Path:
        root = tmp_path / name
        generate(name, root, workers=1, **({"size": [96, 96]} | settings))
        return root

    return run


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that returns the folder of a layout's smallest dataset, made once; to be read."""
    home = tmp_path_factory.mktemp("trees")

    @cache
    def once(name: str) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            _discs(patch)
            generate(name, home / name, workers=1, size=[96, 96], **SMALL[name])
        return home / name

    return once
