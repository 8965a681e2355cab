from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from painscope.report.answer import find_answer
from painscope.report.results import Results, load_results

ORACLE = "statistics-logistic on true-action-units"


def test_the_best_system_is_neither_oracle_nor_baseline(full_run: Path) -> None:
    results = load_results(full_run)
    answer = find_answer(results)
    assert answer.split == "test"
    assert answer.best.title == "LSTM"
    assert answer.best.value == results.score("test", "lstm", "macro_f1")["value"]
    assert answer.oracle.value > answer.best.value
    assert answer.bar.title == "Stratified chance"  # the stricter of the two by macro-F1
    assert answer.verdict == "above"
    assert (answer.rivals, answer.n_recordings, answer.n_subjects) == (4, 156, 12)
    assert not answer.kind_to_itself
    skill = results.skill.set_index(["split", "classifier"]).loc[("test", "lstm")]
    assert answer.skill.value == skill["value"]


def test_validation_people_who_stopped_the_training_are_owned_up_to(
    make_run: Callable[..., Path], tmp_path: Path
) -> None:
    answer = find_answer(load_results(make_run(tmp_path / "run", test_labels=False)))
    assert answer.split == "validation"
    assert answer.kind_to_itself


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.4, 0.6, "above"), (0.2, 0.6, "unclear"), (0.1, 0.2, "below"), (None, None, "unclear")],
)
def test_the_verdict_reads_the_interval_against_the_better_baseline(
    full_run: Path, low: float, high: float, verdict: str
) -> None:
    results = load_results(full_run)
    assert find_answer(_with_lstm(results, low, high)).verdict == verdict


def test_without_baselines_or_scores_there_is_no_answer(full_run: Path) -> None:
    results = load_results(full_run)
    scores = results.scores
    bare = scores[~scores["classifier"].isin(["majority", "chance"])]
    assert find_answer(replace(results, scores=bare)) is None
    assert find_answer(replace(results, scores=scores.iloc[:0])) is None


def _with_lstm(results: Results, low: float | None, high: float | None) -> Results:
    scores = results.scores.copy()
    mine = (scores["classifier"] == "lstm") & (scores["metric"] == "macro_f1")
    scores.loc[mine, ["low", "high"]] = pd.array([low, high], dtype="Float64").to_numpy(
        float, na_value=float("nan")
    )
    return replace(results, scores=scores)


def test_there_is_no_skill_to_share_where_the_oracle_has_none(full_run: Path) -> None:
    results = load_results(full_run)
    scores = results.scores.copy()
    mine = (scores["classifier"] == ORACLE) & (scores["metric"] == "macro_f1")
    scores.loc[mine, "low"] = 0.1
    assert find_answer(results).skill is not None
    assert find_answer(replace(results, scores=scores)).skill is None
