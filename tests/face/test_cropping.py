"""Crops on disk: whole or not at all, resumable, the same with any number of workers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import sleep

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from painscope.errors import RunError, UsageError
from painscope.face import (
    CropResult,
    FaceStream,
    cropped_ids,
    make_locator,
    read_crops,
    read_track,
    write_crops,
)
from painscope.face import folder as folder_module
from painscope.recording import Recording


def picture(k: int) -> np.ndarray:
    """A picture that is redder to the left and brighter to the bottom, and tells its index."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[..., 0] = np.linspace(255, 0, 64)[None, :]
    image[..., 1] = np.linspace(0, 200, 64)[:, None]
    image[..., 2] = 8 * k
    return image


@pytest.fixture
def recordings(make_video, tmp_path) -> list[Recording]:
    result = []
    for name, frames in (("a", 6), ("b", 9)):
        path = make_video(
            tmp_path / "videos" / f"{name}.mp4", np.stack(list(map(picture, range(frames))))
        )
        result.append(Recording(id=name, subject="s", label=None, split=None, video=path))
    return result


@pytest.fixture
def broken(tmp_path) -> Recording:
    path = tmp_path / "videos" / "broken.mp4"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no video")
    return Recording(id="broken", subject="s", label=None, split=None, video=path)


def test_images_are_upright_rgb_and_come_back(recordings, tmp_path):
    locator = make_locator("precropped")
    status = write_crops(recordings, locator, tmp_path / "out", size=64)
    assert status["recording"].tolist() == ["a", "b"]
    assert status["crops"].tolist() == [6, 9]
    assert cropped_ids(tmp_path / "out") == ("a", "b")
    crops, frames = read_crops(tmp_path / "out", "b")
    assert frames.tolist() == list(range(9))
    [batch] = FaceStream(recordings[1], locator, size=64)
    difference = np.abs(crops.astype(int) - batch.crops)
    assert difference.mean() < 3
    assert crops[0, 32, 2, 0] > 200 > crops[0, 32, 60, 0]
    assert crops[0, 60, 32, 1] > 150 > crops[0, 2, 32, 1]
    track = read_track(tmp_path / "out", "b")
    for name in ("time_s", "box", "confidence", "found"):
        column = getattr(track, name)
        np.testing.assert_array_equal(column, getattr(batch.track, name))
        assert column.dtype == getattr(batch.track, name).dtype


def test_every_third_frame_keeps_its_number(recordings, tmp_path):
    write_crops(recordings, make_locator("precropped"), tmp_path / "out", size=32, every=3)
    names = sorted(path.name for path in (tmp_path / "out" / "b").glob("*.jpg"))
    assert names == ["000000.jpg", "000003.jpg", "000006.jpg"]
    assert read_crops(tmp_path / "out", "b")[1].tolist() == [0, 3, 6]
    assert len(read_track(tmp_path / "out", "b")) == 9


def test_frames_without_a_face_have_no_image(make_video, tmp_path, bright_spot):
    frames = np.full((40, 48, 64, 3), 16, np.uint8)
    frames[:5, 10:30, 20:40] = 235
    video = make_video(tmp_path / "v.mp4", frames)
    one = Recording(id="v", subject="s", label=None, split=None, video=video)
    status = write_crops([one], bright_spot, tmp_path / "out", size=32)
    assert (status.loc[0, "frames"], status.loc[0, "crops"]) == (40, 5)
    assert status.loc[0, "found_share"] == pytest.approx(5 / 40)
    assert read_crops(tmp_path / "out", "v")[0].shape == (5, 32, 32, 3)


def test_a_recording_without_any_face_is_done_and_empty(recordings, tmp_path, bright_spot):
    bright_spot.locate = lambda image: []
    status = write_crops(recordings[:1], bright_spot, tmp_path / "out", size=32)
    assert status.loc[0, "status"] == "done"
    assert status.loc[0, "found_share"] == 0
    crops, frames = read_crops(tmp_path / "out", "a")
    assert crops.shape == (0, 32, 32, 3)
    assert frames.shape == (0,)


def test_a_bad_recording_is_a_row_and_the_others_go_on(recordings, broken, tmp_path):
    seen: list[CropResult] = []
    status = write_crops(
        [recordings[0], broken, recordings[1]],
        make_locator("precropped"),
        tmp_path / "out",
        size=32,
        progress=seen.append,
    )
    assert [result.recording for result in seen] == ["a", "broken", "b"]
    row = status.set_index("recording").loc["broken"]
    assert row["status"] == "failed"
    assert "broken.mp4" in row["reason"]
    pd.testing.assert_frame_equal(status, pd.read_parquet(tmp_path / "out" / "status.parquet"))
    assert not (tmp_path / "out" / "broken").exists()
    assert not list((tmp_path / "out").glob(".*"))


