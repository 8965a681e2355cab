"""AI4Pain's layout, played by virtual people."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.virtual.virtual_layouts import Tree, files

from painscope.datasets import load_dataset
from painscope.video import FrameReader, probe
from painscope.virtual import read_truth


@pytest.fixture
def root(tree: Tree) -> Path:
    return tree("ai4pain-2024")


def test_files(root: Path) -> None:
    found = files(root)
    assert len(found) == 4 * (1 + 2 + 2 + 1 + 1)
    # Two people of the published training ids, the first of each other split.
    folders = {path.rsplit("/", 1)[0] for path in found if path.endswith("mp4")}
    assert folders == {
        "Train/video/3", "Train/video/4", "Validation/video/1", "Test/video/6"
    }  # fmt: skip
    for path in found:
        if path.endswith(".mp4"):
            name = path.rsplit("/", 1)[1]
            assert re.fullmatch(r"(\d+)_(Baseline|Pain_(LOW|HIGH)_(\d+)|Rest_(\d+))\.mp4", name)
    positions = [int(m) for m in re.findall(r"/3_Pain_[A-Z]+_(\d+)", "\n".join(found))]
    assert sorted(positions) == [0, 1, 2, 3], "one count for both levels"


def test_adapter_reads_it(root: Path) -> None:
    dataset = load_dataset("ai4pain-2024", root)
    assert dataset.virtual
    assert len(dataset.recordings) == 4 * 5
    assert {r.label for r in dataset.recordings} == {"no-pain", "low-pain", "high-pain"}
    assert {(r.split, r.subject) for r in dataset.recordings} == {
        ("train", "3"), ("train", "4"), ("validation", "1"), ("test", "6")
    }  # fmt: skip
    for recording in dataset.recordings:
        read_truth(root, recording.id)
        assert probe(recording.video).codec == "h264"
    report = dataset.check()
    assert not report.unexpected
    assert not report.unreadable


def test_fnirs_table(root: Path) -> None:
    table = pd.read_csv(root / "Train/fnirs/3.csv")
    assert list(table) == [str(k) for k in range(1, 51)]
    assert list(table["1"]) == list(range(len(table)))
    marks = table["50"].dropna().tolist()
    assert marks[0] == "B1"
    assert set(marks) == {"B1", "H1", "H2", "L1", "L2", "R1", "R2", "R3", "S"}


def test_time_stamps_are_a_webcam_s_and_the_truth_has_them(root: Path) -> None:
    recording = load_dataset("ai4pain-2024", root).recordings[0]
    true_s = read_truth(root, recording.id)["time_s"].to_numpy()
    steps = np.diff(true_s)
    assert steps.std() > 5e-4
    assert steps.mean() == pytest.approx(1 / 30, rel=0.01)
    # The stand-in draws its frame's number as a grey level.
    shown = np.concatenate([b.images[:, 0, 0, 0] for b in FrameReader(recording.video)])
    asked = np.arange(len(shown)) / 30
    expected = np.searchsorted(true_s, asked + 1e-4, side="right") - 1
    np.testing.assert_allclose(shown, expected, atol=3)
