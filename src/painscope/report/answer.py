"""The answer of a run in a few numbers: what a reader wants to know first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from painscope.evaluation import Estimate, difference
from painscope.experiments.facts import ClassifierFacts
from painscope.report.results import Results

__all__ = ["METRIC", "Mark", "RunAnswer", "find_answer"]

METRIC = "macro_f1"
"""The metric of the answer: unlike accuracy, no constant answer does well by it."""

MOST_RESAMPLES = 100_000
"""The more systems, the farther out the ends of the interval; they take a second."""


@dataclass(frozen=True)
class Mark:
    """A value on the answer's scale; low and high are NaN if it has no interval."""

    title: str
    role: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RunAnswer:
    """The best classifier on one split, beside those that do not look.

    Attributes
    ----------
    split : str
        Whose people are asked about.
    best : Mark
        The model or peer with the highest macro-F1; none whose network never learned anything.
    baselines : tuple of Mark
        Majority class and chance.
    oracle : Mark or None
        What somebody reaches who is told the truth behind the face.
    skill : Mark or None
        The best one's share of the oracle's skill; None unless the oracle itself is clearly
        better than the baselines, for else there is no skill to share.
    gain : Estimate
        How much higher it is than the better baseline's, over the same people; its interval is
        widened for the pick of the best. None if there are too few people, or too few who show
        a class.
    rivals : int
        How many were compared to find the best.
    n_recordings, n_subjects : int
        Behind the number.
    n_unseen : int
        Recordings among them that could not be read, or show no face.
    kind_to_itself : bool
        Whether the split's people also decided when the training stopped.
    """

    split: str
    best: Mark
    baselines: tuple[Mark, ...]
    oracle: Mark | None
    skill: Mark | None
    gain: Estimate
    rivals: int
    n_recordings: int
    n_subjects: int
    n_unseen: int
    kind_to_itself: bool

    @property
    def bar(self) -> Mark:
        """The better baseline."""
        return max(self.baselines, key=lambda mark: mark.value)

    @property
    def verdict(self) -> Literal["above", "unclear", "below"]:
        """Where the gain's interval lies as against zero; "unclear" if there is none."""
        if self.gain.low > 0:
            return "above"
        return "below" if self.gain.high < 0 else "unclear"


def find_answer(results: Results) -> RunAnswer | None:
    """Read the answer from the scores; None if no split has both a system and a baseline."""
    for split in results.splits:
        marks = {
            facts.name: mark
            for facts in results.classifiers(split)
            if (mark := _mark(results, split, facts)) is not None
        }
        learned = {f.name for f in results.facts.classifiers if f.features not in results.untrained}
        systems = {
            name: mark
            for name, mark in marks.items()
            if mark.role in ("model", "peer") and name in learned
        }
        baselines = {name: mark for name, mark in marks.items() if mark.role == "baseline"}
        if systems and baselines:
            name, best = max(systems.items(), key=_value)
            rival, bar = max(baselines.items(), key=_value)
            oracle = next((mark for mark in marks.values() if mark.role == "oracle"), None)
            truth = results.true_labels(split)
            stopped = results.histories["validation_loss"].notna().any()
            return RunAnswer(
                split=split,
                best=best,
                baselines=tuple(baselines.values()),
                oracle=oracle,
                skill=_skill(results, split, name) if oracle and oracle.low > bar.value else None,
                gain=_gain(results, split, name, rival, len(systems)),
                rivals=len(systems),
                n_recordings=len(truth),
                n_subjects=truth["subject"].nunique(),
                n_unseen=_unseen(results, split, name),
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


def _unseen(results: Results, split: str, name: str) -> int:
    table = results.labelled(split)
    unseen = table["flag"].isin(["could not be read", "no frame with a face"])
    return int(table[unseen & (table["classifier"] == name)]["recording"].nunique())


def _value(item: tuple[str, Mark]) -> float:
    return item[1].value


def _gain(results: Results, split: str, name: str, rival: str, picked_from: int) -> Estimate:
    """Return how much better one is than another: both have chance in them, and the same people."""
    table = results.labelled(split)
    first, second = (table[table["classifier"] == one] for one in (name, rival))
    return difference(
        first,
        second,
        results.classes,
        metric=METRIC,
        resamples=min(picked_from * results.recipe.bootstrap, MOST_RESAMPLES),
        comparisons=picked_from,
    )
