from __future__ import annotations

import errno
from pathlib import Path

import pytest

from painscope.errors import StorageError, UsageError
from painscope.files import atomic_path, folder_at, write_text


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
    assert folder_at("a/b") == Path("a/b")
    assert folder_at(tmp_path) is tmp_path
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
