"""Runs of the recipes: on real face videos in AI4Pain's layout, studies on virtual people."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tests.experiments.small_studies import CLINICAL, FORGOTTEN, SMALL, chosen, one_core

from painscope.datasets import Dataset, load_dataset
from painscope.experiments import RunFolder, load_recipe, run
from painscope.networks import random_checkpoint, save_checkpoint
from painscope.virtual import generate

#: Which asset plays which clip; nobody in them was recorded in pain, the labels are made up.
PLAYED = {
    "Baseline": "small_face.mkv",
    "Pain_LOW_0": "single_face.mp4",
    "Pain_HIGH_1": "two_faces.mp4",
}
PEOPLE = {"Train": (3, 4, 5), "Validation": (1, 2), "Test": (6, 15)}

#: Clips of 3 s. The networks need not learn anything, so a few epochs will do.
SETTINGS = [
    "face.locator=lbp-cascade",
    "face.rate=4",
    "segment_frames=12",
    "seeds=2",
    "bootstrap=200",
    "rows=[{classifier: ann-vote, settings: {max_epochs: 3}},"
    "{classifier: lstm, settings: {max_epochs: 3}}, {classifier: mean-logistic},"
    "{classifier: statistics-logistic, features: mediapipe-blendshapes, optional: true},"
    "{classifier: statistics-logistic, features: true-action-units, optional: true}]",
]


@pytest.fixture(scope="session")
def real_tree(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AI4Pain 2024 as on disk, played by the assets; one video of the test split is broken."""
    root = tmp_path_factory.mktemp("ai4pain")
    for split, people in PEOPLE.items():
        for person in people:
            folder = root / split / "video" / str(person)
            folder.mkdir(parents=True)
            for clip, asset in PLAYED.items():
                name = f"{person}_{clip}.mp4"
                shutil.copyfile(assets / "videos" / asset, folder / name)
    shutil.copyfile(assets / "videos" / "no_face.mp4", _clip(root, "Test", 6, "Baseline"))
    _clip(root, "Test", 15, "Pain_HIGH_1").write_bytes(b"this is no video")
    return root


@pytest.fixture
def grey_picture() -> Callable[[Path, int], Dataset]:
    """Make a dataset of one person's one picture, in one grey: alike but for that."""

    def make(folder: Path, grey: int) -> Dataset:
        folder.mkdir()
        Image.new("RGB", (48, 48), (grey, grey, grey)).save(folder / "a.png")
        table = "recording,subject,video\na,s1,a.png\n"
        (folder / "own.csv").write_text(table, encoding="utf-8")
        return load_dataset("manifest", folder / "own.csv")

    return make


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny source network's checkpoint; its weights are random and said to be trained."""
    network, card = random_checkpoint(width=0.05, input_size=48)
    path = tmp_path_factory.mktemp("source") / "source.safetensors"
    save_checkpoint(path, network, card.model_copy(update={"untrained": ()}))
    return path


@pytest.fixture(scope="session")
def settings(source: Path) -> list[str]:
    return [*SETTINGS, f"source.checkpoint={source}"]


@pytest.fixture(scope="session")
def finished(
    real_tree: Path, settings: list[str], tmp_path_factory: pytest.TempPathFactory
) -> RunFolder:
    """The recipe of Faces of Experimental Pain, run on the tree by this process alone."""
    recipe = load_recipe("faces-of-experimental-pain", settings)
    out = tmp_path_factory.mktemp("run") / "run"
    return run(recipe, {"ai4pain-2024": real_tree}, out, workers=1)


@pytest.fixture(scope="session")
def begin() -> Callable[[Path], RunFolder]:
    """A function that begins the folder of a run."""
    recipe = load_recipe("faces-of-experimental-pain")
    return lambda path: RunFolder.begin(path, recipe, {"ai4pain-2024": path})


@pytest.fixture(scope="session")
def affectnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AffectNet, played by a few virtual people."""
    root = tmp_path_factory.mktemp("affectnet")
    generate("affectnet", root, people=8, images=8, **SMALL)
    return root


@pytest.fixture(scope="session")
def trees(affectnet: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """AffectNet, UNBC-McMaster and BioVid, played by a few virtual people."""
    root = tmp_path_factory.mktemp("trees")
    generate("unbc-mcmaster", root / "unbc-mcmaster", people=8, sequences=1, frames=36, **SMALL)
    generate(
        "biovid-a", root / "biovid-a", people=5, classes=("BL1", "PA4"), clips_per_class=1,
        clip_s=2.0, signals=False, **SMALL,
    )  # fmt: skip
    return {"affectnet": affectnet} | {path.name: path for path in root.iterdir()}


@pytest.fixture(scope="session")
def forgotten(trees: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    recipe = load_recipe("forgotten-action-units", FORGOTTEN)
    data = chosen(trees, "affectnet", "unbc-mcmaster")
    with one_core():
        return run(recipe, data, tmp_path_factory.mktemp("forgotten") / "run")


@pytest.fixture(scope="session")
def clinical(trees: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    recipe = load_recipe("clinical-vs-experimental", CLINICAL)
    data = chosen(trees, "biovid-a", "unbc-mcmaster", "affectnet")
    with one_core():
        return run(recipe, data, tmp_path_factory.mktemp("clinical") / "run")


def _clip(root: Path, split: str, person: int, clip: str) -> Path:
    return root / split / "video" / str(person) / f"{person}_{clip}.mp4"
