"""AI4Pain 2024 as it lies on disk."""

from __future__ import annotations

from collections import Counter

import pytest

from painscope.datasets import AI4Pain2024
from painscope.datasets.ai4pain import PUBLISHED
from painscope.errors import DatasetError, UsageError


def test_the_published_split_is_all_65_people():
    assert {split: len(people) for split, people in PUBLISHED.items()} == {
        "train": 41,
        "validation": 12,
        "test": 12,
    }
    everyone = sorted(int(person) for people in PUBLISHED.values() for person in people)
    assert everyone == list(range(1, 66))


def test_clips_of_a_person(ai4pain):
    dataset = AI4Pain2024(ai4pain())
    assert dataset.scheme.classes == ("no-pain", "low-pain", "high-pain")
    person = [recording for recording in dataset.recordings if recording.subject == "3"]
    assert Counter(recording.label for recording in person) == {
        "no-pain": 1,
        "low-pain": 12,
        "high-pain": 12,
    }
    by_id = {recording.id: recording for recording in person}
    assert set(by_id) >= {"3_Baseline", "3_Pain_LOW_0", "3_Pain_HIGH_23"}
    high = by_id["3_Pain_HIGH_23"]
    assert (high.split, high.label) == ("train", "high-pain")
    assert dict(high.attributes) == {"stimulus": "high", "position": 23}
    assert high.signals["fnirs"].name == "3.csv"


def test_rests_are_left_out_unless_asked_for(ai4pain):
    root = ai4pain(rests=2)
    dataset = AI4Pain2024(root, rest=True)
    rests = [r for r in dataset.recordings if r.attributes["stimulus"] == "rest"]
    assert len(rests) == 8
    assert {r.label for r in rests} == {"no-pain"}
    assert len(AI4Pain2024(root).recordings) == len(dataset.recordings) - 8


def test_names_without_regard_to_case(ai4pain, tmp_path):
    expected = AI4Pain2024(ai4pain(tmp_path / "a", stimuli=2))
    root = ai4pain(tmp_path / "b", stimuli=2, names={"train": "TRAIN", "test": "test"})
    (root / "TRAIN" / "video").rename(root / "TRAIN" / "Video")
    for path in list((root / "TRAIN" / "Video" / "3").iterdir()):
        path.rename(path.with_name(path.name.upper()))
    found = AI4Pain2024(root)
    assert [(r.id, r.subject, r.label, r.split) for r in found.recordings] == [
        (r.id, r.subject, r.label, r.split) for r in expected.recordings
    ]


def test_unlabelled_test_clips_load(ai4pain, put):
    root = ai4pain(test=())
    for name in ("clip (1).mp4", "16_video_002.mp4"):
        put(root / "Test" / "video" / "16" / name)
    dataset = AI4Pain2024(root)
    test = {r.id: r for r in dataset.recordings if r.split == "test"}
    assert set(test) == {"16_clip__1_", "16_video_002"}
    assert {(r.label, r.subject) for r in test.values()} == {(None, "16")}
    assert not any("test, 16" in line for line in dataset.check().missing)


def test_one_split_is_enough(ai4pain):
    dataset = AI4Pain2024(ai4pain(validation=(), test=(), stimuli=1))
    assert {recording.split for recording in dataset.recordings} == {"train"}
    assert any(line.startswith("test: 0 of 12 people") for line in dataset.check().missing)


def test_virtual_people_of_any_name(ai4pain):
    dataset = AI4Pain2024(ai4pain(train=(101, "v007"), validation=(102,), test=(103,)))
    assert dataset.subjects == ("101", "102", "103", "v007")
    unexpected = dataset.check(read_videos=False).unexpected
    assert "train: not on the published list: 101, v007" in unexpected


def test_check_of_people_and_clips(ai4pain):
    root = ai4pain(train=(3, 1), validation=(2,))
    (root / "Train" / "video" / "3" / "3_Baseline.mp4").unlink()
    (root / "Train" / "video" / "3" / "3_Pain_LOW_4.mp4").unlink()
    (root / "Train" / "fnirs" / "3.csv").unlink()
    (root / "Train" / "video" / "3" / "3_Pain_LOW_98.mov").write_bytes(b"")
    (root / "Train" / "video" / "3" / "4_Baseline.mp4").write_bytes(b"")
    report = AI4Pain2024(root).check()
    assert "train, 3: 0 of 1 no-pain clips" in report.missing
    assert "train, 3: 11 of 12 low-pain clips" in report.missing
    assert any(line.startswith("train, 3: no fNIRS table") for line in report.missing)
    assert any(
        line.startswith("validation: 1 of 12 people; missing: 10,") for line in report.missing
    )
    assert "train: published in another split: 1 (validation)" in report.unexpected
    assert sum("not a clip of person 3" in line for line in report.unexpected) == 2
    rows = {(row["split"], row["class"]): row for row in report.by_split()}
    assert rows["train", "low-pain"] == {
        "split": "train",
        "class": "low-pain",
        "people": 2,
        "expected_people": 41,
        "clips": 23,
        "expected_clips": 492,
    }
    people = {(row["split"], row["subject"]): row for row in report.by_person()}
    assert people["train", "3"] == {
        "split": "train",
        "subject": "3",
        "no-pain": 0,
        "low-pain": 11,
        "high-pain": 12,
    }


def test_a_complete_copy_passes(ai4pain, monkeypatch):
    root = ai4pain(train=(3,), validation=(1,), test=(6,))
    published = {"train": ("3",), "validation": ("1",), "test": ("6",)}
    monkeypatch.setattr("painscope.datasets.ai4pain.PUBLISHED", published)
    report = AI4Pain2024(root).check()
    assert report.complete
    assert not report.unexpected
    assert "missing: nothing" in report.lines()


def test_the_split_folder_instead_of_the_dataset(ai4pain):
    root = ai4pain(stimuli=1)
    with pytest.raises(DatasetError, match=f"Train: .* Did you mean {root}\\?"):
        AI4Pain2024(root / "Train")


def test_the_2025_edition(tmp_path):
    (tmp_path / "train" / "Eda").mkdir(parents=True)
    with pytest.raises(DatasetError, match="this is the 2025 edition"):
        AI4Pain2024(tmp_path)


def test_folders_without_clips(ai4pain, tmp_path):
    (tmp_path / "Train" / "video" / "3").mkdir(parents=True)
    with pytest.raises(DatasetError, match="holds no recordings"):
        AI4Pain2024(tmp_path)


def test_one_person_in_two_splits(ai4pain, put):
    root = ai4pain(train=(3,), validation=(3,), stimuli=1)
    with pytest.raises(DatasetError, match="two recordings are called 3_Baseline"):
        AI4Pain2024(root)


def test_a_clip_of_a_person_in_another_split_too(ai4pain, put):
    root = ai4pain(train=(3,), stimuli=1)
    put(root / "Validation" / "video" / "3" / "3_Pain_LOW_40.mp4")
    report = AI4Pain2024(root).check()
    assert "3 is in train and in validation: one person, one split" in report.unexpected


def test_two_folders_that_differ_in_case(ai4pain, put):
    root = ai4pain(stimuli=1)
    put(root / "train" / "video" / "5" / "5_Baseline.mp4")
    with pytest.raises(DatasetError, match="holds both Train and train"):
        AI4Pain2024(root)


def test_rest_is_a_switch(ai4pain):
    with pytest.raises(UsageError, match="rest is true or false"):
        AI4Pain2024(ai4pain(stimuli=1), rest="maybe")  # type: ignore[arg-type]
