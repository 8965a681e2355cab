"""Damaged files: what can be decoded comes, and the reader says what could not."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from painscope.video import FrameReader

TIMES = [Fraction(k, 30) for k in range(150)]
FRONT = {"movflags": "faststart"}  # the index before the pictures, as recorders of long films do


def whole(tmp_path: Path, write_video, picture, suffix: str) -> Path:
    """Five seconds in which the index is small beside the pictures, thanks to some noise."""
    rng = np.random.default_rng(0)
    images = [picture(index) for index in range(len(TIMES))]
    for image in images:
        image[-16:] = rng.integers(0, 256, (16, *image.shape[1:]), np.uint8)
    options = FRONT if suffix == ".mp4" else {}
    return write_video(
        tmp_path / f"whole{suffix}", TIMES, images=images, container_options=options, g="30"
    )


def scrambled(path: Path, first: float, last: float) -> Path:
    """A copy whose bytes between two shares of its length are noise."""
    data = bytearray(path.read_bytes())
    part = slice(int(first * len(data)), int(last * len(data)))
    noise = np.random.default_rng(1).integers(0, 256, len(data[part]), np.uint8)
    data[part] = noise.tobytes()
    copy = path.with_name(f"scrambled{path.suffix}")
    copy.write_bytes(data)
    return copy


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_tail_cut_off(tmp_path, write_video, picture, read_indices, suffix):
    path = whole(tmp_path, write_video, picture, suffix)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    frames = FrameReader(cut)
    shown = read_indices(frames)
    assert 20 < len(shown) < 130
    assert shown[:-3] == list(range(len(shown) - 3))  # the last may lack its neighbours
    assert frames.damage is not None
    assert f"the pictures end at {len(shown) / 30:.2f} s of 5.00 s" in frames.damage


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_damage_in_the_middle_does_not_end_the_clip(
    tmp_path, write_video, picture, read_indices, suffix
):
    path = scrambled(whole(tmp_path, write_video, picture, suffix), 0.5, 0.6)
    frames = FrameReader(path)
    shown = read_indices(frames)
    assert shown[:50] == list(range(50))
    if suffix != ".avi":  # counted, not timed: what is lost is missing
        assert len(shown) == 150
        assert shown[-20:] == list(range(130, 150))
    assert frames.damage is not None
    assert re.search(r"skipped|no pictures for 0\.\d+ s|the pictures end at", frames.damage)
    damage = frames.damage
    assert read_indices(frames) == shown  # the same again
    assert frames.damage == damage


def test_damage_outside_the_clip_is_not_its_own(tmp_path, write_video, picture, read_indices):
    path = scrambled(whole(tmp_path, write_video, picture, ".mp4"), 0.5, 0.55)
    frames = FrameReader(path, stop_s=1.0)
    assert read_indices(frames) == list(range(30))
    assert frames.damage is None


def test_an_end_before_the_stop_is_said(tmp_path, write_video, picture, read_indices):
    frames = FrameReader(whole(tmp_path, write_video, picture, ".mp4"), stop_s=8.0)
    assert len(read_indices(frames)) == 150
    assert frames.damage == "the pictures end at 5.00 s, before 8.00 s"


def test_times_that_run_backwards_are_skipped(tmp_path, write_video, read_indices):
    path = write_video(tmp_path / "once.ts", TIMES[:50])
    twice = tmp_path / "twice.ts"
    twice.write_bytes(path.read_bytes() * 2)
    frames = FrameReader(twice)
    shown = read_indices(frames)
    assert shown[:50] == list(range(50))
    assert frames.damage is not None
    assert "with a damaged time skipped" in frames.damage
