"""Where painscope keeps what it downloads, and where it looks for shared files."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["home", "model_folders"]


def home() -> Path:
    """Return painscope's own folder: ``$PAINSCOPE_HOME``, or the platform's cache folder.

    On Linux the default is ``~/.cache/painscope``. The folder need not exist.
    """
    named = os.environ.get("PAINSCOPE_HOME")
    if named:
        return Path(os.path.expanduser(named))
    from pooch import os_cache

    return Path(os_cache("painscope"))


def model_folders() -> tuple[Path, ...]:
    """Return the folders where model files may lie, in the order they are searched."""
    assets = os.environ.get("PAINSCOPE_ASSETS")
    folders = [home() / "models"]
    if assets:
        folders.append(Path(os.path.expanduser(assets)) / "models")
    return tuple(folders)
