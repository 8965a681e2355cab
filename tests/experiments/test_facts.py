from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from painscope.errors import RunError
from painscope.experiments import RunFolder
from painscope.experiments.facts import read_facts


def test_a_run_that_is_not_finished_is_called_so(
    begin: Callable[[Path], RunFolder], tmp_path: Path
) -> None:
    folder = begin(tmp_path / "demo" / "run")
    with pytest.raises(RunError, match=r"not finished.*The call that began it continues it"):
        read_facts(folder.path)
    (folder.path / "run.json").write_text("{}")
    with pytest.raises(RunError, match=r"demo: is no run folder\. Did you mean .*run\?"):
        read_facts(tmp_path / "demo")
