"""Crops of small virtual datasets, and how a network is quickly made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.virtual.virtual_layouts import draw_discs

from painscope.datasets import Dataset, load_dataset
from painscope.face import make_locator, write_crops
from painscope.virtual import generate

PAIN = ("no-pain", "pain")
QUICK = {"batch_size": 32, "max_epochs": 1, "patience": 1, "precision": "fp32"}
NEW = QUICK | {"width": 1 / 16, "input_size": 32}


@dataclass(frozen=True)
class Tree:
    dataset: Dataset
    crops: Path


def tree(home: Path, name: str, **settings: object) -> Tree:
    with pytest.MonkeyPatch.context() as patch:
        draw_discs(patch)
        generate(name, home / name, workers=1, size=[64, 64], **settings)
    dataset = load_dataset(name, home / name)
    write_crops(dataset.recordings, make_locator("precropped"), home / "crops", size=32)
    return Tree(dataset, home / "crops")
