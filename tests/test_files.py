from __future__ import annotations

import errno
from importlib.util import find_spec
from pathlib import Path

import pytest

from painscope.errors import StorageError, UsageError
from painscope.files import CLAIMS, Claims, atomic_path, folder_at, remove_abandoned, write_text

locks = pytest.mark.skipif(find_spec("fcntl") is None, reason="there are no locks here")


def test_a_file_appears_whole_in_a_new_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "a.txt", "pain é")
    assert (tmp_path / "new" / "a.txt").read_text(encoding="utf-8") == "pain é"
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")

    def write_half() -> None:
        with atomic_path(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise KeyError("on the way")

    with pytest.raises(KeyError):
        write_half()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_a_storage_error_in_one_line(tmp_path: Path) -> None:
    refused = pytest.raises(StorageError, match=r"a\.txt: the disk is full")
    with refused, atomic_path(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_folders_and_addresses(tmp_path: Path) -> None:
    assert folder_at("a/b") == Path("a/b").absolute()
    assert folder_at("run:1") == Path("run:1").absolute()  # by its first part alone an address
    assert folder_at("~/features") == Path.home() / "features"
    assert folder_at(tmp_path) == tmp_path
    assert folder_at(f"file://{tmp_path}") == tmp_path
    pytest.importorskip("upath", reason='pip install "painscope[cluster]"')
    with pytest.raises(UsageError, match="nonsense://bucket"):
        folder_at("nonsense://bucket")
    path = folder_at(f"memory://{tmp_path}") / "new" / "a.txt"
    write_text(path, "pain é")
    assert path.read_text(encoding="utf-8") == "pain é"


def test_a_file_that_cannot_be_sent_is_a_storage_error(tmp_path: Path) -> None:
    pytest.importorskip("upath", reason='pip install "painscope[cluster]"')
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"a\.txt: could not be written"):
        write_text(folder_at(f"local://{tmp_path}/file") / "a.txt", "under a file, not a folder")


@locks
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


@locks
def test_claims_of_the_dead_are_free_and_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.tmp").touch()
    (tmp_path / ".b.tmp").touch()
    with Claims(tmp_path) as claims:
        assert claims.take("a")
        remove_abandoned(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [".a.tmp"]


@locks
def test_files_held_open_stay_few(tmp_path: Path) -> None:
    with Claims(tmp_path) as claims:
        assert all(claims.take(str(k)) for k in range(CLAIMS + 10))
        assert len(list(tmp_path.iterdir())) == CLAIMS
        claims.release(str(CLAIMS + 5))
