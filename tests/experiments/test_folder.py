"""Run folders: what is begun, gone on with, and found damaged."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from painscope.errors import RunError
from painscope.experiments import RunFolder, load_recipe
from painscope.experiments.facts import read_facts
from painscope.experiments.steps import Steps

RECIPE = load_recipe("faces-of-experimental-pain")


def begin(path: Path) -> RunFolder:
    return RunFolder.begin(path, RECIPE, {"ai4pain-2024": path})


def test_a_finished_run_keeps_the_environment_that_made_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["painscope", "run", "--set", "rows=[a, b]"])
    folder = begin(tmp_path / "run")
    assert folder.environment["command"] == "painscope run --set 'rows=[a, b]'"
    (folder.path / "run.json").write_text("{}")
    monkeypatch.setattr(sys, "argv", ["painscope", "demo"])
    assert begin(folder.path).environment["command"].startswith("painscope run")


def test_what_a_killed_call_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = begin(tmp_path / "run")
    folder.examples.mkdir()
    left = [folder.path / ".scores.1a2b3c4d.tmp.csv", folder.examples / ".a.1a2b3c4d.tmp.parquet"]
    for path in left:
        path.write_bytes(b"half")
    begin(folder.path)
    assert not any(path.exists() for path in left)


def test_the_advice_about_a_damaged_file_makes_it_anew(tmp_path: Path) -> None:
    """Maps that a step leaves beside its tables are missed as the tables are."""
    folder = begin(tmp_path / "run")
    steps = Steps(folder, tmp_path, lambda step, done, total: None)
    done = 0

    def work() -> dict[str, pd.DataFrame]:
        nonlocal done
        done += 1
        folder.write_arrays("maps")
        return {"faces": pd.DataFrame({"a": [1]})}

    for _ in range(2):
        steps.tables("look", ("faces",), work, arrays="maps")
    assert done == 1
    path = folder.examples / "maps.npz"
    path.write_bytes(b"no arrays")
    with pytest.raises(RunError, match=r"Remove it and run\.json, then run the recipe again"):
        folder.arrays("maps")
    path.unlink()
    steps.tables("look", ("faces",), work, arrays="maps")
    assert done == 2
    assert [step.reused for step in steps.done] == [False, True, False]


def test_a_table_is_whole_once_its_parquet_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin(tmp_path / "run")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.write_table("flipped", pd.DataFrame({"a": [1]}))
    assert not folder.has_table("flipped")


def test_a_run_that_is_not_finished_is_called_so(tmp_path: Path) -> None:
    folder = begin(tmp_path / "demo" / "run")
    with pytest.raises(RunError, match=r"not finished.*The call that began it continues it"):
        read_facts(folder.path)
    (folder.path / "run.json").write_text("{}")
    with pytest.raises(RunError, match=r"demo: is no run folder\. Did you mean .*run\?"):
        read_facts(tmp_path / "demo")
