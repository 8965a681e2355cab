"""What every dataset promises, whatever its layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from painscope.datasets import DATASETS, Dataset, load_dataset
from painscope.errors import DatasetError, UsageError
from painscope.recording import SPLITS
from painscope.video import FrameReader

TABLE = (
    "recording,subject,label,split,video,stop_s\n"
    "b,p2,high,test,clip.mp4,0.4\na,p1,no,train,clip.mp4,\nc,p1,,train,clip.mp4,\n"
)


@pytest.fixture(params=sorted(DATASETS))
def name(request) -> str:
    return request.param


@pytest.fixture
def root(name, ai4pain, affectnet, biovid, icope_photos, icope_video, manifest, unbc) -> Path:
    """A small tree in the dataset's layout. A new dataset adds its builder here."""
    return {
        "affectnet": affectnet,
        "ai4pain-2024": lambda: ai4pain(stimuli=2),
        "biovid-a": lambda: biovid(clips=2),
        "icope-photos": icope_photos,
        "icope-video": icope_video,
        "manifest": lambda: manifest(TABLE).parent,
        "unbc-mcmaster": unbc,
    }[name]()


@pytest.fixture
def dataset(name, root) -> Dataset:
    return load_dataset(name, root)


def test_facts(name):
    dataset = DATASETS[name]
    assert dataset.name == name
    for fact in ("title", "citation", "licence", "access", "layout"):
        assert getattr(dataset, fact).strip()
    assert dataset.__doc__


def test_recordings(dataset):
    ids = [recording.id for recording in dataset.recordings]
    assert ids == sorted(set(ids))
    for recording in dataset.recordings:
        assert recording.label is None or recording.label in dataset.scheme.classes
        assert recording.split is None or recording.split in SPLITS
        assert recording.video.exists()
        assert all(path.exists() for path in recording.signals.values())
    assert {r.subject for r in dataset.recordings} == set(dataset.subjects)
    assert len({r.label for r in dataset.recordings if r.label}) > 1


def test_recordings_can_be_read(name, dataset):
    video = dataset.recordings[0].video
    photographs = name in ("affectnet", "icope-photos")
    expected = len(list(video.iterdir())) if video.is_dir() else 1 if photographs else 15
    assert sum(len(batch) for batch in FrameReader(video)) == expected


def test_loading_again_gives_the_same(name, root, dataset):
    assert load_dataset(name, str(root)).recordings == dataset.recordings


def test_check_counts_every_recording(dataset):
    report = dataset.check()
    assert sum(count.clips for count in report.counts) == len(dataset.recordings)
    assert sum(row["clips"] for row in report.by_split()) == len(dataset.recordings)
    assert not report.unreadable
    assert not report.unexpected
    assert report.videos_read == len({r.video for r in dataset.recordings})
    assert all("\n" not in line for line in report.lines(people=True))
    assert str(report).splitlines() == report.lines()


def test_check_shows_progress(dataset):
    seen = []

    def track(recordings):
        for recording in recordings:
            seen.append(recording.id)
            yield recording

    dataset.check(track=track)
    assert seen == [recording.id for recording in dataset.recordings]


def test_check_finds_the_missing_and_the_unreadable(name, root, dataset):
    videos = sorted({recording.video for recording in dataset.recordings})
    for file in videos[0].iterdir() if videos[0].is_dir() else videos[:1]:
        file.write_bytes(b"no video" * 100)
    report = dataset.check()
    assert not report.complete
    assert any(str(videos[0]) in line for line in report.unreadable)
    assert not dataset.check(read_videos=False).unreadable
    shutil.rmtree(videos[0]) if videos[0].is_dir() else videos[0].unlink()
    report = dataset.check()
    assert not report.unreadable
    assert any(str(videos[0]) in line for line in report.missing)


def test_virtual_people_are_marked(name, root, dataset):
    assert not dataset.virtual
    (root / "virtual.json").write_text(json.dumps({"virtual": True}))
    dataset = load_dataset(name, root)
    assert dataset.virtual
    assert any("virtual" in line for line in dataset.check(read_videos=False).lines())


def test_system_files_are_passed_over(name, root, dataset):
    for folder in {recording.video.parent for recording in dataset.recordings}:
        for junk in ("._clip.mp4", ".DS_Store", "Thumbs.db"):
            (folder / junk).write_bytes(b"junk")
    again = load_dataset(name, root)
    assert again.recordings == dataset.recordings
    assert not again.check(read_videos=False).unexpected


def test_a_missing_folder(name, tmp_path):
    fails(name, tmp_path / "nowhere", "does not exist")


def test_another_layout(name, tmp_path):
    (tmp_path / "pictures").mkdir()
    fails(name, tmp_path, "this folder does not hold")


def test_an_empty_folder(name, tmp_path):
    fails(name, tmp_path, "this folder does not hold")


def test_a_file_that_is_no_dataset(name, clip):
    line = fails(name, clip, "")
    assert "not a folder" in line or "neither a CSV nor a Parquet table" in line


def test_the_folder_above_is_named(name, root):
    line = fails(name, root.parent, "this folder does not hold")
    assert f"Did you mean {root}?" in line


def test_an_unknown_option(name, root):
    with pytest.raises(UsageError, match=f"{name} has no option 'colour'"):
        load_dataset(name, root, colour="red")


def test_an_unknown_dataset(tmp_path):
    with pytest.raises(UsageError, match=r"Did you mean ai4pain-2024\?"):
        load_dataset("AI4Pain", tmp_path)


def fails(name: str, root: Path, reason: str) -> str:
    """Loading fails with one line that names the path; return it."""
    with pytest.raises(DatasetError) as caught:
        load_dataset(name, root)
    line = str(caught.value)
    assert line.startswith(f"{root}: {reason}")
    assert "\n" not in line
    return line
