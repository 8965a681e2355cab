"""One tidy table of any recordings' features."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import PainscopeError, UsageError
from painscope.features import BlendshapeFeatures, extract, fill_store, open_store
from painscope.recording import Recording

MakeRecording = Callable[..., Recording]


def test_a_row_per_frame_with_named_columns(make_recording: MakeRecording, grey, tmp_path) -> None:
    recordings = [make_recording("b", 40), make_recording("a", 35)]
    reader = BlendshapeFeatures()
    table = extract(recordings, reader, locator=grey)
    assert list(table.columns) == ["recording", "time_s", "found", *reader.names]
    assert table["recording"].tolist() == ["b"] * 40 + ["a"] * 35
    assert table["found"].dtype == bool
    assert (table[list(reader.names)].dtypes == np.float32).all()
    store = open_store(tmp_path / "store", reader, locator=grey)
    fill_store(recordings, reader, store, locator=grey)
    got = table.loc[table["recording"] == "b", list(reader.names)]
    np.testing.assert_array_equal(got, store.read("b").values)
    assert table.attrs["failed"] == {}


def test_frames_without_a_face_are_seen_as_such(make_recording: MakeRecording, grey) -> None:
    dark = np.zeros((20, 48, 64, 3), np.uint8)
    table = extract(make_recording("dark", dark), BlendshapeFeatures(), locator=grey)
    assert len(table) == 20
    assert not table["found"].any()
    assert table.drop(columns=["recording", "time_s", "found"]).isna().all(axis=None)


def test_paths_and_a_store(
    make_recording: MakeRecording, grey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_recording("a").video.rename(tmp_path / "clip [1] of 2.mp4")
    paths = [tmp_path / "clip [1] of 2.mp4", str(make_recording("b").video)]
    first = extract(paths, BlendshapeFeatures(), locator=grey, store=tmp_path / "kept")
    assert first["recording"].unique().tolist() == ["clip__1__of_2", "b"]
    monkeypatch.setattr(type(grey), "locate", lambda *_: pytest.fail("was extracted again"))
    again = extract(paths, BlendshapeFeatures(), locator=grey, store=tmp_path / "kept")
    assert first.equals(again)


def test_a_bad_video_is_said_and_the_rest_goes_on(
    make_recording: MakeRecording, grey, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video" * 50)
    with caplog.at_level(logging.WARNING, "painscope"):
        table = extract(
            [tmp_path / "bad.mp4", make_recording("a")], BlendshapeFeatures(), locator=grey
        )
    assert table["recording"].unique().tolist() == ["a"]
    assert "bad.mp4" in table.attrs["failed"]["bad"]
    assert "bad has no features" in caplog.text
    with pytest.raises(PainscopeError, match=r"no recording has features; .*bad\.mp4"):
        extract(tmp_path / "bad.mp4", BlendshapeFeatures(), locator=grey)


def test_two_of_one_name(make_recording: MakeRecording, grey) -> None:
    with pytest.raises(UsageError, match="two recordings are called a"):
        extract([make_recording("a")] * 2, BlendshapeFeatures(), locator=grey)
