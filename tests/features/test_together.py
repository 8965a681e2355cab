"""Processes with the same list: each recording is extracted once, and the dead are replaced."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from painscope.files import CLAIMS, Claims, remove_abandoned

pytest.importorskip("fcntl", reason="there are no locks here")

SCRIPT = Path(__file__).with_name("together.py")


def start(folder: Path, store: str, name: str, processes: int, *words: str) -> subprocess.Popen:
    call = [SCRIPT, folder, folder / store, name, processes, *words]
    return subprocess.Popen([sys.executable, *map(str, call)])


def begun(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.txt").read_text().split()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("extractor", ["means", pytest.param("network", marks=pytest.mark.slow)])
def test_two_at_once_do_nothing_twice(
    tmp_path: Path, make_video: Callable[..., Path], extractor: str
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
    assert files(tmp_path / "store") == files(tmp_path / "alone")


def test_who_dies_is_replaced(tmp_path: Path, make_video: Callable[..., Path]) -> None:
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
    assert files(tmp_path / "store") == files(tmp_path / "alone")


def test_a_claim_holds_off_others_until_it_ends(tmp_path: Path) -> None:
    with Claims(tmp_path / "new") as one, Claims(tmp_path / "new") as other:
        assert one.take("a")
        assert one.take("a"), "it is one's own"
        assert not other.take("a")
        remove_abandoned(tmp_path / "new")
        assert not other.take("a")
        one.release("a")
        assert other.take("a")
        assert not one.take("a")
        assert one.take("b")
    assert not list((tmp_path / "new").iterdir())


def test_claims_of_the_dead_are_free_and_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.tmp").touch()
    (tmp_path / ".b.tmp").touch()
    with Claims(tmp_path) as claims:
        assert claims.take("a")
        remove_abandoned(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [".a.tmp"]


def test_files_held_open_stay_few(tmp_path: Path) -> None:
    with Claims(tmp_path) as claims:
        assert all(claims.take(str(k)) for k in range(CLAIMS + 10))
        assert len(list(tmp_path.iterdir())) == CLAIMS
        claims.release(str(CLAIMS + 5))
