"""Features of a recipe's rows, and where they are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from painscope.datasets import Dataset
from painscope.errors import UsageError
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


def test_few_videos_to_calibrate_on_are_warned_of(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset, other = (grey_picture(tmp_path / name, 90) for name in ("data", "other"))
    video = other.recordings[0].video
    save_checkpoint(tmp_path / "a.safetensors", *random_checkpoint(width=1 / 16, input_size=32))
    for n, said in ((1, "on 1 video:"), (15, "on 15 videos:"), (16, None)):
        caplog.clear()
        with pytest.raises(UsageError, match="and no other precision does"):
            extract_dataset(
                "manifest", dataset.root, tmp_path / "store", locator="precropped",
                checkpoint=tmp_path / "a.safetensors", precision="fp32", calibrate=[video] * n,
            )  # fmt: skip
        if said is None:
            assert not caplog.records
        else:
            assert f"int8 is calibrated {said} what other people" in caplog.text


def test_people_whom_the_network_has_seen_are_warned_of(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = grey_picture(tmp_path / "data", 90)
    network, card = random_checkpoint(width=1 / 16, input_size=32)
    for people, warned in (
        ({"subjects": {"manifest": ("s0", "s1")}}, True),
        ({"validation_subjects": {"manifest": ("s1",)}}, True),
        ({"subjects": {"manifest": ("s0",), "biovid-a": ("s1",)}}, False),
    ):
        caplog.clear()
        save_checkpoint(tmp_path / "a.safetensors", network, card.model_copy(update=people))
        extract_dataset(
            "manifest", dataset.root, tmp_path / "store", locator="precropped",
            checkpoint=tmp_path / "a.safetensors",
        )  # fmt: skip
        said = "a.safetensors: the network learned from 1 of the 1 people of manifest, such as s1."
        assert (said in caplog.text) == warned == bool(caplog.records)


def test_people_whom_int8_is_calibrated_on_are_warned_of(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset, other = (grey_picture(tmp_path / name, 90) for name in ("data", "other"))
    save_checkpoint(tmp_path / "a.safetensors", *random_checkpoint(width=1 / 16, input_size=32))
    for shown, warned in ((dataset, True), (other, False)):
        caplog.clear()
        with pytest.raises(UsageError, match="and no other precision does"):
            extract_dataset(
                "manifest", dataset.root, tmp_path / "store", locator="precropped",
                checkpoint=tmp_path / "a.safetensors", precision="fp32",
                calibrate=[shown.recordings[0].video] * 16,
            )  # fmt: skip
        said = "int8 is calibrated on 1 of the 1 people of manifest, such as s1."
        assert (said in caplog.text) == warned == bool(caplog.records)
