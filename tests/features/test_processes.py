"""Several processes, and killed ones: every recording once, and the same bytes in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

INTERRUPTED = Path(__file__).with_name("interrupted.py")
TOGETHER = Path(__file__).with_name("together.py")
locks = pytest.mark.skipif(find_spec("fcntl") is None, reason="there are no locks here")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
@pytest.mark.parametrize("extractor", ["means", pytest.param("network", marks=pytest.mark.slow)])
def test_killed_at_twenty_moments(
    contents, tmp_path: Path, make_video: Callable[..., Path], extractor: str
) -> None:
    for k in range(24):
        make_video(tmp_path / "videos" / f"r{k:02d}.mp4", 20 + 3 * k)
    call = [sys.executable, str(INTERRUPTED), str(tmp_path), "20", "1", extractor]
    told = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    assert told["again"] == 0, "what was done is not done again"
    assert told["done"][0] < 24, "the first kill came in time"
    whole = contents(tmp_path / "whole")
    assert len(whole) == 2 * 24 + 2
    assert contents(tmp_path / "store") == whole


def start(folder: Path, store: str, name: str, processes: int, *words: str) -> subprocess.Popen:
    call = [TOGETHER, folder, folder / store, name, processes, *words]
    return subprocess.Popen([sys.executable, *map(str, call)])


def begun(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.txt").read_text().split()


@locks
@pytest.mark.parametrize("extractor", ["means", pytest.param("network", marks=pytest.mark.slow)])
def test_two_at_once_do_nothing_twice(
    contents, tmp_path: Path, make_video: Callable[..., Path], extractor: str
) -> None:
    names = [f"r{k:02d}" for k in range(20)]
    for k, name in enumerate(names):
        make_video(tmp_path / "videos" / f"{name}.mp4", 20 + 5 * (k % 4))
    both = [start(tmp_path, "store", name, 2, extractor) for name in ("first", "second")]
    assert [process.wait() for process in both] == [0, 0]
    first, second = begun(tmp_path, "first"), begun(tmp_path, "second")
    assert sorted(first + second) == names
    assert first
    assert second
    assert start(tmp_path, "alone", "first", 2, extractor).wait() == 0
    assert contents(tmp_path / "store") == contents(tmp_path / "alone")


@locks
def test_who_dies_is_replaced(contents, tmp_path: Path, make_video: Callable[..., Path]) -> None:
    names = [f"r{k}" for k in range(6)]
    for name in names:
        make_video(tmp_path / "videos" / f"{name}.mp4", 20)
    doomed, other = (
        start(tmp_path, "store", "doomed", 2, "stuck"),
        start(tmp_path, "store", "other", 2),
    )
    try:
        give_up = time.monotonic() + 240
        features = "store/*/features/[!.]*.parquet"
        while not (tmp_path / "stuck").exists() or len(list(tmp_path.glob(features))) < 4:
            assert time.monotonic() < give_up
            assert doomed.poll() is other.poll() is None, "one waits for the other"
            time.sleep(0.02)
        waited, held = begun(tmp_path, "other"), begun(tmp_path, "doomed")
    finally:
        doomed.kill()
        doomed.wait()
    assert other.wait() == 0
    assert sorted(waited + held) == names
    assert sorted(begun(tmp_path, "other")) == names, "what the dead one held, and nothing twice"
    assert start(tmp_path, "alone", "other", 2).wait() == 0
    assert contents(tmp_path / "store") == contents(tmp_path / "alone")
