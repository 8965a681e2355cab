"""iCOPEvid as it lies on disk, brackets and all."""

from __future__ import annotations

from painscope.datasets import ICOPEVideo


def test_names_labels_and_attributes(icope_video):
    dataset = ICOPEVideo(icope_video())
    assert dataset.subjects == ("S001", "S010")
    by_id = {recording.id: recording for recording in dataset.recordings}
    clip = by_id["S010_Friction_1__0__20s"]
    assert clip.video.name == "S010_Friction_1_[0]_20s.mp4"
    assert (clip.label, clip.split, dict(clip.attributes)) == (
        "no-pain",
        None,
        {"stimulus": "friction", "number": 1},
    )
    assert by_id["S001_Pain_1__0__20s"].label == "pain"
    report = dataset.check()
    assert report.missing == ("no split: 2 of 49 people",)
    assert report.by_split()[1]["expected_clips"] == 49


def test_folders_as_people_spell_them(icope_video, tmp_path):
    root = icope_video(tmp_path / "a folder [1]")
    (root / "Pain").rename(root / "PAIN")
    (root / "Nopain").rename(root / "No pain")
    found = ICOPEVideo(root).recordings
    expected = ICOPEVideo(icope_video(tmp_path / "b")).recordings
    assert [(r.id, r.label) for r in found] == [(r.id, r.label) for r in expected]


def test_what_does_not_fit_is_said(icope_video):
    root = icope_video()
    (root / "Pain" / "notes.mp4").write_bytes(b"")
    (root / "Nopain" / "S010_Rest_2_[0]_20s.txt").write_text("")
    (root / "Pain" / "S001_Pain_1_[0]_20s.mp4").unlink()
    report = ICOPEVideo(root).check()
    assert len(report.unexpected) == 2
    assert "no split, S001: 0 of 1 pain clips" in report.missing


def test_one_folder_alone(icope_video):
    root = icope_video()
    for path in (root / "Nopain").iterdir():
        path.unlink()
    (root / "Nopain").rmdir()
    assert "there is no folder Nopain" in ICOPEVideo(root).check().missing