def test_a_locators_surprise_costs_one_recording(recordings, tmp_path, bright_spot):
    def locate(image):
        raise RuntimeError("graph stopped")

    bright_spot.locate = locate
    status = write_crops(recordings[:1], bright_spot, tmp_path / "out", size=32)
    assert status.loc[0, "reason"] == "RuntimeError: graph stopped"


def test_it_goes_on_where_it_stopped(
    contents, recordings, broken, tmp_path, bright_spot, make_video
):
    out = tmp_path / "out"

    def stop(result: CropResult) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_crops(
            [recordings[0], broken, recordings[1]], bright_spot, out, progress=stop, size=32
        )
    assert cropped_ids(out) == ("a",)
    # What a crash leaves behind: an unfinished folder, and no status file.
    (out / ".b.unfinished").mkdir()
    (out / ".b.unfinished" / "000000.jpg").write_bytes(b"half")
    (out / "status.parquet").unlink()
    before = contents(out / "a")
    broken.video.write_bytes(recordings[0].video.read_bytes())  # mended in the meantime
    calls = bright_spot.calls
    status = write_crops([recordings[0], broken, recordings[1]], bright_spot, out, size=32)
    assert contents(out / "a") == before
    assert status["status"].tolist() == ["done"] * 3
    assert status["frames"].tolist() == [6, 9, 6]
    assert bright_spot.calls > calls
    calls = bright_spot.calls
    again = write_crops([recordings[0], broken, recordings[1]], bright_spot, out, size=32)
    assert bright_spot.calls == calls
    pd.testing.assert_frame_equal(again, status)


def test_a_changed_recording_is_cropped_again(recordings, tmp_path, bright_spot):
    out = tmp_path / "out"
    whole = recordings[1]
    part = replace(whole, start_s=0.1, stop_s=0.2)
    other = replace(whole, video=recordings[0].video)
    for one, frames in ((whole, 9), (part, 3), (other, 6), (whole, 9)):
        status = write_crops([one], bright_spot, out, size=32)
        assert status["frames"].tolist() == [frames]
        assert len(read_track(out, "b")) == frames
    calls = bright_spot.calls
    whole.video.rename(tmp_path / "away")  # a disk that is not there: what is done is kept
    write_crops([whole], bright_spot, out, size=32)
    assert bright_spot.calls == calls
    assert len(read_track(out, "b")) == 9


def test_a_video_that_was_replaced_by_a_broken_one_has_no_crops(recordings, tmp_path, bright_spot):
    out, recording = tmp_path / "out", recordings[0]
    write_crops([recording], bright_spot, out, size=32)
    good = recording.video.read_bytes()
    recording.video.write_bytes(b"no video")
    status = write_crops([recording], bright_spot, out, size=32)
    assert status["status"].tolist() == ["failed"]
    assert cropped_ids(out) == ()
    with pytest.raises(RunError, match="no crops of this recording"):
        read_crops(out, "a")
    recording.video.write_bytes(good)
    assert write_crops([recording], bright_spot, out, size=32)["status"].tolist() == ["done"]
    assert len(read_crops(out, "a")[0]) == 6


def test_crops_that_tell_no_source_are_made_again_once(recordings, tmp_path, bright_spot):
    out = tmp_path / "out"
    write_crops(recordings[:1], bright_spot, out, size=32)
    track = out / "a" / "track.parquet"
    pq.write_table(pq.read_table(track).replace_schema_metadata({"damage": ""}), track)
    for made in (True, False):
        calls = bright_spot.calls
        write_crops(recordings[:1], bright_spot, out, size=32)
        assert (bright_spot.calls > calls) == made


def test_what_is_damaged_is_made_again(recordings, tmp_path, bright_spot):
    """Empty, as a crash of the machine may leave it, or without its end."""
    out = tmp_path / "out"
    whole = write_crops(recordings, bright_spot, out, size=32)
    for name in ("a/track.parquet", "status.parquet"):
        for left in (0, -20):
            (out / name).write_bytes((out / name).read_bytes()[:left])
            if name.startswith("a"):
                with pytest.raises(RunError, match=r"track\.parquet: is damaged"):
                    read_track(out, "a")
            calls = bright_spot.calls
            pd.testing.assert_frame_equal(write_crops(recordings, bright_spot, out, size=32), whole)
            assert (bright_spot.calls > calls) == name.startswith("a")
            assert len(read_track(out, "a")) == 6


def test_other_settings_are_refused_by_name(recordings, tmp_path):
    locator = make_locator("precropped")
    write_crops(recordings[:1], locator, tmp_path / "out", size=32)
    for change, named in (({"size": 64}, "size"), ({"every": 2}, "every"), ({"rate": 25}, "rate")):
        with pytest.raises(UsageError, match=rf"other settings: {named}\.") as caught:
            write_crops(recordings, locator, tmp_path / "out", **{"size": 32, **change})
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="other settings: locator, margin, tracker"):
        write_crops(recordings, make_locator("lbp-cascade"), tmp_path / "out", size=32)
    assert cropped_ids(tmp_path / "out") == ("a",)


