"""The answer of a run in a few numbers: what a reader wants to know first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from painscope.experiments.facts import ClassifierFacts
from painscope.report.results import Results

__all__ = ["METRIC", "Answer", "Mark", "find_answer"]

METRIC = "macro_f1"
"""The metric of the answer: unlike accuracy, no constant answer does well by it."""


@dataclass(frozen=True)
class Mark:
    """A value on the answer's scale; low and high are NaN if it has no interval."""

    title: str
    role: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Answer:
    """The best classifier on one split, beside those that do not look.

    Attributes
    ----------
    split : str
        Whose people are asked about.
    best : Mark
        The model or peer with the highest macro-F1.
    baselines : tuple of Mark
        Majority class and chance.
    oracle : Mark or None
        What somebody reaches who is told the truth behind the face.
    skill : Mark or None
        The best one's share of the oracle's skill; None unless the oracle itself is clearly
        better than the baselines, for else there is no skill to share.
    verdict : {"above", "unclear", "below"}
        Where the best one's interval lies as against the better baseline; "unclear" if
        there are too few people for an interval.
    rivals : int
        How many were compared to find the best.
    n_recordings, n_subjects : int
        Behind the number.
    kind_to_itself : bool
        Whether the split's people also decided when the training stopped.
    """

    split: str
    best: Mark
    baselines: tuple[Mark, ...]
    oracle: Mark | None
    skill: Mark | None
    verdict: Literal["above", "unclear", "below"]
    rivals: int
    n_recordings: int
    n_subjects: int
    kind_to_itself: bool

    @property
    def bar(self) -> Mark:
        """The better baseline."""
        return max(self.baselines, key=lambda mark: mark.value)


def find_answer(results: Results) -> Answer | None:
    """Read the answer from the scores; None if no split has both a system and a baseline."""
    for split in results.splits:
        marks = {
            facts.name: mark
            for facts in results.classifiers(split)
            if (mark := _mark(results, split, facts)) is not None
        }
        systems = {name: mark for name, mark in marks.items() if mark.role in ("model", "peer")}
        baselines = tuple(mark for mark in marks.values() if mark.role == "baseline")
        if systems and baselines:
            name, best = max(systems.items(), key=lambda item: item[1].value)
            bar = max(mark.value for mark in baselines)
            oracle = next((mark for mark in marks.values() if mark.role == "oracle"), None)
            truth = results.true_labels(split)
            stopped = results.histories["validation_loss"].notna().any()
            return Answer(
                split=split,
                best=best,
                baselines=baselines,
                oracle=oracle,
                skill=_skill(results, split, name) if oracle and oracle.low > bar else None,
                verdict=_verdict(best, bar),
                rivals=len(systems),
                n_recordings=len(truth),
                n_subjects=truth["subject"].nunique(),
                kind_to_itself=bool(split == "validation" and stopped),
            )
    return None


def _mark(results: Results, split: str, facts: ClassifierFacts) -> Mark | None:
    score = results.score(split, facts.name, METRIC)
    if score is None or np.isnan(score["value"]):
        return None
    value, low, high = (float(score[name]) for name in ("value", "low", "high"))
    return Mark(facts.title, facts.role, value, low, high)


def _skill(results: Results, split: str, name: str) -> Mark | None:
    table = results.skill
    rows = table[(table["split"] == split) & (table["classifier"] == name)]
    if rows.empty or rows["value"].isna().any():
        return None
    value, low, high = (float(rows[column].iloc[0]) for column in ("value", "low", "high"))
    return Mark("Skill recovered", "model", value, low, high)


def _verdict(best: Mark, bar: float) -> Literal["above", "unclear", "below"]:
    if best.low > bar:
        return "above"
    return "below" if best.high < bar else "unclear"
