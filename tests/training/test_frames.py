"""Frames of crops: which there are, and the batches that are read of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.trees import PAIN, Tree

from painscope.datasets import pspi_labels
from painscope.errors import DatasetError, RunError
from painscope.recording import Recording
from painscope.training.frames import FrameSet, find_frames, frame_loader, limit_classes

CLASSES = ("no-pain", "high-pain")


def test_frames_of_the_window_only(crops) -> None:
    frames = find_frames(crops.folder, crops.recordings, CLASSES, (0.5, 1.0), 5)
    assert {path.name for path in frames.paths} == {"000015.jpg", "000020.jpg", "000025.jpg"}
    assert len(frames) == 3 * len(crops.recordings)
    for path, clip, target in zip(frames.paths, frames.clip, frames.target, strict=True):
        recording = frames.recordings[clip]
        assert path.parent.name == recording.id
        assert CLASSES[target] == recording.label


def test_recordings_without_crops_are_left_out(crops) -> None:
    absent = replace(crops.recordings[0], id="absent")
    recordings = (absent, *crops.recordings)
    frames = find_frames(crops.folder, recordings, CLASSES, (0.5, 1.0), 5)
    assert frames.recordings == crops.recordings


def test_no_frames_at_all(crops) -> None:
    with pytest.raises(DatasetError, match="between 7 and 9 s"):
        find_frames(crops.folder, crops.recordings, CLASSES, (7, 9), 5)


@pytest.mark.parametrize("budget", [0, 2**30])
def test_batches_are_the_same_cached_or_not(crops, budget: int, monkeypatch) -> None:
    monkeypatch.setattr("painscope.training.frames.CACHE_BYTES", budget)
    frames = find_frames(crops.folder, crops.recordings, CLASSES, (0.5, 1.0), 5)
    loader = frame_loader(frames, size=24, batch_size=40, shuffle=False)
    images, targets = zip(*loader, strict=True)
    assert [len(batch) for batch in images] == [40, 40, 16]
    assert images[0].dtype == torch.uint8
    assert images[0].shape[1:] == (24, 24, 3)
    assert torch.equal(torch.cat(targets), torch.from_numpy(frames.target))
    # Pain is a bar across: rows differ more than columns do.
    picture = torch.cat(images).float().mean(dim=3)
    across = picture.mean(dim=2).std(dim=1) > picture.mean(dim=1).std(dim=1)
    assert torch.equal(across.long(), torch.from_numpy(frames.target))


def test_shuffled_batches_are_whole_and_hold_every_frame_once(crops) -> None:
    frames = find_frames(crops.folder, crops.recordings, CLASSES, (0.5, 1.0), 5)
    loader = frame_loader(frames, size=16, batch_size=40, shuffle=True)
    assert [len(target) for _, target in loader] == [40, 40]
    assert len(loader) == 2
    all_at_once = frame_loader(frames, size=16, batch_size=1000, shuffle=True)
    ((_, target),) = all_at_once
    assert len(target) == len(frames)


def test_a_damaged_crop_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a" / "000000.jpg"
    path.parent.mkdir()
    recording = Recording("a", "s", "no-pain", None, path)
    frames = FrameSet((path,), np.zeros(1, np.int64), np.zeros(1, np.int64), (recording,), CLASSES)
    for damage in (b"not a picture", b""):
        path.write_bytes(damage)
        with pytest.raises(RunError, match=r"000000\.jpg: is damaged"):
            frame_loader(frames, size=16, batch_size=1, shuffle=False)


def test_frames_have_the_labels_of_their_own(unbc: Tree) -> None:
    recordings = unbc.dataset.recordings
    frames = find_frames(unbc.crops, recordings, PAIN, labels=pspi_labels)
    assert len(frames) == sum(len(list(r.video.iterdir())) for r in recordings)
    lengths = np.bincount(frames.clip)[frames.clip]
    assert np.array_equal(frames.target == 1, frames.numbers >= 0.8 * lengths)
    assert frames.classes == PAIN
    known = find_frames(unbc.crops, recordings, PAIN, labels=lambda r: [None, *PAIN])
    assert Counter(known.numbers.tolist()) == {1: 5, 2: 5}, "frames without a label are left out"
    with pytest.raises(DatasetError, match="no crop labelled pain"):
        find_frames(unbc.crops, recordings, PAIN, labels=lambda r: ["no-pain"] * 80)


def test_some_frames_and_their_recordings(unbc: Tree) -> None:
    frames = find_frames(unbc.crops, unbc.dataset.recordings, PAIN, labels=pspi_labels)
    subject = np.array([frames.recordings[k].subject for k in frames.clip])
    chosen = frames.select(subject == frames.subjects[2])
    assert chosen.subjects == (frames.subjects[2],)
    assert len(chosen.recordings) == 1
    assert set(chosen.clip.tolist()) == {0}
    assert all(path.parent.name == chosen.recordings[0].id for path in chosen.paths)


def test_common_classes_are_limited_but_not_in_the_test(unbc: Tree, pain) -> None:
    frames = find_frames(unbc.crops, unbc.dataset.recordings, PAIN, labels=pspi_labels)
    few = limit_classes(frames, 2, seed=0)
    counts, limited = Counter(frames.target.tolist()), Counter(few.target.tolist())
    assert counts[0] > 2 * counts[1]
    assert limited == {0: 2 * counts[1], 1: counts[1]}
    assert set(few.paths) < set(frames.paths)
    assert limit_classes(frames, 100, seed=0).paths == frames.paths
    for part, want in (("train", 2), ("validation", 2)):
        count = Counter(pain.parts[part].target.tolist())
        assert count[0] == want * count[1]
    count = Counter(pain.test.target.tolist())
    assert count[0] > 2 * count[1]
