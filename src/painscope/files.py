"""Writing files so that none is ever half there."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed by others
    fcntl = None  # type: ignore[assignment]

from painscope.errors import StorageError, UsageError

__all__ = [
    "Claims",
    "atomic_folder",
    "atomic_path",
    "folder_at",
    "memory",
    "remove_abandoned",
    "storage_errors",
    "whole_path",
    "write_bytes",
    "write_text",
]

#: Claims that a process holds at most: each is an open file, and of those it has few.
CLAIMS = 256
#: How often who waits for another process looks whether it is done, in seconds.
LOOK_S = 0.1


def whole_path(path: Path | str) -> Path:
    """Return `path` from the root on, ``~`` written out: as it is where nobody has that name."""
    return Path(os.path.expanduser(path)).absolute()


def folder_at(address: Path | str) -> Path:
    """Return the folder at `address`: a path, or an address of any fsspec file system.

    Parameters
    ----------
    address : path-like
        Such as ``features``, ``file:///data/features`` or ``s3://bucket/features``.

    Returns
    -------
    Path
        Or universal_pathlib's ``UPath``, which has a path's methods; `atomic_path`,
        `remove_abandoned` and `write_text` take both.

    Raises
    ------
    UsageError
        If the file system is unknown, or what it needs is not installed.
    """
    protocol, found, rest = str(address).partition("://")
    if not found or not isinstance(address, str):
        return address if found else whole_path(address)  # type: ignore[return-value]
    if protocol == "file":
        return Path(rest)
    try:
        from upath import UPath

        folder = UPath(address)
        folder.fs  # noqa: B018 - made now, so that what is missing is missed now
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{address}: {error}",
            hint='Install "painscope[cluster]", and what fsspec needs for this file system.',
        ) from None
    return folder  # type: ignore[return-value]


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

    On another file system (`folder_at`) it is written here and then sent in one piece.
    Object stores take a piece whole or not at all; of others a crash may leave half a file.

    Parameters
    ----------
    path : Path
        Where the file shall be. Missing parent folders are made.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written.
    """
    if not isinstance(path, Path):
        with TemporaryDirectory() as folder:
            yield (written := Path(folder) / path.name)
            _send(written, path)
        return
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


def _send(file: Path, path: Any) -> None:
    """Send a file to another file system."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.fs.put_file(str(file), path.path)
    except Exception as error:  # every file system has its own
        raise StorageError(f"could not be written: {error}", path=path) from error


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`; it becomes `path` at the end.

    For many small files of which none makes sense without the others. What was at `path` is
    replaced. What a killed process left goes at the next call, and so does what is left by an
    error; another process that makes the same folder is waited for.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    with Claims(path.parent) as claims, storage_errors(path):
        claims.wait([unfinished.name.lstrip(".")])
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            yield unfinished
            shutil.rmtree(path, ignore_errors=True)
            os.replace(unfinished, path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of `atomic_path` and `Claims` whose process was killed.

    Those of a living process are left alone, its own and others'.
    """
    if not isinstance(folder, Path):
        return  # nothing half-written lies there
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


class Claims:
    """Pieces of work in a folder that this process does, so that others leave them to it.

    A claim is a locked file in the folder. It ends with the block or with its process,
    however that ends. Where there are no locks (another file system than this machine's, or
    one that knows none, or Windows) everybody gets every claim, and so does who has
    `CLAIMS` already: at worst two do the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, IO[bytes]] = {}

    def take(self, name: str) -> bool:
        """Claim a piece of work; return False if another living process has it."""
        if name in self._held or len(self._held) >= CLAIMS:
            return True
        if fcntl is None or not isinstance(self._folder, Path):
            return True
        path = self._folder / f".{name}.tmp"  # `remove_abandoned` looks for such names
        with storage_errors(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            while True:
                file = open(path, "ab")  # noqa: SIM115 - open until it is released
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    file.close()
                    return False
                except OSError:  # the file system knows no locks
                    file.close()
                    path.unlink(missing_ok=True)
                    return True
                if _is_at(file, path):
                    self._held[name] = file
                    return True
                file.close()  # whoever had it has just removed it: it would hold nobody off

    def wait(self, names: Sequence[str]) -> None:
        """Return, with a claim, as soon as another process is done with one of these, or dead."""
        while not any(self.take(name) for name in names):
            time.sleep(LOOK_S)

    def release(self, name: str) -> None:
        """Leave a piece of work to others; it may never have been claimed."""
        if file := self._held.pop(name, None):
            Path(file.name).unlink(missing_ok=True)  # first, while nobody else has the lock
            file.close()

    def __enter__(self) -> Claims:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._held):
            self.release(name)


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is the one that `path` names now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def memory() -> int | None:
    """Return how many bytes of memory the machine has; None where it does not say (Windows)."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
