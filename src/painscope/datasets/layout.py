"""Looking into dataset folders: by name without regard to case, past the system's own files."""

from __future__ import annotations

import re
from pathlib import Path

from painscope.errors import DatasetError

__all__ = ["child", "entries", "natural_key", "safe_id", "words"]

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}


def entries(folder: Path) -> list[Path]:
    """Return a folder's entries in order of name, without hidden and system files."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"cannot be read ({error.strerror})", path=folder) from None
    return [p for p in found if not p.name.startswith(".") and p.name.lower() not in _SYSTEM_FILES]


def child(folder: Path, name: str) -> Path | None:
    """Return the entry of that name, without regard to case; None if there is none."""
    found = [path for path in entries(folder) if path.name.lower() == name.lower()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DatasetError(f"holds both {names}", path=folder, hint="Keep one of them.")
    return found[0] if found else None


def natural_key(text: str) -> tuple[tuple[tuple[int, int | str], ...], str]:
    """Return a sorting key in which ``"9"`` comes before ``"10"``, and no two texts are equal."""
    parts = re.findall(r"\d+|\D+", text)
    numbers = tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)
    return numbers, text  # "7" and "007" differ in their text alone


def safe_id(text: str) -> str:
    """Return `text` with what a recording's id may not hold turned into ``_``."""
    return re.sub(r"[^\w.\-+=@]", "_", text)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text: long lists of people stay readable in the source."""
    return tuple(text.split())
