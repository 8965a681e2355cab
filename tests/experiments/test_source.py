"""Faces that source networks learn from: whose they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painscope.datasets import Dataset, load_dataset
from painscope.experiments import RunFolder, load_recipe, source
from painscope.experiments.extraction import extract_dataset
from painscope.experiments.features import fill_stores
from painscope.experiments.settings import FaceSettings
from painscope.experiments.source import cut_faces
from painscope.experiments.steps import Steps
from painscope.face import make_locator, read_crops
from painscope.features import VGGFeatures
from painscope.networks import random_checkpoint, save_checkpoint


def _tree(folder: Path, grey: int) -> Dataset:
    folder.mkdir()
    Image.new("RGB", (48, 48), (grey, grey, grey)).save(folder / "a.png")
    (folder / "own.csv").write_text("recording,subject,video\na,s1,a.png\n", encoding="utf-8")
    return load_dataset("manifest", folder / "own.csv")


def _cut(dataset: Dataset, store: Path, margin: float | None = None) -> Path:
    return cut_faces(
        dataset, dataset.recordings, make_locator("precropped"), FaceSettings(margin=margin),
        store=store, size=32, every=1, title="faces", progress=lambda step, done, total: None,
    )  # fmt: skip


def test_virtual_people_are_listed_apart_from_the_real_ones_whose_ids_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = _tree(tmp_path / "tree", 10)
    monkeypatch.setattr(dataset, "virtual", True)
    told = {}
    monkeypatch.setattr(source, "train_together", lambda train, **_: told.update(train.keywords))
    recipe = load_recipe("faces-of-experimental-pain", ["face.locator=precropped"])
    steps = Steps(RunFolder(tmp_path / "run"), tmp_path, lambda step, done, total: None)
    source.train_on(dataset, recipe, make_locator("precropped"), steps)
    assert told["dataset"] == "virtual manifest"
    assert told["licence"] == ""


def test_a_shared_store_never_gives_one_dataset_the_faces_of_another(tmp_path: Path) -> None:
    """Whose recordings have the same ids: virtual people's are the real ones'."""
    dark, bright = _tree(tmp_path / "dark", 10), _tree(tmp_path / "bright", 200)
    store = tmp_path / "store"
    greys = [read_crops(_cut(one, store), "a")[0].mean() for one in (dark, bright, dark)]
    assert greys == [10, 200, 10]
    _cut(dark, store, margin=0.5)  # nor are other settings in the way
    assert len(list((store / "crops").iterdir())) == 3


def test_a_shared_store_never_gives_one_dataset_the_features_of_another(tmp_path: Path) -> None:
    """Also where files are alike in name and size, and not where another call had put them."""
    dark, bright = _tree(tmp_path / "dark", 10), _tree(tmp_path / "bright", 200)
    store, network = tmp_path / "store", random_checkpoint(width=1 / 16, input_size=32)
    recipe = load_recipe("faces-of-experimental-pain", ["face.locator=precropped"])
    made = [
        fill_stores(
            recipe, one, {"source": VGGFeatures(network)}, make_locator("precropped"),
            store, lambda step, done, total: None,
        )["source"]
        for one in (dark, bright, dark)
    ]  # fmt: skip
    values = [store.read("a").values for store in made]
    assert not np.array_equal(values[0], values[1])
    assert np.array_equal(values[0], values[2])
    assert made[0].folder.parent == store / "manifest"  # the first's are where they ever were

    save_checkpoint(tmp_path / "a.safetensors", *network)
    for one, of in ((dark, made[0]), (bright, made[1])):
        found, summary = extract_dataset(
            "manifest", one.root, store, checkpoint=tmp_path / "a.safetensors",
            locator="precropped",
        )  # fmt: skip
        assert found.folder == of.folder
        assert summary.kept == ("a",)
