"""The few errors a user can meet: one line each, naming the thing and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

__all__ = [
    "CheckpointError",
    "DatasetError",
    "ExplanationError",
    "LeakageError",
    "PainscopeError",
    "RunError",
    "StorageError",
    "UsageError",
    "VideoError",
    "did_you_mean",
]


class PainscopeError(Exception):
    """A problem the user can act on, said in one line.

    Parameters
    ----------
    what : str
        What is wrong, without a final full stop.
    path : path-like, optional
        The file or folder it is about; it opens the line.
    hint : str, optional
        What the user can do about it; it closes the line.
    """

    exit_status = 1

    def __init__(self, what: str, *, path: Path | str | None = None, hint: str = "") -> None:
        self.what, self.path, self.hint = what, path, hint
        line = f"{path}: {what}" if path is not None else what
        super().__init__(" ".join(f"{line}. {hint}".split()) if hint else " ".join(line.split()))


class UsageError(PainscopeError):
    """The call itself was wrong: an unknown name, an impossible setting."""

    exit_status = 2


class DatasetError(PainscopeError):
    """A dataset's folder, table or labels are not what its adapter expects."""


class VideoError(PainscopeError):
    """A video cannot be read at all."""


class CheckpointError(PainscopeError):
    """A weights file is of another architecture, damaged, or not safe to load."""


class ExplanationError(PainscopeError):
    """A network cannot be explained: a layer has no rule, or relevance is not conserved."""


class LeakageError(PainscopeError):
    """A person would be on both sides of a split."""


class StorageError(PainscopeError):
    """Something could not be written: a full disk, a missing permission."""


class RunError(PainscopeError):
    """A run folder is missing, incomplete or of another version."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the hint for an unknown word: those that are like it, or else all that there are.

    >>> did_you_mean("lstn", ["ann-vote", "lstm"])
    'Did you mean lstm?'
    >>> did_you_mean("oracle", ["ann-vote", "lstm"])
    'There are: ann-vote, lstm.'
    """
    names = list(known)
    close = get_close_matches(word.lower(), names)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"There are: {', '.join(names) or 'none'}."
