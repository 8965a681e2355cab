from __future__ import annotations

from pathlib import Path

import pandas as pd

from painscope.report.pictures import _skill
from painscope.report.results import load_results


def test_no_bar_is_drawn_of_a_skill_that_is_not_there(run: Path) -> None:
    skill = pd.read_parquet(run / "skill.parquet")
    skill[["value", "low", "high"]] = float("nan")
    skill.to_parquet(run / "skill.parquet")
    assert list(_skill(load_results(run))) == []
