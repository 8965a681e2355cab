"""extract: whom it warns of. What it writes is in test_features.py and tests/cli."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from painscope.datasets import Dataset
from painscope.errors import UsageError
from painscope.experiments.extraction import extract_dataset
from painscope.networks import random_checkpoint, save_checkpoint


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
