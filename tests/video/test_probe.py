"""probe: the facts of a video, and one line about what is none."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from painscope.errors import VideoError
from painscope.video import FrameReader, VideoInfo, probe


def test_facts(steady, tmp_path, write_video):
    path = write_video(tmp_path / "clip.mp4", steady(50, 25))
    info = probe(path)
    assert info == VideoInfo(80, 48, 25.0, pytest.approx(2.0), "h264")


def test_size_after_rotation(steady, tmp_path, write_video):
    path = write_video(tmp_path / "clip.mp4", steady(5, 25), rotation=(90, False))
    info = probe(path)
    assert (info.width, info.height) == (48, 80)


def test_odd_names(steady, tmp_path, write_video):
    path = write_video(tmp_path / "clip.mp4", steady(5, 25))
    for name in ("S010_[0] 20s.mp4", "http:x.mp4", "a%03d.mp4", "Schmerz ä.mp4"):
        assert probe(path.rename(path.with_name(name))).codec == "h264"
        path = path.with_name(name)


def silent_sound(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack("<h", 0) * 8000)


def sound_with_cover(path: Path) -> None:
    """An audio file whose only pictures are its cover."""
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=8000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        container.mux(cover.encode(image.reformat(format="yuvj420p")))
        container.mux(cover.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        frame.rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def test_missing(tmp_path):
    check(tmp_path / "clip.mp4", "there is no such file")


def test_folder(tmp_path):
    check(tmp_path, "this is a folder without pictures, not a video")


def test_empty(tmp_path):
    (tmp_path / "clip.mp4").touch()
    check(tmp_path / "clip.mp4", "the file is empty")


@pytest.mark.parametrize("name", ["clip.mp4", "clip.avi", "clip.mkv"])
def test_not_a_video(tmp_path, name):
    (tmp_path / name).write_bytes(b"this is no video\n" * 500)
    check(tmp_path / name, "not a video, or damaged beyond reading")


def test_text(tmp_path):
    (tmp_path / "notes.txt").write_text("no video\n" * 50)
    check(tmp_path / "notes.txt", "this is a text file, not a video")


def test_sound_only(tmp_path):
    silent_sound(tmp_path / "clip.wav")
    check(tmp_path / "clip.wav", "the file holds no pictures, only sound")


def test_sound_with_a_cover(tmp_path):
    sound_with_cover(tmp_path / "clip.m4a")
    check(tmp_path / "clip.m4a", "the file holds no pictures, only sound")


def test_the_index_cut_off(steady, tmp_path, write_video):
    path = write_video(tmp_path / "clip.mp4", steady(50, 25))
    path.write_bytes(path.read_bytes()[:-200])
    check(path, "not a video, or damaged beyond reading")


def test_nothing_decodable(steady, tmp_path, write_video):
    options = {"movflags": "faststart"}
    path = write_video(tmp_path / "clip.mp4", steady(50, 25), container_options=options)
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    path.write_bytes(data[:start] + bytes(len(data) - start))
    check(path, "no picture could be decoded")


def check(path: Path, reason: str) -> None:
    """Both ways in give the same one line that names the file."""
    for look in (probe, lambda path: list(FrameReader(path))):
        with pytest.raises(VideoError) as caught:
            look(path)
        line = str(caught.value)
        assert line.startswith(f"{path}: {reason}")
        assert "\n" not in line
