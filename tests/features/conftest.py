"""Short real videos, and locators that cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from painscope.face import Face, make_locator
from painscope.face.locators.precropped import Precropped
from painscope.features import VGGFeatures
from painscope.networks import random_checkpoint
from painscope.recording import Recording
from painscope.virtual.motion import FaceMotion
from painscope.virtual.truth import truth_path, write_truth


class Grey(Precropped):
    """A locator for tests: a picture is a face unless it is dark; with 52 blendshapes."""

    name = "grey"
    blendshape_names = tuple(f"b{k}" for k in range(52))
    provenance: Mapping[str, object] = {"name": "grey"}

    def locate(self, image: np.ndarray) -> list[Face]:
        level = float(image.mean()) / 255
        if level < 0.25:
            return []
        height, width = image.shape[:2]
        box = np.array([0, 0, width, height], np.float32)
        shapes = np.full(52, level, np.float32)
        return [Face(box, np.zeros((0, 2), np.float32), shapes, 1.0)]


@pytest.fixture
def grey() -> Grey:
    return Grey()


@pytest.fixture
def precropped():
    return make_locator("precropped")


@pytest.fixture
def tiny() -> VGGFeatures:
    """A random network of a sixteenth of VGG16's width, for crops of 32 pixels."""
    return VGGFeatures(random_checkpoint(width=1 / 16, input_size=32), precision="fp32")


@pytest.fixture
def make_recording(tmp_path: Path, make_video: Callable[..., Path]) -> Callable[..., Recording]:
    """Encode a clip; by default 40 grey frames whose level rises from 0 in steps of 8."""

    def make(name: str = "a", frames: object = 40, **changes: object) -> Recording:
        video = make_video(tmp_path / "videos" / f"{name}.mp4", frames)
        settings = {"subject": "s1", "label": None, "split": None} | changes
        return Recording(id=name, video=video, **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture
def virtual_truth(tmp_path: Path) -> Callable[..., Path]:
    """Write truth about a recording as virtual datasets have it; return the dataset's folder."""

    def write(name: str, *, frames: int = 30, rate: float = 30.0) -> Path:
        rng = np.random.default_rng(1)
        motion = FaceMotion.still(np.arange(frames) / rate)
        motion.action_units[:] = rng.uniform(0, 5, motion.action_units.shape)
        motion.pose[:] = rng.normal(0, 5, motion.pose.shape)
        root = tmp_path / "virtual"
        root.mkdir(exist_ok=True)
        (root / "virtual.json").write_text("{}")
        felt, landmarks = np.zeros(frames), np.zeros((frames, 68, 2), np.float32)
        write_truth(truth_path(root, name), motion, felt, landmarks)
        return root

    return write
