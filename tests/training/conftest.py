"""Folders of face crops, and what is learned of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.training.trees import NEW, PAIN, Tree, tree

from painscope.datasets import pspi_labels
from painscope.datasets.affectnet import EMOTIONS
from painscope.face import make_locator, write_crops
from painscope.networks import Checkpoint
from painscope.recording import Recording
from painscope.training import (
    ask,
    train_network,
)


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
    """People whose pain is a bar across, seen on their own skin."""
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


@pytest.fixture(scope="session")
def unbc(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Discs turn from dark to bright; the coders see pain in the last fifth."""
    home = tmp_path_factory.mktemp("unbc")
    found = tree(home, "unbc-mcmaster", people=5, sequences=1, frames=30)
    for recording in found.dataset.recordings:
        paths = sorted(recording.signals["pspi"].iterdir())
        for k, path in enumerate(paths):
            path.write_text(f"   {2 if k >= 0.8 * len(paths) else 0:.7e}\n")
    return found


@pytest.fixture(scope="session")
def affectnet(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    home = tmp_path_factory.mktemp("affectnet")
    return tree(home, "affectnet", people=4, images=8, per_sitting=8)


@pytest.fixture(scope="session")
def pain(unbc: Tree):
    return ask(
        unbc.crops,
        unbc.dataset.recordings,
        dataset="unbc-mcmaster",
        classes=PAIN,
        labels=pspi_labels,
        most=2,
    )


@pytest.fixture(scope="session")
def emotion(affectnet: Tree, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    question = ask(
        affectnet.crops, affectnet.dataset.recordings, dataset="affectnet", classes=EMOTIONS
    )
    return train_network(question, out=tmp_path_factory.mktemp("emotion"), **NEW)
