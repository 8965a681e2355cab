"""Read NAME=VALUE pairs of the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import yaml

from painscope.errors import UsageError
from painscope.files import whole_path

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
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--option {pair!r} is not KEY=VALUE")
        if key in taken:
            raise UsageError(
                f"--option {key} is none of the options",
                hint="See --help: the call says it in another way.",
            )
        try:
            chosen[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise UsageError(f"--option {key}: {value!r} is not a value") from None
    return chosen
