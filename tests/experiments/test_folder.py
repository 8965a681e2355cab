"""Run folders: what is begun, gone on with, and found damaged."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from painscope.errors import UsageError
from painscope.experiments import RunFolder, load_recipe

Begin = Callable[[Path], RunFolder]


def test_a_finished_run_keeps_the_environment_that_made_its_numbers(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["painscope", "run", "--set", "rows=[a, b]"])
    folder = begin(tmp_path / "run")
    assert folder.environment["command"] == "painscope run --set 'rows=[a, b]'"
    (folder.path / "run.json").write_text("{}")
    monkeypatch.setattr(sys, "argv", ["painscope", "demo"])
    assert begin(folder.path).environment["command"].startswith("painscope run")


def test_what_a_killed_call_left_half_written_is_removed(begin: Begin, tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    folder.examples.mkdir()
    left = [folder.path / ".scores.1a2b3c4d.tmp.csv", folder.examples / ".a.1a2b3c4d.tmp.parquet"]
    for path in left:
        path.write_bytes(b"half")
    begin(folder.path)
    assert not any(path.exists() for path in left)


def test_a_table_is_whole_once_its_parquet_is_there(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin(tmp_path / "run")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.write_table("flipped", pd.DataFrame({"a": [1]}))
    assert not folder.has_table("flipped")


def test_data_that_changed_since_are_refused(tmp_path: Path) -> None:
    recipe, data = load_recipe("faces-of-experimental-pain"), {"ai4pain-2024": tmp_path}
    folder = RunFolder.begin(tmp_path / "run", recipe, data, content="as it was")
    (folder.path / "run.json").write_text("{}")
    assert RunFolder.begin(folder.path, recipe, data, content="as it was").finished
    with pytest.raises(UsageError, match=r"labels or splits of the data have changed"):
        RunFolder.begin(folder.path, recipe, data, content="relabelled")
