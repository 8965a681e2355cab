"""Where a dataset's features and faces are kept: no two trees in one folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from painscope.datasets import Dataset
from painscope.errors import StorageError
from painscope.files import Claims, folder_at, write_text

__all__ = ["tree_folder"]


def tree_folder(root: Path | str, dataset: Dataset) -> Path:
    """Return the folder of a dataset below `root`: that of its name, unless it is another tree's.

    Ids alone tell no two trees apart: virtual people have those of the real ones, and so may two
    manifests. So the first tree leaves its mark there, and any other gets a folder beside it; but
    where the mark names a place that is gone, or of another machine, the tree is taken to have
    moved, and the mark with it.

    Parameters
    ----------
    root : path-like
        A folder, or an fsspec address.
    dataset : Dataset

    Raises
    ------
    StorageError
        If the folder cannot be written, or its mark is damaged.
    """
    folder = folder_at(root) / dataset.name
    mark = folder / "tree.json"
    if mark.exists() and _read(mark) == dataset.tree:
        return folder
    with Claims(folder) as claims:
        claims.wait(["tree"])  # of two that come at once one is the first, or the one that moved
        place, virtual = there = _read(mark) if mark.exists() else dataset.tree
        moved = virtual == dataset.virtual and not Path(place).exists()
        if there == dataset.tree or moved:
            write_text(mark, json.dumps(dataset.tree))
            return folder
    digest = hashlib.sha256(json.dumps(dataset.tree).encode()).hexdigest()[:8]
    return folder.with_name(f"{dataset.name}-{digest}")


def _read(mark: Path) -> tuple[str, bool]:
    try:
        place, virtual = json.loads(mark.read_text(encoding="utf-8"))
        if isinstance(place, str) and isinstance(virtual, bool):
            return place, virtual
    except (ValueError, TypeError):
        pass
    raise StorageError("is damaged", path=mark, hint="Remove it.")
