"""AffectNet as it lies on disk, in both layouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from painscope.datasets import AffectNet
from painscope.datasets.affectnet import EMOTIONS
from painscope.errors import DatasetError, UsageError
from painscope.virtual import EMOTIONS as VIRTUAL
from painscope.virtual import make_layout
from painscope.virtual.truth import picture_truth

EDITIONS = ("older", "newer")


def renumber(root, change):
    """Put every class number through a function; other columns stay as they are."""
    for path in root.glob("*.csv"):
        table = pd.read_csv(path, dtype={"expression": str})
        table["expression"] = [change(number) for number in table["expression"]]
        table.to_csv(path, index=False)
    for path in root.glob("*/annotations/*_exp.npy"):
        np.save(path, np.array(change(np.load(path).item())))


def alphabetical(number):
    return str(sorted(EMOTIONS).index(EMOTIONS[int(number)]))


@pytest.fixture(scope="session")
def many(virtual_tree):
    """More pictures: enough happy ones to tell that they are."""
    return lambda edition: virtual_tree("affectnet", edition=edition, images=32, per_sitting=8)


def test_the_virtual_emotions_have_the_same_numbers():
    assert tuple(VIRTUAL) == EMOTIONS


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_picture_is_a_recording_labelled_by_name(virtual_tree, edition):
    root = virtual_tree("affectnet", edition=edition)
    layout = make_layout("affectnet", people=3, images=5, per_sitting=3, edition=edition)
    expected = {
        path: (emotion, role.split, role.subject)
        for role in layout.cast()
        for clip in layout.clips(role)
        for path, emotion in zip(
            layout._paths(role, clip), layout.emotions(role, clip), strict=True
        )
    }
    dataset = AffectNet(root)
    assert dataset.scheme.classes == EMOTIONS
    assert {
        r.video.relative_to(root).as_posix(): (r.label, r.split, r.subject)
        for r in dataset.recordings
    } == expected
    assert set(picture_truth(root)["image"]) == set(expected)


@pytest.mark.parametrize("edition", EDITIONS)
def test_nobody_says_who_is_in_a_real_picture(affectnet, edition):
    dataset = AffectNet(affectnet(edition))
    assert len(dataset.recordings) == 15
    assert all(r.subject == r.id for r in dataset.recordings)
    assert {r.split for r in dataset.recordings} == {"train", "validation"}


def test_what_the_older_table_says(affectnet):
    recording = AffectNet(affectnet()).recordings[0]
    assert set(recording.attributes) == {"face_box", "valence", "arousal"}
    assert len(recording.attributes["face_box"]) == 4
    assert -1 <= recording.attributes["valence"] <= 1


@pytest.mark.parametrize("edition", EDITIONS)
def test_pictures_without_an_emotion_are_left_out_and_counted(affectnet, edition):
    root = affectnet(edition)
    renumber(root, lambda number: {"0": "8", "1": "9", "2": "10"}.get(number, number))
    dataset = AffectNet(root)
    assert {r.label for r in dataset.recordings} <= set(EMOTIONS[3:])
    told = dataset.check(read_videos=False).unexpected
    counts = [int(line.split()[0]) for line in told]
    assert sum(counts) == 15 - len(dataset.recordings) > 0
    for line in told:
        assert "pictures without an emotion left out (" in line


def test_emotions_by_name_and_numbers_as_decimals(affectnet):
    root = affectnet()
    expected = [r.label for r in AffectNet(root).recordings]
    renumber(root, lambda number: EMOTIONS[int(number)].title())
    assert [r.label for r in AffectNet(root).recordings] == expected
    renumber(root, lambda name: f"{EMOTIONS.index(name.lower())}.0")
    assert [r.label for r in AffectNet(root).recordings] == expected


@pytest.mark.parametrize("edition", EDITIONS)
def test_emotions_numbered_by_the_alphabet(many, tmp_path, edition):
    import shutil

    root = tmp_path / "copy"
    shutil.copytree(many(edition), root)
    expected = [(r.id, r.label) for r in AffectNet(root).recordings]
    renumber(root, alphabetical)
    with pytest.raises(DatasetError, match=r"another order.*mean valence -0") as caught:
        AffectNet(root)
    line = str(caught.value)
    assert line.startswith(f"{root}: ")
    assert line.endswith("Give the option numbering=alphabetical.")
    found = AffectNet(root, numbering="alphabetical").recordings
    assert [(r.id, r.label) for r in found] == expected
    with pytest.raises(UsageError, match="numbering is affectnet or alphabetical"):
        AffectNet(root, numbering="mine")


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_unknown_expression_is_named(affectnet, edition):
    root = affectnet(edition)
    renumber(root, lambda number: "11" if number == "3" else number)
    with pytest.raises(DatasetError, match="unknown expression '11'"):
        AffectNet(root)


def test_damaged_annotations_are_named(affectnet):
    root = affectnet("newer")
    path = sorted(root.glob("train_set/annotations/*_exp.npy"))[0]
    whole = path.read_bytes()
    for damage in (b"nothing", b""):
        path.write_bytes(damage)
        with pytest.raises(DatasetError, match="cannot be read") as caught:
            AffectNet(root)
        assert str(caught.value).startswith(f"{path}: ")
    path.unlink()
    with pytest.raises(DatasetError, match="no such annotation"):
        AffectNet(root)
    path.write_bytes(whole)
    assert len(AffectNet(root).recordings) == 15


def test_a_table_without_its_columns(affectnet):
    root = affectnet()
    (root / "training.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match=r"training\.csv: cannot be read .*needs the columns"):
        AffectNet(root)


def test_one_part_is_enough(affectnet):
    root = affectnet()
    (root / "training.csv").unlink()
    assert {r.split for r in AffectNet(root).recordings} == {"validation"}
