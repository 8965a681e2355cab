"""Features of a recipe's rows, and where they are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from painscope.datasets import Dataset
from painscope.experiments import load_recipe
from painscope.experiments.extraction import extract_dataset
from painscope.experiments.features import fill_stores
from painscope.face import make_locator
from painscope.features import VGGFeatures
from painscope.networks import random_checkpoint, save_checkpoint


def test_a_shared_store_never_gives_one_dataset_the_features_of_another(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path
) -> None:
    """Also where files are alike in name and size, and not where another call had put them."""
    dark, bright = grey_picture(tmp_path / "dark", 10), grey_picture(tmp_path / "bright", 200)
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
