"""The example for users of scikit-learn runs as it stands, on fewer people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "scikit_learn.py"


@pytest.mark.slow  # draws 20 clips of virtual people
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    small = text.replace("= 8, 3.0, (192, 192), 10.0", "= 4, 2.0, (96, 96), 5.0")
    assert small != text
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path))
    scope: dict[str, object] = {"__name__": "example"}
    exec(compile(small.replace("GroupKFold(3)", "GroupKFold(2)"), SCRIPT, "exec"), scope)
    told = capsys.readouterr().out
    assert "20 clips of 4 people" in told
    assert len(re.findall(r"AUC per fold: \[[\d. ]+\]", told)) == 2


def test_it_is_a_notebook_in_cells() -> None:
    cells = re.split(r"^# %%", SCRIPT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert sum(cell.startswith(" [markdown]") for cell in cells) == len(cells) / 2
