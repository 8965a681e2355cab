from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from painscope.evaluation import Estimate, difference
from painscope.experiments.facts import FeatureFacts
from painscope.experiments.recipe import RANDOM
from painscope.report.answer import find_answer
from painscope.report.results import load_results

NAN = float("nan")
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


def test_the_verdict_is_of_the_difference_on_the_same_people(full_run: Path) -> None:
    answer = find_answer(results := load_results(full_run))
    table = results.labelled("test")
    first, second = (table[table["classifier"] == name] for name in ("lstm", "chance"))
    picked = {"resamples": 4 * 2000, "comparisons": 4}
    assert answer.gain == difference(first, second, results.classes, **picked)
    alone = difference(first, second, results.classes, resamples=8000)
    assert answer.gain.low < alone.low < alone.high < answer.gain.high
    assert answer.gain.value == pytest.approx(answer.best.value - answer.bar.value)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.3, "above"), (-0.1, 0.3, "unclear"), (-0.3, -0.1, "below"), (NAN, NAN, "unclear")],
)
def test_an_interval_that_holds_zero_shows_nothing(
    full_run: Path, low: float, high: float, verdict: str
) -> None:
    answer = find_answer(load_results(full_run))
    assert replace(answer, gain=Estimate(0.0, low, high)).verdict == verdict


def test_a_network_that_never_learned_is_not_the_answer(full_run: Path) -> None:
    results = load_results(full_run)
    untrained = FeatureFacts(name=RANDOM, digest="x", provenance={})
    rows = [
        facts.model_copy(update={"features": RANDOM}) if facts.name == "lstm" else facts
        for facts in results.facts.classifiers
    ]
    told = {"features": (untrained,), "classifiers": tuple(rows)}
    answer = find_answer(replace(results, facts=results.facts.model_copy(update=told)))
    assert answer.best.title != "LSTM"
    assert answer.rivals == 3


def test_without_baselines_or_scores_there_is_no_answer(full_run: Path) -> None:
    results = load_results(full_run)
    scores = results.scores
    bare = scores[~scores["classifier"].isin(["majority", "chance"])]
    assert find_answer(replace(results, scores=bare)) is None
    assert find_answer(replace(results, scores=scores.iloc[:0])) is None


def test_there_is_no_skill_to_share_where_the_oracle_has_none(full_run: Path) -> None:
    results = load_results(full_run)
    scores = results.scores.copy()
    mine = (scores["classifier"] == ORACLE) & (scores["metric"] == "macro_f1")
    scores.loc[mine, "low"] = 0.1
    assert find_answer(results).skill is not None
    assert find_answer(replace(results, scores=scores)).skill is None
