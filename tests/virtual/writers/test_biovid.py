"""BioVid's layout, played by virtual people."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from tests.virtual.virtual_layouts import Tree

from painscope.datasets import load_dataset
from painscope.video import probe
from painscope.virtual import generate, make_layout, read_truth


@pytest.fixture
def root(tree: Tree) -> Path:
    return tree("biovid-a")


def test_adapter_reads_it(root: Path) -> None:
    dataset = load_dataset("biovid-a", root)
    assert dataset.virtual
    assert len(dataset.recordings) == 3 * 2 * 2
    for recording in dataset.recordings:
        read_truth(root, recording.id)
        assert set(recording.signals) == {"biosignals_raw", "biosignals_filtered"}
        info = probe(recording.video)
        assert (info.rate, info.duration_s) == (pytest.approx(25), pytest.approx(2, abs=0.05))
    assert not dataset.check().unexpected


def test_fewer_frames_per_second(tmp_path: Path, discs: None) -> None:
    settings = {"people": 1, "classes": ["PA4"], "clips_per_class": 1, "clip_s": 2, "rate": 10}
    generate("biovid-a", tmp_path, workers=1, size=(64, 64), **settings)
    (recording,) = load_dataset("biovid-a", tmp_path).recordings
    info = probe(recording.video)
    assert (info.rate, info.duration_s) == (pytest.approx(10), pytest.approx(2, abs=0.05))
    assert len(read_truth(tmp_path, recording.id)) == 20


def test_names_and_tables(root: Path) -> None:
    samples = pd.read_csv(root / "PartA/starting_point/samples.csv", sep="\t")
    assert list(samples) == [
        "subject_id", "subject_name", "class_id", "class_name", "sample_id", "sample_name"
    ]  # fmt: skip
    for row in samples.itertuples():
        match = re.fullmatch(r"(\d{6}_[mw]_\d{2})-(BL1|PA[1-4])-(\d{3})", row.sample_name)
        assert match
        assert match[1] == row.subject_name
        assert row.class_id == {"BL1": 0, "PA4": 4}[match[2]]
        folder = root / f"PartA/biosignals_raw/{row.subject_name}"
        signals = pd.read_csv(folder / f"{row.sample_name}_bio.csv", sep="\t")
        assert list(signals)[:4] == ["time", "gsr", "ecg", "emg_trapezius"]
        assert len(signals) == 1024


def test_published_people_play_their_parts() -> None:
    layout = make_layout("biovid-a")
    roles = layout.cast()
    assert sum(bool(role.stoic) for role in roles) == 20
    held_out = [role.subject for role in roles if role.subject in ("072514_m_27", "120514_w_56")]
    assert len(held_out) == 2
    for role in roles[::9]:
        member = layout.member(role)
        assert member.person.sex == {"w": "female", "m": "male"}[role.subject[7]]
        assert abs(member.person.age - int(role.subject[9:])) <= 3
        assert (member.disposition.expressiveness < 0.5) == role.stoic


def test_a_small_cast_keeps_the_shares() -> None:
    roles = make_layout("biovid-a", people=24).cast()
    assert 4 <= sum(bool(role.stoic) for role in roles) <= 7
