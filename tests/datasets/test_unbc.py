"""UNBC-McMaster as it lies on disk."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painscope.datasets import UNBC, frame_labels, frame_landmarks, pspi_labels
from painscope.datasets.unbc import CODED_UNITS
from painscope.errors import DatasetError, UsageError
from painscope.virtual.truth import read_truth


def files(root: Path, recording, kind: str) -> list[Path]:
    return sorted(recording.signals[kind].iterdir())


def test_sequences(unbc):
    dataset = UNBC(unbc())
    assert dataset.scheme.classes == ("no-pain", "pain")
    assert len(dataset.recordings) == 4
    for recording in dataset.recordings:
        assert recording.id == recording.video.name
        assert recording.video.parent.name == recording.subject
        assert recording.label == ("pain" if recording.attributes["OPR"] else "no-pain")
        assert set(recording.attributes) == {"AFF", "OPR", "SEN", "VAS"}
        assert set(recording.signals) == {"pspi", "facs", "landmarks"}
    report = dataset.check(read_videos=False)
    assert report.missing[0] == "no split: 2 of 25 people"
    assert any("of 48398 pictures, in 4 of 200 sequences" in line for line in report.missing)
    assert len(report.missing) == 2


def test_frame_labels_are_what_the_coders_wrote(virtual_tree):
    root = virtual_tree("unbc-mcmaster", seed=2)
    dataset = UNBC(root)
    assert dataset.virtual
    for recording in dataset.recordings:
        table = frame_labels(recording)
        truth = read_truth(root, recording.id)
        assert list(table["picture"]) == [Path(image).stem for image in truth["image"]]
        assert list(table.columns[2:]) == [f"AU{unit}" for unit in CODED_UNITS]
        au = {unit: table[f"AU{unit}"] for unit in CODED_UNITS}
        pspi = au[4] + np.maximum(au[6], au[7]) + np.maximum(au[9], au[10]) + au[43]
        assert (table["pspi"] == pspi).all()
        # A coder writes whole steps, from slight movements up.
        level = truth[["AU04_L", "AU04_R"]].max(axis=1)
        assert (np.abs(au[4] - level)[au[4] > 0] <= 1).all()
        points = frame_landmarks(recording)
        assert points.shape == (len(table), 66, 2)
        assert np.allclose(points[:, 0, 0], truth["x_0"], atol=1e-4)
        assert np.allclose(points[:, -1, 1], truth["y_67"], atol=1e-4)
    assert max(frame_labels(r)["pspi"].max() for r in dataset.recordings) > 0


def test_an_empty_file_is_no_action_unit_and_a_missing_one_is_not_known(unbc):
    root = unbc()
    recording = UNBC(root).recordings[0]
    facs, pspi, points = (files(root, recording, k) for k in ("facs", "pspi", "landmarks"))
    facs[0].write_text("")
    facs[1].write_text("   4.0e+00   3.0e+00   0.0e+00   0.0e+00\n   5e+01 1e+00 0 0\n")
    facs[2].unlink()
    pspi[0].write_text("   0.0000000e+00\n")
    pspi[1].write_text("   3.0000000e+00\n")
    pspi[3].unlink()
    points[1].unlink()
    table = frame_labels(recording)
    units = table.filter(like="AU")
    assert (units.iloc[0] == 0).all()
    assert units.iloc[1]["AU4"] == 3
    assert units.iloc[1]["AU50"] == 1
    assert units.iloc[2].isna().all()
    assert np.isnan(table["pspi"][3])
    assert pspi_labels(recording)[:2] == ("no-pain", "pain")
    assert pspi_labels(recording, threshold=4)[1] is None
    assert pspi_labels(recording)[3] is None
    shapes = frame_landmarks(recording)
    assert np.isnan(shapes[1]).all()
    assert np.isfinite(shapes[[0, 2]]).all()
    stem = recording.id
    missing = UNBC(root).check(read_videos=False).missing
    n = len(table)
    assert f"{stem}: no facs file for 1 of {n} frames, the first is {stem}003" in missing
    assert f"{stem}: no pspi file for 1 of {n} frames, the first is {stem}004" in missing
    assert f"{stem}: no landmarks file for 1 of {n} frames, the first is {stem}002" in missing


def test_labels_that_are_not_there_at_all(unbc):
    root = unbc()
    shutil.rmtree(root / "AAM_landmarks")
    shutil.rmtree(root / "Sequence_Labels/OPR")
    recording = UNBC(root).recordings[0]
    assert recording.label is None
    with pytest.raises(UsageError, match=f"{recording.id} has no landmarks files"):
        frame_landmarks(recording)
    missing = UNBC(root).check(read_videos=False).missing
    assert f"{recording.id}: no landmarks files" in missing
    assert f"{recording.id}: no OPR rating" in missing


def test_pspi_needs_no_other_files(unbc):
    root = unbc()
    first, second = UNBC(root).recordings[:2]
    labels = pspi_labels(first)
    assert "no-pain" in labels
    for recording in (first, second):
        shutil.rmtree(recording.signals["facs"])
    shutil.rmtree(second.signals["pspi"])
    first, second = UNBC(root).recordings[:2]
    assert pspi_labels(first) == labels
    assert pspi_labels(second) == (None,) * len(list(second.video.iterdir()))
    with pytest.raises(UsageError, match="has no pspi files"):
        pspi_labels(replace(second, signals={}))


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("pspi", "1.0 2.0", "holds 2 numbers instead of one"),
        ("pspi", "pain", "does not hold numbers"),
        ("facs", "4.0 3.0", "does not hold rows of four numbers"),
        ("landmarks", "1 2\n3 4", "holds 4 numbers, not 66 rows"),
    ],
)
def test_a_damaged_file_is_named(unbc, kind, text, reason):
    root = unbc()
    recording = UNBC(root).recordings[0]
    path = files(root, recording, kind)[5]
    path.write_text(text)
    read = frame_landmarks if kind == "landmarks" else frame_labels
    with pytest.raises(DatasetError, match=reason) as caught:
        read(recording)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_folders_within_folders_of_their_name(unbc):
    root = unbc()
    expected = UNBC(root).recordings
    tables = [frame_labels(recording) for recording in expected]
    for folder in (root / "Images", root / "Frame_Labels/PSPI"):
        inner = folder.rename(folder.with_name("moved"))
        folder.mkdir()
        inner.rename(folder / folder.name)
    found = UNBC(root).recordings
    assert [(r.id, r.subject, r.label) for r in found] == [
        (r.id, r.subject, r.label) for r in expected
    ]
    for recording, table in zip(found, tables, strict=True):
        assert frame_labels(recording).equals(table)


def test_the_black_sequence_is_noted(unbc):
    root = unbc()
    first = UNBC(root).recordings[0]
    first.video.rename(first.video.with_name("tv095t1afaff"))
    (root / "Images/notes").mkdir()
    unexpected = UNBC(root).check(read_videos=False).unexpected
    assert "tv095t1afaff: its frames are black in the archive, no face will be found" in unexpected
    assert f"{root / 'Images/notes'}: not a person's folder" in unexpected
