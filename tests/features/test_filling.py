"""Many recordings together: in the store, each is what it would be alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import StorageError
from painscope.features import FeatureStore, VGGFeatures, fill_store, open_store
from painscope.features.base import BatchExtractor
from painscope.features.store import SequenceWriter
from painscope.recording import Recording

MakeRecording = Callable[..., Recording]


def clips(make_recording: MakeRecording) -> list[Recording]:
    """Clips of 1 to 70 frames; one begins in the dark, one is dark, one is no video."""
    rng = np.random.default_rng(0)
    bright = rng.integers(80, 256, (6, 48, 64, 3), np.uint8)
    dark = np.zeros((40, 48, 64, 3), np.uint8)
    made = [make_recording(f"r{k}", n) for k, n in enumerate((1, 70, 3, 1, 33, 2))]
    made.insert(2, make_recording("late", np.concatenate([dark, bright])))
    made.insert(4, make_recording("dark", dark))
    text = made[0].video.with_name("text.mp4")
    text.write_text("not a video\n" * 9)
    return [*made, replace(made[0], id="text", video=text)]


@pytest.mark.parametrize("readers", [1, 3])
def test_recordings_together_are_as_alone(
    contents,
    tmp_path: Path,
    make_recording: MakeRecording,
    grey,
    tiny: VGGFeatures,
    readers: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(tiny, BatchExtractor)
    monkeypatch.setattr(type(tiny), "readers", readers)
    recordings = clips(make_recording)
    alone, together = (
        open_store(tmp_path / name, tiny, locator=grey) for name in ("alone", "together")
    )
    for recording in recordings:
        fill_store([recording], tiny, alone, locator=grey)
    told: list[tuple[int, int]] = []
    summary = fill_store(
        recordings, tiny, together, locator=grey, progress=lambda *done: told.append(done)
    )
    assert contents(together.folder) == contents(alone.folder)
    assert set(summary.failed) == {"text"}
    assert summary.extracted == tuple(recording.id for recording in recordings[:-1])
    assert summary.n_frames == sum(len(together.read(name)) for name in summary.extracted)
    assert told == [(k, len(recordings)) for k in range(1, len(recordings) + 1)]
    assert fill_store(recordings, tiny, together, locator=grey).kept == summary.extracted


def test_a_disk_that_fills_up_leaves_what_is_whole_and_no_thread(
    tmp_path: Path,
    make_recording: MakeRecording,
    precropped,
    tiny: VGGFeatures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recordings = [make_recording(f"r{k}", 40) for k in range(4)]
    flush = SequenceWriter._flush
    written: list[int] = []

    def full(self: SequenceWriter) -> None:
        written.append(1)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        flush(self)

    store = open_store(tmp_path, tiny, locator=precropped)
    monkeypatch.setattr(SequenceWriter, "_flush", full)
    with pytest.raises(StorageError, match=r"r2\.parquet: the disk is full"):
        fill_store(recordings, tiny, store, locator=precropped)
    assert store.ids() == ["r0", "r1"]
    assert not [path for path in store.folder.rglob(".*")]
    assert not [t for t in threading.enumerate() if t.name == "painscope-reader"]
    monkeypatch.undo()
    again = fill_store(recordings, tiny, store, locator=precropped)
    assert (again.kept, again.extracted) == (("r0", "r1"), ("r2", "r3"))


def test_a_reader_that_breaks_ends_it(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures, monkeypatch
) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise OSError(5, "Input/output error")

    store = open_store(tmp_path, tiny, locator=precropped)
    monkeypatch.setattr(FeatureStore, "has", broken)
    with pytest.raises(OSError, match="Input/output"):
        fill_store([make_recording()], tiny, store, locator=precropped)


def test_a_locator_that_breaks_costs_its_recording(
    tmp_path: Path, make_recording: MakeRecording, grey, tiny: VGGFeatures
) -> None:
    class Broken(type(grey)):  # type: ignore[misc]
        def locate(self, image: np.ndarray) -> list:
            if image.mean() > 200:
                raise ValueError("too bright")
            return super().locate(image)

    store = open_store(tmp_path, tiny, locator=Broken())
    recordings = [make_recording("rising", 40), make_recording("short", 10)]
    summary = fill_store(recordings, tiny, store, locator=Broken())
    assert "too bright" in summary.failed["rising"]
    assert summary.extracted == ("short",)


def test_files_half_written_by_the_dead_are_removed(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    store = open_store(tmp_path, tiny, locator=precropped)
    (store.folder / "features").mkdir()
    dead = store.folder / "features" / ".a.01234567.tmp.parquet"
    dead.write_bytes(b"half")
    with store.writing("b", tiny.names):
        living = [p for p in (store.folder / "features").glob(".*") if p != dead]
        fill_store([make_recording("a")], tiny, store, locator=precropped)
        assert not dead.exists()
        assert len(living) == 1
        assert living[0].exists()
