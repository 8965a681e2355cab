"""FrameReader against the definition: frame k is what was on display at start_s + k / rate."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from math import floor
from pathlib import Path

import av
import numpy as np
import pytest

from painscope.errors import UsageError, VideoError
from painscope.video import FrameReader, reader

NTSC = Fraction(30000, 1001)


def on_display(times_s, end_s, rate, start_s=0.0, stop_s=float("inf")) -> list[int]:
    """The definition, in the plainest words."""
    times = np.array([float(t) for t in times_s]) - float(times_s[0])
    end_s = min(float(end_s) - float(times_s[0]), stop_s)
    count = max(1, floor((end_s + 0.0012 - start_s) * rate + 0.5))
    moments = start_s + np.arange(count) / rate
    return [int(np.flatnonzero(times <= moment + 0.0006)[-1]) for moment in moments]


@pytest.mark.parametrize(
    ("count", "file_rate", "frames"),
    [(300, 30, 300), (300, NTSC, 300), (138, 25, 166), (120, 24, 150), (240, 60, 120), (7, 120, 2)],
)
def test_count_of_frames_follows_the_length(
    steady, tmp_path, write_video, read_indices, count, file_rate, frames
):
    times = steady(count, file_rate)
    path = write_video(tmp_path / "clip.mp4", times)
    shown = read_indices(FrameReader(path))
    assert len(shown) == frames
    assert shown == on_display(times, count / file_rate, 30)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mov"])
@pytest.mark.parametrize("file_rate", [24, 25, NTSC, 30, 50, 60])
def test_every_rate_in_every_container(
    steady, tmp_path, write_video, read_indices, file_rate, suffix
):
    times = steady(70, file_rate)
    path = write_video(tmp_path / f"clip{suffix}", times)
    if suffix == ".mkv":
        times = [floor(t * 1000 + 0.5) / 1000 for t in times]  # its clock ticks in milliseconds
    for rate in (30, 25, 7.5):
        shown = read_indices(FrameReader(path, rate=rate))
        assert shown == on_display(times, 70 / file_rate, rate), rate


def test_a_file_at_the_asked_rate_comes_through_picture_by_picture(
    steady, tmp_path, write_video, read_indices
):
    # Matroska rounds times to milliseconds: 33, 67, 100 ms must not judder.
    path = write_video(tmp_path / "clip.mkv", steady(90, 30))
    assert read_indices(FrameReader(path)) == list(range(90))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_variable_rate(tmp_path, write_video, read_indices, seed, suffix):
    rng = np.random.default_rng(seed)
    steps = rng.choice([4, 17, 33, 40, 100, 700], size=80, p=[0.2, 0.2, 0.2, 0.2, 0.18, 0.02])
    milliseconds = np.concatenate([[0], np.cumsum(steps)])
    times = [Fraction(int(ms), 1000) for ms in milliseconds]
    path = write_video(tmp_path / f"clip{suffix}", times)
    with av.open(str(path)) as container:
        last = list(container.decode(video=0))[-1]
        end_s = float((last.pts + last.duration) * last.time_base)
    rate = float(rng.choice([10, 25, 30, 60]))
    assert read_indices(FrameReader(path, rate=rate)) == on_display(times, end_s, rate)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_time_counts_from_the_first_picture(steady, tmp_path, write_video, read_indices, suffix):
    times = [Fraction(5, 2) + t for t in steady(60, 25)]
    path = write_video(tmp_path / f"clip{suffix}", times)
    assert read_indices(FrameReader(path)) == on_display(times, Fraction(5, 2) + 60 / 25, 30)
    part = FrameReader(path, start_s=1.0, stop_s=2.0)
    assert read_indices(part) == on_display(times, times[-1] + 1, 30, 1.0, 2.0)


@pytest.mark.parametrize(
    ("name", "codec"), [("h264.avi", "libx264"), ("mpeg4.avi", "mpeg4"), ("bare.h264", "libx264")]
)
def test_files_without_times_of_display_are_counted(
    steady, tmp_path, write_video, read_indices, name, codec
):
    times = steady(60, 25)
    path = write_video(tmp_path / name, times, codec=codec, tick=Fraction(1, 25))
    assert read_indices(FrameReader(path)) == on_display(times, 60 / 25, 30)
    part = FrameReader(path, start_s=0.8, stop_s=1.6)
    assert read_indices(part) == on_display(times, 60 / 25, 30, 0.8, 1.6)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize(
    ("start_s", "stop_s"), [(None, 0.5), (0.4, None), (1.0, 2.0), (2.31, 2.9), (3.95, 4.0)]
)
def test_a_part_of_the_video(steady, tmp_path, write_video, read_indices, suffix, start_s, stop_s):
    times = steady(100, 25)
    path = write_video(tmp_path / f"clip{suffix}", times, g="20", sc_threshold="0")
    part = FrameReader(path, start_s=start_s, stop_s=stop_s)
    expected = on_display(times, 4, 30, start_s or 0.0, stop_s or 4.0)
    assert read_indices(part) == expected
    assert part.damage is None
    assert next(iter(part)).time_s[0] == 0.0


def test_less_than_half_a_frame_is_one_frame(steady, tmp_path, write_video, read_indices):
    path = write_video(tmp_path / "clip.mp4", steady(60, 30))
    for start_s, rate in ((1.0, 30), (0.0, 30), (1.5, 5)):
        part = FrameReader(path, rate=rate, start_s=start_s, stop_s=start_s + 0.01)
        assert read_indices(part) == [round(30 * start_s)]
        assert part.damage is None


def test_open_groups_of_pictures_are_not_damage(steady, tmp_path, write_video, read_indices):
    times = steady(100, 25)
    options = {"x264-params": "open-gop=1:keyint=20:bframes=3:scenecut=0"}
    path = write_video(tmp_path / "clip.mkv", times, **options)
    part = FrameReader(path, start_s=1.63, stop_s=3.0)
    assert read_indices(part) == on_display(times, 4, 30, 1.63, 3.0)
    assert part.damage is None


def test_batches(steady, tmp_path, write_video):
    path = write_video(tmp_path / "clip.mp4", steady(50, 30))
    frames = FrameReader(path, batch_size=16)
    batches = list(frames)
    assert [len(batch) for batch in batches] == [16, 16, 16, 2]
    assert batches[0].images.shape == (16, 48, 80, 3)
    assert batches[0].images.dtype == np.uint8
    np.testing.assert_array_equal(np.concatenate([b.time_s for b in batches]), np.arange(50) / 30)
    again = list(frames)
    assert all((a.images == b.images).all() for a, b in zip(batches, again, strict=True))


def test_large_pictures_come_in_smaller_batches(steady, tmp_path, write_video, monkeypatch):
    path = write_video(tmp_path / "clip.mp4", steady(10, 30))
    monkeypatch.setattr(reader, "BATCH_BYTES", 4 * 80 * 48 * 3 + 1)
    assert [len(batch) for batch in FrameReader(path)] == [4, 4, 2]


def test_memory_does_not_grow_with_length(steady, tmp_path, write_video):
    def peak(count: int) -> int:
        path = write_video(tmp_path / f"{count}.mp4", steady(count, 30), preset="ultrafast")
        tracemalloc.start()
        for _ in FrameReader(path, batch_size=8):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(900) < 1.1 * peak(90)


def test_a_single_picture_is_a_frame(tmp_path):
    av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24").save(
        str(tmp_path / "still.png")
    )
    assert [len(batch) for batch in FrameReader(tmp_path / "still.png", rate=5)] == [1]


@pytest.mark.parametrize(
    ("degrees", "mirrored"), [(d, m) for d in (0, 90, 180, 270) for m in (0, 1)]
)
def test_pictures_come_upright(steady, tmp_path, write_video, degrees, mirrored):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255, 0, 0
    stored[:24, 32:] = 0, 255, 0
    stored[24:, :32] = 0, 0, 255
    rotation = None if (degrees, mirrored) == (0, 0) else (degrees, bool(mirrored))
    path = write_video(
        tmp_path / "clip.mp4", steady(3, 30), size=(64, 48), images=[stored] * 3, rotation=rotation
    )
    upright = np.rot90(stored, degrees // 90)  # counter-clockwise, then the mirror
    upright = upright[:, ::-1] if mirrored else upright
    image = next(iter(FrameReader(path))).images[0]
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 12


def test_a_change_of_size_keeps_the_first(steady, tmp_path, write_video, read_indices):
    small = write_video(tmp_path / "small.ts", steady(25, 25), bf="0")
    times = [1 + t for t in steady(25, 25)]
    large = write_video(tmp_path / "large.ts", times, size=(160, 96), bf="0")
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    assert read_indices(FrameReader(both, rate=25)) == [*range(25), *range(25)]


@pytest.mark.parametrize(
    "settings",
    [
        {"rate": 0},
        {"rate": float("nan")},
        {"batch_size": 0},
        {"start_s": -1},
        {"start_s": 2, "stop_s": 2},
        {"start_s": float("nan")},
    ],
)
def test_impossible_settings(settings):
    with pytest.raises(UsageError):
        FrameReader("clip.mp4", **settings)


def test_a_start_beyond_the_end(steady, tmp_path, write_video):
    path = write_video(tmp_path / "clip.mp4", steady(50, 25))
    with pytest.raises(VideoError, match=r"clip\.mp4: .* start at 7 s.* end at 2\.00 s"):
        list(FrameReader(path, start_s=7))


def test_real_videos(assets: Path):
    counts = {
        "expressions_pexels.mp4": 591,
        "face_then_none.mov": 192,
        "no_face.mp4": 120,
        "single_face.mp4": 72,
        "small_face.mkv": 65,
        "two_faces.mp4": 134,
    }
    for name, count in counts.items():
        frames = FrameReader(assets / "videos" / name)
        assert sum(len(batch) for batch in frames) == count, name
        assert frames.damage is None, name


def test_a_part_of_a_real_video_is_that_part_of_the_whole(assets: Path):
    path = assets / "videos" / "face_then_none.mov"  # HEVC at a varying rate
    whole = [image for batch in FrameReader(path) for image in batch.images]
    part = [image for batch in FrameReader(path, start_s=3.0, stop_s=5.0) for image in batch.images]
    assert len(part) == 60
    assert all((a == b).all() for a, b in zip(whole[90:150], part, strict=True))
