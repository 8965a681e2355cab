from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from painscope.errors import RunError
from painscope.report.results import load_results


def test_reads_everything_a_run_can_have(full_run: Path) -> None:
    results = load_results(full_run)
    assert results.splits == ("test", "validation")
    assert results.unlabelled_splits == ()
    assert results.classes == ("NP", "LP", "HP")
    assert len(results.examples) == 3
    assert results.examples[0].crops.shape == (8, 112, 112, 3)
    value = results.score("test", "lstm", "f1", "HP")["value"]
    table = pd.read_parquet(full_run / "scores.parquet")
    expected = table.query("split == 'test' and classifier == 'lstm' and metric == 'f1'")
    assert value == expected.set_index("class").loc["HP", "value"]
    assert results.score("test", "lstm", "auc") is None


def test_a_run_may_lack_what_it_may_lack(bare_run: Path) -> None:
    results = load_results(bare_run)
    assert results.splits == ("validation",)
    assert results.unlabelled_splits == ("test",)
    assert results.examples == ()
    assert results.status.empty
    assert results.histories.empty
    assert results.skill.empty


def _drop(name: str) -> Callable[[Path], None]:
    return lambda run: (run / name).unlink()


def _spoil(name: str, data: bytes = b"PAR1 \xff nonsense") -> Callable[[Path], None]:
    return lambda run: (run / name).write_bytes(data) and None


def _edit(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    return lambda run: change(pd.read_parquet(run / name)).to_parquet(run / name)


def _facts(**changes: object) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        path = run / "run.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


@pytest.mark.parametrize(
    ("damage", "file", "says"),
    [
        (_drop("run.json"), "", "not finished, it has no run.json"),
        (_spoil("run.json"), "run.json", "damaged"),
        (_facts(format=99), "run.json", "format 99"),
        (_facts(classes=3), "run.json", "classes"),
        (_facts(datasets=[]), "run.json", "datasets"),
        (_drop("predictions.parquet"), "predictions.parquet", ""),
        (_spoil("predictions.parquet"), "predictions.parquet", ""),
        (_spoil("scores.parquet"), "scores.parquet", ""),
        (_edit("scores.parquet", lambda t: t.drop(columns="low")), "scores.parquet", "'low'"),
        (_edit("predictions.parquet", lambda t: t.drop(columns="p_HP")), "predictions", "'p_HP'"),
        (_edit("scores.parquet", lambda t: t.replace("lstm", "gru")), "scores.parquet", "'gru'"),
        (_edit("predictions.parquet", lambda t: t.replace("HP", "P9")), "predictions", "'P9'"),
        (_edit("histories.parquet", lambda t: t.replace("lstm", "gru")), "histories", "'gru'"),
        (_drop("recipe.yaml"), "recipe.yaml", ""),
        (_spoil("recipe.yaml"), "recipe.yaml", ""),
        (_spoil("recipe.yaml", b"rows: 3"), "recipe.yaml", ""),
        (_spoil("environment.json"), "environment.json", ""),
        (_spoil("status.parquet"), "status.parquet", ""),
        (_spoil("examples/33_HP_2.parquet"), "examples/33_HP_2.parquet", ""),
        (_spoil("examples/33_HP_2.jpg"), "examples/33_HP_2.jpg", "image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_run_is_refused_in_one_line(
    run: Path, damage: Callable[[Path], None], file: str, says: str
) -> None:
    damage(run)
    with pytest.raises(RunError) as caught:
        load_results(run)
    line = str(caught.value)
    assert "\n" not in line
    assert str(run / file) in line
    assert says in line


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such run folder"):
        load_results(tmp_path / "nowhere")


def test_a_leftover_of_a_killed_call_is_no_example(run: Path) -> None:
    (run / "examples" / ".33_HP_2.1a2b3c4d.tmp.parquet").write_bytes(b"half")
    assert len(load_results(run).examples) == 3
