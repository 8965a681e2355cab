"""A folder of face crops: people whose pain is a bar across, seen on their own skin."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from painscope.face import make_locator, write_crops
from painscope.recording import Recording


@dataclass(frozen=True)
class Crops:
    folder: Path
    recordings: tuple[Recording, ...]


def clip(person: int, pain: bool, take: int, frames: int) -> np.ndarray:
    """Return uint8 [T, 48, 48, 3]: no bar in the first half second, in pain one after it."""
    rng = np.random.default_rng((person, pain, take))
    skin = np.random.default_rng(person).uniform(60, 170, 3)
    images = skin + rng.normal(0, 6, (frames, 48, 48, 3))
    top = rng.integers(14, 26)
    if pain:
        images[15:, top : top + 8, 8:40] += 70
    else:
        images[15:, 8:40, top : top + 8] += 70
    return images.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def crops(tmp_path_factory: pytest.TempPathFactory, make_video) -> Crops:
    root = tmp_path_factory.mktemp("source")
    recordings = tuple(
        Recording(
            f"p{person}-{label}-{take}",
            f"p{person}",
            label,
            None,
            make_video(
                root / "videos" / f"p{person}-{label}-{take}.mp4",
                clip(person, label == "high-pain", take, 40),
            ),
        )
        for person in range(8)
        for label in ("no-pain", "high-pain")
        for take in range(2)
    )
    write_crops(recordings, make_locator("precropped"), root / "crops", size=32)
    return Crops(root / "crops", recordings)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
