"""Writing files so that none is ever half there."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed by others
    fcntl = None  # type: ignore[assignment]

from painscope.errors import StorageError

__all__ = ["atomic_path", "remove_abandoned", "storage_errors", "write_text"]


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission into a `StorageError` that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                "the disk is full", path=path, hint="Free some space and start again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError("no permission to write here", path=path) from error
        raise


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; what is written there becomes `path` at the end.

    The file is synced before it is renamed, so after a crash `path` is either the old
    file or the whole new one. On an error the temporary file is removed.

    Parameters
    ----------
    path : Path
        Where the file shall be. Missing parent folders are made.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp{path.suffix}")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "xb") as file:
                _lock(file)  # says to `remove_abandoned` that its writer lives
                yield temporary
                with open(temporary, "rb+") as written:
                    os.fsync(written.fileno())
                if fcntl is not None:
                    os.replace(temporary, path)
            if fcntl is None:  # Windows renames no open file
                os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of `atomic_path` whose process was killed.

    Files that a living process is writing are left alone, its own and others'.
    """
    for temporary in folder.glob(".*.tmp*"):
        with suppress(OSError), open(temporary, "rb") as file:
            if _lock(file):
                temporary.unlink()


def _lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; return False if somebody else has locked it."""
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # or the file system knows no locks
            return False
    return True


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
