"""Intervals from a bootstrap over subjects: clips of one person are not independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from painscope.errors import UsageError
from painscope.evaluation.metrics import confusion, metrics

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Counts", "Estimate", "auc", "difference", "interval", "resample", "skill"]

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Counts:
    """Confusion matrices of one classifier, per seed and subject.

    Attributes
    ----------
    subjects : tuple of str, length S
        In sorted order.
    seeds : tuple of int, length K
    counts : int64 [K, S, C, C]
    """

    subjects: tuple[str, ...]
    seeds: tuple[int, ...]
    counts: np.ndarray

    @classmethod
    def of(cls, predictions: pd.DataFrame, classes: Sequence[str]) -> Counts:
        """Count the labelled predictions of one classifier on one split."""
        subjects = tuple(sorted(predictions["subject"].unique()))
        seeds = tuple(sorted(predictions["seed"].unique()))
        counts = np.zeros((len(seeds), len(subjects), len(classes), len(classes)), np.int64)
        for (seed, subject), part in predictions.groupby(["seed", "subject"]):
            counts[seeds.index(seed), subjects.index(subject)] = confusion(
                part["true_label"], part["predicted_label"], classes
            )
        return cls(subjects, seeds, counts)

    def by_seed(self) -> dict[tuple[str, int | None], np.ndarray]:
        """Return every metric per seed: float64 [K]."""
        return metrics(self.counts.sum(axis=1))

    def draws(self, weights: np.ndarray) -> dict[tuple[str, int | None], np.ndarray]:
        """Return every metric, mean over seeds, per resample: float64 [R] from [R, S]."""
        drawn = np.tensordot(weights, self.counts, axes=(1, 1))
        return {name: values.mean(axis=1) for name, values in metrics(drawn).items()}


def resample(subjects: int, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Draw `subjects` people with replacement, again and again: how often each, int64 [R, S].

    The same number of subjects and seed give the same draws, so that classifiers judged
    on the same people are compared draw by draw.
    """
    share = np.full(subjects, 1 / subjects)
    return np.random.default_rng(seed).multinomial(subjects, share, size=resamples)


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile interval of draws, leaving out undefined ones."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def auc(predictions: pd.DataFrame, classes: Sequence[str], weights: np.ndarray) -> Estimate:
    """Return the area under the ROC curve of two classes, mean over seeds.

    Parameters
    ----------
    predictions : DataFrame
        Labelled, of one classifier on one split.
    classes : sequence of str
        Two; the second is the positive one.
    weights : int [R, S]
        From `resample`, over the sorted subjects.
    """
    from sklearn.metrics import roc_auc_score

    people = {name: number for number, name in enumerate(sorted(predictions["subject"].unique()))}
    values, draws = [], []
    for _, part in predictions.groupby("seed"):
        positive = (part["true_label"] == classes[1]).to_numpy()
        score = part[f"p_{classes[1]}"].to_numpy()
        who = part["subject"].map(people).to_numpy()
        if positive.all() or not positive.any():
            return Estimate(float("nan"), float("nan"), float("nan"))
        values.append(roc_auc_score(positive, score))
        drawn = []
        for weight in weights:
            each = weight[who]
            both = each[positive].any() and each[~positive].any()
            drawn.append(
                roc_auc_score(positive, score, sample_weight=each) if both else float("nan")
            )
        draws.append(drawn)
    return Estimate(float(np.mean(values)), *interval(np.mean(draws, axis=0)))


def difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    classes: Sequence[str],
    *,
    metric: str = "macro_f1",
    resamples: int = RESAMPLES,
) -> Estimate:
    """Return how much better the first predictions are than the second, over the same people.

    Parameters
    ----------
    first, second : DataFrame
        Labelled predictions of one classifier each, of the same recordings.
    classes : sequence of str
    metric : str
        One of `painscope.evaluation.METRICS`.
    resamples : int

    Raises
    ------
    UsageError
        If the recordings differ.
    """
    if set(first["recording"]) != set(second["recording"]):
        raise UsageError("predictions of different recordings cannot be compared pairwise")
    one, other = Counts.of(first, classes), Counts.of(second, classes)
    weights = resample(len(one.subjects), resamples)
    value = one.by_seed()[metric, None].mean() - other.by_seed()[metric, None].mean()
    draws = one.draws(weights)[metric, None] - other.draws(weights)[metric, None]
    return Estimate(float(value), *interval(draws))


def skill(
    predictions: pd.DataFrame,
    oracle: pd.DataFrame,
    majority: pd.DataFrame,
    classes: Sequence[str],
    *,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Return the share of the possible skill that is recovered.

    It is (macro-F1 − majority's) / (oracle's − majority's), on the same people; the oracle
    reads the true action units of virtual people.
    """
    parts = [Counts.of(table, classes) for table in (predictions, oracle, majority)]
    weights = resample(len(parts[0].subjects), resamples)
    value = _share(*(part.by_seed()["macro_f1", None].mean(keepdims=True) for part in parts))
    draws = _share(*(part.draws(weights)["macro_f1", None] for part in parts))
    return Estimate(float(value[0]), *interval(draws))


def _share(reached: np.ndarray, oracle: np.ndarray, majority: np.ndarray) -> np.ndarray:
    possible = oracle - majority
    out = np.full_like(possible, np.nan)
    return np.divide(reached - majority, possible, out=out, where=possible > 0)
