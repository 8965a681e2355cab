from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from painscope.errors import RunError
from painscope.experiments import RunFolder
from painscope.experiments.steps import Steps


def test_the_advice_about_a_damaged_file_makes_it_anew(
    begin: Callable[[Path], RunFolder], tmp_path: Path
) -> None:
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