def test_impossible_calls(recordings, tmp_path):
    locator = make_locator("precropped")
    for settings in ({"every": 0}, {"workers": 0}, {"size": 1}, {"rate": 300}):
        with pytest.raises(UsageError):
            write_crops(recordings, locator, tmp_path / "out", **settings)
    with pytest.raises(UsageError, match="two recordings have the id a"):
        write_crops([recordings[0], recordings[0]], locator, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_workers_write_what_one_writes(contents, recordings, broken, tmp_path):
    locator = make_locator("precropped")
    everything = [*recordings, broken]
    one = write_crops(everything, locator, tmp_path / "one", size=32)
    two = write_crops(everything, locator, tmp_path / "two", size=32, workers=2)
    pd.testing.assert_frame_equal(one, two)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_two_calls_leave_each_others_recordings_alone(recordings, tmp_path, bright_spot):
    out, waiting, go_on = tmp_path / "out", Event(), Event()
    slow, quick = bright_spot, type(bright_spot)()
    locate = slow.locate

    def wait(image):
        waiting.set()
        assert go_on.wait(10)
        return locate(image)

    slow.locate = wait
    with ThreadPoolExecutor() as pool:
        first = pool.submit(write_crops, recordings[:1], slow, out, size=32)
        assert waiting.wait(10)
        second = pool.submit(write_crops, recordings[:1], quick, out, size=32)
        sleep(0.3)  # it has long come to the recording by now
        go_on.set()
        pd.testing.assert_frame_equal(first.result(), second.result())
    assert quick.calls == 0
    assert first.result()["status"].tolist() == ["done"]
    assert len(read_crops(out, "a")[0]) == 6
    assert not list(out.glob(".*"))


def test_calls_with_other_recordings_share_the_status(recordings, tmp_path, bright_spot):
    def crop_another(_: CropResult) -> None:
        write_crops(recordings[1:], bright_spot, tmp_path / "out", size=32)

    status = write_crops(
        recordings[:1], bright_spot, tmp_path / "out", size=32, progress=crop_another
    )
    assert status["recording"].tolist() == ["a", "b"]


def test_calls_that_end_at_once_both_tell_what_failed(broken, tmp_path, monkeypatch):
    out, telling, told = tmp_path / "out", Event(), Event()
    locator, write = make_locator("precropped"), folder_module.write_status

    def wait(folder: Path, results: Iterable[CropResult]) -> pd.DataFrame:
        if not telling.is_set():
            telling.set()
            told.wait(0.5)  # the other one would have told by then
        return write(folder, results)

    monkeypatch.setattr("painscope.face.cropping.write_status", wait)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(write_crops, [broken], locator, out, size=32)
        assert telling.wait(10)
        write_crops([replace(broken, id="other")], locator, out, size=32)
        told.set()
        first.result()
    assert pd.read_parquet(out / "status.parquet")["recording"].tolist() == ["broken", "other"]


def test_what_is_missing_or_damaged_is_named(recordings, tmp_path):
    out = tmp_path / "out"
    write_crops(recordings[:1], make_locator("precropped"), out, size=32)
    for read in (read_crops, read_track):
        with pytest.raises(RunError, match="no crops of this recording"):
            read(out, "b")
    for damage in (b"", b"no image"):
        (out / "a" / "000002.jpg").write_bytes(damage)
        with pytest.raises(RunError, match=r"000002\.jpg: is damaged"):
            read_crops(out, "a")
    (out / "crops.json").write_text("{")
    with pytest.raises(RunError, match=r"crops\.json: is damaged"):
        write_crops(recordings, make_locator("precropped"), out, size=32)


def test_the_settings_file_tells_how_the_crops_were_made(recordings, tmp_path):
    write_crops(recordings[:1], make_locator("precropped"), tmp_path / "out", size=32)
    settings = json.loads((tmp_path / "out" / folder_module.SETTINGS).read_text())
    assert settings["locator"] == {"name": "precropped"}
    assert (settings["size"], settings["margin"], settings["jpeg_quality"]) == (32, 0.0, 95)


def test_a_damaged_video_says_so(make_video, tmp_path):
    noise = np.random.default_rng(5).integers(0, 256, (60, 64, 64, 3), dtype=np.uint8)
    video = make_video(tmp_path / "cut.mkv", noise)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    one = Recording(id="cut", subject="s", label=None, split=None, video=video)
    status = write_crops([one], make_locator("precropped"), tmp_path / "out", size=32)
    assert status.loc[0, "status"] == "done"
    assert 0 < status.loc[0, "frames"] < 60
    assert status.loc[0, "damage"]
