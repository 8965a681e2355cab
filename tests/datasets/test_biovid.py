"""BioVid Part A as it lies on disk."""

from __future__ import annotations

from collections import Counter

import pytest

from painscope.datasets import BioVidA
from painscope.datasets.biovid import HARDLY_EXPRESSIVE, VALIDATION
from painscope.errors import DatasetError, UsageError


def test_the_published_people():
    assert len(set(HARDLY_EXPRESSIVE)) == 20
    assert len(set(VALIDATION)) == 26
    assert len(set(HARDLY_EXPRESSIVE) & set(VALIDATION)) == 5


def test_the_binary_task(biovid):
    dataset = BioVidA(biovid())
    assert dataset.scheme.classes == ("no-pain", "high-pain")
    assert Counter(r.label for r in dataset.recordings) == {"no-pain": 60, "high-pain": 60}
    recording = next(r for r in dataset.recordings if r.id == "071309_w_21-PA4-080")
    assert dict(recording.attributes) == {"stimulus": "PA4", "sex": "female", "age": 21}
    assert set(recording.signals) == {"biosignals_raw", "biosignals_filtered"}
    assert {r.subject: r.split for r in dataset.recordings} == {
        "071309_w_21": "train",
        "100914_m_39": "validation",
        "082414_m_64": "train",
    }


def test_the_five_classes(biovid):
    dataset = BioVidA(biovid(), task="five")
    assert dataset.scheme.classes == ("BL1", "PA1", "PA2", "PA3", "PA4")
    assert Counter(r.label for r in dataset.recordings) == {"BL1": 60, "PA1": 60, "PA4": 60}


def test_expressive_people_only(biovid):
    dataset = BioVidA(biovid(), subjects="expressive")
    assert dataset.subjects == ("071309_w_21",)
    assert dataset.expected.people == {"train": 46, "validation": 21}


def test_without_official_people_there_is_no_split(biovid):
    dataset = BioVidA(biovid(people=("010101_w_30", "virtual-2"), clips=1))
    assert {recording.split for recording in dataset.recordings} == {None}
    other = next(r for r in dataset.recordings if r.subject == "virtual-2")
    assert dict(other.attributes) == {"stimulus": "BL1"}


def test_the_part_itself_and_names_without_regard_to_case(biovid):
    root = biovid(clips=2)
    expected = BioVidA(root).recordings
    (root / "PartA" / "video").rename(root / "PartA" / "Video")
    folder = root / "PartA" / "Video" / "071309_w_21"
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.upper()))
    folder.rename(folder.with_name("071309_W_21"))
    found = BioVidA(root / "PartA").recordings
    assert [(r.id, r.subject, r.label) for r in found] == [
        (r.id, r.subject, r.label) for r in expected
    ]
    assert [r.signals for r in found] == [r.signals for r in expected]


def test_check_against_the_list_of_samples(biovid, put):
    root = biovid()
    folder = root / "PartA" / "video" / "071309_w_21"
    (folder / "071309_w_21-BL1-085.mp4").unlink()
    put(folder / "071309_w_21-PA4-700.mp4")
    put(folder / "notes.mp4")
    put(folder / "100914_m_39-PA4-700.mp4")
    report = BioVidA(root).check()
    assert "071309_w_21-BL1-085: listed in samples.csv, no video" in report.missing
    assert "train, 071309_w_21: 19 of 20 no-pain clips" in report.missing
    assert any(line.startswith("train: 2 of 61 people") for line in report.missing)
    assert any(line.startswith("071309_w_21-PA4-700: no table in") for line in report.missing)
    assert "071309_w_21-PA4-700: not listed in samples.csv" in report.unexpected
    assert "train, 071309_w_21: 21 high-pain clips instead of 20" in report.unexpected
    assert sum("not a clip of 071309_w_21" in line for line in report.unexpected) == 2


def test_the_list_and_the_signals_may_be_absent(biovid):
    root = biovid(clips=1)
    (root / "PartA" / "starting_point" / "samples.csv").unlink()
    for kind in ("biosignals_raw", "biosignals_filtered"):
        (root / "PartA" / kind).rename(root / kind)
    dataset = BioVidA(root)
    assert all(not recording.signals for recording in dataset.recordings)
    assert not any("samples.csv" in line for line in dataset.check().missing)


def test_a_list_of_another_kind(biovid):
    root = biovid(clips=1)
    (root / "PartA" / "starting_point" / "samples.csv").write_text("a\tb\n1\t2\n")
    with pytest.raises(DatasetError, match=r"samples\.csv: has no column sample_name"):
        BioVidA(root)


def test_ai4pain_is_not_biovid(ai4pain):
    with pytest.raises(DatasetError, match="does not hold BioVid"):
        BioVidA(ai4pain(stimuli=1) / "Train")


def test_classes_that_the_task_needs_are_not_there(biovid):
    with pytest.raises(DatasetError, match="holds no recordings"):
        BioVidA(biovid(classes=("PA2",), clips=1))


@pytest.mark.parametrize("options", [{"task": "three"}, {"subjects": "stoic"}])
def test_impossible_options(biovid, options):
    (name,) = options
    with pytest.raises(UsageError, match=f"{name} is .* or .*, not"):
        BioVidA(biovid(clips=1), **options)
