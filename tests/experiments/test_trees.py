"""Whose a folder of features or faces is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from painscope.datasets import Dataset, load_dataset
from painscope.errors import StorageError
from painscope.experiments.trees import tree_folder


@pytest.mark.parametrize("text", ["[", "5", "null", "[1, false]", '["a"]', '{"a": 1, "b": 2}'])
def test_a_damaged_mark_of_a_tree_is_named(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path, text: str
) -> None:
    dataset = grey_picture(tmp_path / "data", 10)
    mark = tree_folder(tmp_path / "store", dataset) / "tree.json"
    mark.write_text(text, encoding="utf-8")
    with pytest.raises(StorageError, match=r"tree\.json: is damaged\. Remove it\."):
        tree_folder(tmp_path / "store", dataset)


def test_a_tree_that_was_moved_keeps_its_folder(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path
) -> None:
    store, before = tmp_path / "store", grey_picture(tmp_path / "before", 10)
    folder = tree_folder(store, before)
    (tmp_path / "before").rename(tmp_path / "after")
    after = load_dataset("manifest", tmp_path / "after" / "own.csv")
    assert tree_folder(store, after) == folder
    other = grey_picture(tmp_path / "before", 200)  # where the first one lay
    assert tree_folder(store, other) != folder
    assert tree_folder(store, after) == folder


def test_of_two_trees_one_takes_the_place_of_one_that_is_gone(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path
) -> None:
    first = tree_folder(tmp_path / "store", grey_picture(tmp_path / "first", 10))
    (tmp_path / "first").rename(tmp_path / "elsewhere")
    others = [grey_picture(tmp_path / name, grey) for name, grey in (("b", 200), ("c", 100))]
    folders = [tree_folder(tmp_path / "store", other) for other in others * 2]
    assert folders[0] == first
    assert folders[1] != first
    assert folders[2:] == folders[:2]
