"""Killed at any moment, an extraction goes on where it was and ends with the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("interrupted.py")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
@pytest.mark.parametrize("extractor", ["means", pytest.param("network", marks=pytest.mark.slow)])
def test_killed_at_twenty_moments(
    tmp_path: Path, make_video: Callable[..., Path], extractor: str
) -> None:
    for k in range(24):
        make_video(tmp_path / "videos" / f"r{k:02d}.mp4", 20 + 3 * k)
    call = [sys.executable, str(SCRIPT), str(tmp_path), "20", "1", extractor]
    told = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    assert told["again"] == 0, "what was done is not done again"
    assert told["done"][0] < 24, "the first kill came in time"
    whole = files(tmp_path / "whole")
    assert len(whole) == 2 * 24 + 2
    assert files(tmp_path / "store") == whole
