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
    options = {} if pattern is None else {"pattern": pattern}
    if "{0}/" in name:  # stems that repeat from folder to folder
        with pytest.raises(DatasetError, match="two recordings are called"):
            ICOPEPhotos(root, **options)
        return
    dataset = ICOPEPhotos(root, **options)
    assert Counter(r.label for r in dataset.recordings) == {"pain": 2, "no-pain": 8}
    assert len(dataset.subjects) == 2


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
