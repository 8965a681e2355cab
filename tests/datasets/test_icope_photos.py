"""iCOPE's photographs, however a copy names them."""

from __future__ import annotations

from collections import Counter

import pytest

from painscope.datasets import ICOPEPhotos
from painscope.errors import DatasetError, UsageError


def test_five_states_and_two_labels(icope_photos):
    dataset = ICOPEPhotos(icope_photos())
    assert dataset.subjects == ("S01", "S02")
    stimuli = Counter((r.label, r.attributes["stimulus"]) for r in dataset.recordings)
    assert stimuli == {
        ("pain", "pain"): 2,
        ("no-pain", "rest"): 2,
        ("no-pain", "cry"): 2,
        ("no-pain", "air puff"): 2,
        ("no-pain", "friction"): 2,
    }
    assert {r.split for r in dataset.recordings} == {None}
    assert dataset.check().missing == ("no split: 2 of 26 people",)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("S{1:02d} {0} [1] (2).PNG", None),
        ("photos/s{1:02d}-{0}.jpeg", None),
        ("{0}/{1:02d}-a.jpg", r"(?P<stimulus>[\w ]+)/(?P<subject>\d+)-.*"),
    ],
)
def test_ways_of_naming(icope_photos, tmp_path, name, pattern):
    root = icope_photos(tmp_path / "other", name)
    dataset = ICOPEPhotos(root, **({} if pattern is None else {"pattern": pattern}))
    assert Counter(r.label for r in dataset.recordings) == {"pain": 2, "no-pain": 8}
    assert len(dataset.subjects) == 2


def test_a_folder_within_is_meant_before_one_above(icope_photos, tmp_path):
    root = icope_photos(tmp_path / "mine" / "copy" / "photographs")
    (tmp_path / "snapshot.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match=f"Did you mean {root.parent}?"):
        ICOPEPhotos(tmp_path / "mine")


def test_names_that_repeat_from_folder_to_folder(icope_photos):
    pattern = r"(?P<stimulus>[\w ]+)/(?P<subject>\d+)-.*"
    root = icope_photos(name="{0}/{1:02d}-a.jpg")
    (root / "rest" / "02-a.jpg").rename(root / "rest" / "02-c.jpg")
    ids = [recording.id for recording in ICOPEPhotos(root, pattern=pattern).recordings]
    assert ids[:2] == ["02-c", "air_puff-01-a"]
    assert "pain-02-a" in ids


def test_pictures_of_other_names_are_said(icope_photos):
    root = icope_photos()
    (root / "pain" / "S01_pain_1.jpg").rename(root / "IMG_0001.jpg")
    (root / "readme.txt").write_text("no picture")
    report = ICOPEPhotos(root).check()
    assert [line.split(": ")[1] for line in report.unexpected] == ["not named as a photograph"]
    with pytest.raises(DatasetError, match=r"holds no recordings.*pattern"):
        ICOPEPhotos(root, pattern="(?P<subject>a)(?P<stimulus>b)")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [("(", "is no regular expression"), ("(?P<subject>.*)", "has no group stimulus"), (3, "is no")],
)
def test_patterns_that_cannot_serve(icope_photos, pattern, reason):
    with pytest.raises(UsageError, match=reason):
        ICOPEPhotos(icope_photos(), pattern=pattern)


def test_ids_that_differ_by_case_alone(icope_photos):
    root = icope_photos()
    pain = root / "pain" / "S01_pain_1.jpg"
    pain.with_name("s01_pain_1.jpeg").write_bytes(pain.read_bytes())
    reason = "two recordings are called pain-S01_pain_1 and pain-s01_pain_1: "
    with pytest.raises(DatasetError, match=reason):
        ICOPEPhotos(root)
