"""Read NAME=VALUE pairs of the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from painscope.errors import UsageError
from painscope.files import whole_path
from painscope.values import read_pair

__all__ = ["data_folders", "options"]


def data_folders(pairs: Iterable[str]) -> dict[str, Path]:
    """Read ``NAME=DIR`` pairs."""
    folders = {}
    for pair in pairs:
        name, equals, folder = pair.partition("=")
        if not equals or not name or not folder:
            raise UsageError(
                f"--data {pair!r} is not NAME=DIR", hint="Try --data ai4pain-2024=DIR."
            )
        folders[name] = whole_path(folder)
    return folders


def options(pairs: Iterable[str], taken: Collection[str] = ("name", "root")) -> dict[str, Any]:
    """Read ``KEY=VALUE`` pairs; values are YAML, so that ``5`` is a number.

    Parameters
    ----------
    pairs : iterable of str
    taken : collection of str
        What the call says in another way.

    Raises
    ------
    UsageError
        If a pair is none, its key is taken, or its value is no YAML.
    """
    chosen = {}
    for pair in pairs:
        key, value = read_pair(pair, "--option")
        if key in taken:
            raise UsageError(
                f"--option {key} is none of the options",
                hint="See --help: the call says it in another way.",
            )
        chosen[key] = value
    return chosen
