"""Intervals from a bootstrap over subjects: clips of one person are not independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from painscope.errors import UsageError, did_you_mean
from painscope.evaluation.metrics import METRICS, class_numbers, metrics

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FEWEST_SUBJECTS",
    "Counts",
    "Estimate",
    "auc",
    "difference",
    "estimate",
    "interval",
    "over_people",
    "resample",
    "skill",
]

RESAMPLES = 2000

#: Fewer people give no interval. Four people can be redrawn in 35 ways only, one in a
#: single way, so that the ends of an interval would tell about chance, not about people. The
#: same holds for those who show a class: if one person of twenty is in pain, redrawing the
#: twenty tells nothing of how well pain is found in others.
FEWEST_SUBJECTS = 5


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; low and high are NaN where there is none."""

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
        In sorted order.
    counts : int64 [K, S, C, C]
        Rows true, columns predicted.
    """

    subjects: tuple[str, ...]
    seeds: tuple[int, ...]
    counts: np.ndarray

    @classmethod
    def of(cls, predictions: pd.DataFrame, classes: Sequence[str]) -> Counts:
        """Count the labelled predictions of one classifier on one split.

        Raises
        ------
        UsageError
            If a recording has several predictions of one seed, or a label is none of the
            classes.
        """
        if predictions.duplicated(["seed", "recording"]).any():
            raise UsageError("more than one prediction per recording and seed: choose a classifier")
        subjects, who = np.unique(predictions["subject"].to_numpy(str), return_inverse=True)
        seeds, run = np.unique(predictions["seed"].to_numpy(int), return_inverse=True)
        true = class_numbers(predictions["true_label"], classes)
        predicted = class_numbers(predictions["predicted_label"], classes)
        counts = np.zeros((len(seeds), len(subjects), len(classes), len(classes)), np.int64)
        np.add.at(counts, (run, who, true, predicted), 1)
        return cls(tuple(subjects.tolist()), tuple(seeds.tolist()), counts)

    def by_seed(self) -> dict[tuple[str, int | None], np.ndarray]:
        """Return every metric per seed: float64 [K]."""
        return metrics(self.counts.sum(axis=1))

    def people(self, metric: str, number: int | None = None) -> int:
        """Return how many people an interval of a metric rests on.

        Of accuracy everybody; of a class's metric those who show the class; of all others
        those who show the rarest class that occurs.
        """
        if metric == "accuracy":
            return len(self.subjects)
        showing = (self.counts.sum(axis=(0, 3)) > 0).sum(axis=0)
        return int(showing[showing > 0].min() if number is None else showing[number])

    def draws(self, weights: np.ndarray) -> dict[tuple[str, int | None], np.ndarray]:
        """Return every metric, mean over seeds, per resample: float64 [R] from [R, S].

        NaN where nobody drawn shows a class that somebody has: what is said of it, and the means
        over classes, are then not low but unknown. (Balanced accuracy leaves the class out.)
        """
        drawn = np.tensordot(weights.astype(float), self.counts.astype(float), axes=(1, 1))
        missed = (drawn.sum(axis=-1) == 0) & (self.counts.sum(axis=(1, 3)) > 0)
        told = {}
        for (metric, number), values in metrics(drawn).items():
            if number is not None:
                values = np.where(missed[..., number], np.nan, values)
            elif metric.startswith("macro_"):
                values = np.where(missed.any(axis=-1), np.nan, values)
            told[metric, number] = values.mean(axis=1)
        return told


def resample(subjects: int, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Draw `subjects` people with replacement, again and again: how often each, int64 [R, S].

    The same number of subjects and seed give the same draws, so that classifiers judged
    on the same people are compared draw by draw.
    """
    share = np.full(subjects, 1 / subjects)
    return np.random.default_rng(seed).multinomial(subjects, share, size=resamples)


def interval(draws: np.ndarray, people: int, *, comparisons: int = 1) -> tuple[float, float]:
    """Return the 95 % expanded percentile interval of draws, leaving out undefined ones.

    Draws of few people vary less than new people would, by (n − 1) / n, and the middle 95 % of
    them are those of a normal curve where Student's would be right. So the ends lie farther
    out [1]_: the lower at 2.5 % of the draws for very many people, at 1.8 % for 26, at 0.1 % for 5.

    Parameters
    ----------
    draws : float [R]
    people : int
        How many people they rest on, at least 2.
    comparisons : int
        Of so many intervals, all hold the truth together in 95 % (Bonferroni).

    Returns
    -------
    low, high : float
        NaN where no draw would be expected beyond an end: then it would lie farther out than any of
        them, as it does of few people and many comparisons, and nobody knows where.

    References
    ----------
    .. [1] Hesterberg, What teachers should know about the bootstrap, The American Statistician
       69(4), 2015, section 3.5.
    """
    from scipy.stats import norm, t

    known = draws[np.isfinite(draws)]
    reach = t.isf(0.025 / comparisons, people - 1) * np.sqrt(people / (people - 1))
    if len(known) * norm.sf(reach) < 1:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [norm.sf(reach), norm.cdf(reach)])
    return float(low), float(high)


def estimate(value: float, draws: np.ndarray, people: int, *, comparisons: int = 1) -> Estimate:
    """Return a value with the interval of its draws.

    Parameters
    ----------
    value : float
    draws : float [R]
    people : int
        How many people it rests on (`Counts.people`); below `FEWEST_SUBJECTS` there is no
        interval.
    comparisons : int
        See `interval`.
    """
    if people < FEWEST_SUBJECTS or np.isnan(value):
        return Estimate(float(value), float("nan"), float("nan"))
    return Estimate(float(value), *interval(draws, people, comparisons=comparisons))


def over_people(values: np.ndarray, subjects: Sequence[str]) -> list[Estimate]:
    """Return means over people of samples' values, each with its interval.

    Parameters
    ----------
    values : float [N] or [N, X]
        NaN where a sample has none.
    subjects : sequence of str, length N
        Whose sample it is. A person counts once, however many there are, and not where none of
        theirs has a value.

    Returns
    -------
    list of Estimate
        One, or X; NaN where nobody has a value.
    """
    table = np.asarray(values, float).reshape(len(subjects), -1)
    _, who = np.unique(np.asarray(subjects), return_inverse=True)
    theirs = [table[who == k] for k in range(who.max() + 1)]
    counts = np.stack([(~np.isnan(samples)).sum(axis=0) for samples in theirs])
    means = _divide(np.stack([np.nansum(samples, axis=0) for samples in theirs]), counts)
    known = (counts > 0).astype(float)
    everybody = np.vstack([np.ones(len(theirs)), resample(len(theirs))])
    drawn = _divide(everybody @ np.where(counts > 0, means, 0.0), everybody @ known)
    return [
        estimate(float(column[0]), column[1:], int(people))
        for column, people in zip(drawn.T, known.sum(axis=0), strict=True)
    ]


def auc(
    predictions: pd.DataFrame, classes: Sequence[str], weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the area under the ROC curve of two classes.

    It is the share of pairs of a positive and a negative recording in which the positive
    one has the higher probability, half for equals; pairs are counted once per two people,
    so that resampling people only weighs the counts.

    Recordings of all folds are ranked together. Whom a fold leaves out shifts its scores the other
    way: under leave-one-subject-out a constant answer's area may be below 0.5.

    Parameters
    ----------
    predictions : DataFrame
        Labelled, of one classifier on one split.
    classes : sequence of str
        Two; the second is the positive one.
    weights : int [R, S]
        From `resample`, over the sorted subjects.

    Returns
    -------
    float64 [K]
        Per seed; NaN where only one class occurs.
    float64 [R]
        Mean over seeds, per resample.
    """
    subjects, who = np.unique(predictions["subject"].to_numpy(str), return_inverse=True)
    positive = class_numbers(predictions["true_label"], classes) == 1
    score = predictions[f"p_{classes[1]}"].to_numpy(float)
    seeds = predictions["seed"].to_numpy(int)
    everybody = np.vstack([np.ones(len(subjects), np.int64), weights])
    areas = []
    for seed in np.unique(seeds):
        yes, no = positive & (seeds == seed), ~positive & (seeds == seed)
        wins = _wins(score[yes], who[yes], score[no], who[no], len(subjects))
        above = ((everybody @ wins) * everybody).sum(axis=1)
        pairs = np.prod(
            [everybody @ np.bincount(who[part], minlength=len(subjects)) for part in (yes, no)],
            axis=0,
            dtype=float,
        )
        areas.append(np.divide(above, pairs, out=np.full_like(above, np.nan), where=pairs > 0))
    table = np.array(areas)
    return table[:, 0], table[:, 1:].mean(axis=0)


def _wins(
    yes: np.ndarray, yes_who: np.ndarray, no: np.ndarray, no_who: np.ndarray, subjects: int
) -> np.ndarray:
    """Count pairs won by positives of person s against negatives of person t: float [S, S]."""
    wins = np.zeros((subjects, subjects))
    for person in range(subjects):
        theirs = np.sort(no[no_who == person])
        won = (np.searchsorted(theirs, yes, "left") + np.searchsorted(theirs, yes, "right")) / 2
        wins[:, person] = np.bincount(yes_who, won, minlength=subjects)
    return wins


def difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    classes: Sequence[str],
    *,
    metric: str = "macro_f1",
    resamples: int = RESAMPLES,
    comparisons: int = 1,
) -> Estimate:
    """Return how much better the first predictions are than the second, over the same people.

    Each resample draws people and takes both systems' answers to them; a system's metric is
    the mean over its seeds.

    Parameters
    ----------
    first, second : DataFrame
        Labelled predictions of one classifier each, of the same recordings.
    classes : sequence of str
    metric : str
        One of `painscope.evaluation.METRICS`, or of two classes ``"auc"``.
    resamples : int
    comparisons : int
        From how many differences this one was picked; its interval is the wider for it.

    Returns
    -------
    Estimate
        Without an interval below `FEWEST_SUBJECTS` people, or people who show a class.

    Raises
    ------
    UsageError
        If the recordings, their people or their labels differ, or the metric is unknown.
    """
    known = (*METRICS, "auc") if len(classes) == 2 else METRICS
    if metric not in known:
        raise UsageError(f"unknown metric {metric!r}", hint=did_you_mean(metric, known))
    parts = _paired(classes, first, second)
    weights = resample(len(parts[0].subjects), resamples)
    if metric == "auc":
        areas = [auc(table, classes, weights) for table in (first, second)]
        values = [by_seed.mean() for by_seed, _ in areas]
        draws = [drawn for _, drawn in areas]
    else:
        values = [part.by_seed()[metric, None].mean() for part in parts]
        draws = [part.draws(weights)[metric, None] for part in parts]
    people = parts[0].people(metric)
    return estimate(values[0] - values[1], draws[0] - draws[1], people, comparisons=comparisons)


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
    reads the true action units of virtual people. Majority counts for no less than the best
    constant answer: where people take turns to be tested, the majority of those who train
    turns against who is tested. Undefined (NaN) where the oracle is no better; resamples in
    which that happens are left out.

    Parameters
    ----------
    predictions, oracle, majority : DataFrame
        Labelled predictions of one classifier each, of the same recordings.
    classes : sequence of str
    resamples : int

    Returns
    -------
    Estimate
        Without an interval below `FEWEST_SUBJECTS` people, or people who show a class.

    Raises
    ------
    UsageError
        If the recordings, their people or their labels differ.
    """
    parts = _paired(classes, predictions, oracle, majority)
    weights = resample(len(parts[0].subjects), resamples)
    everybody = np.vstack([np.ones(len(parts[0].subjects), np.int64), weights])
    reached, best, blind = (part.draws(everybody)["macro_f1", None] for part in parts)
    shares = _share(reached, best, np.maximum(blind, _constant(parts[0], everybody)))
    return estimate(shares[0], shares[1:], parts[0].people("macro_f1"))


def _constant(counts: Counts, weights: np.ndarray) -> np.ndarray:
    """Return the macro-F1 of the best constant answer, per resample: float64 [R]."""
    labels = weights @ counts.counts[0].sum(axis=2)  # [R, C]
    answers = np.eye(labels.shape[1])  # every recording in the column of one class
    tables = labels[:, None, :, None] * answers[None, :, None, :]
    return metrics(tables)["macro_f1", None].max(axis=1)


def _paired(classes: Sequence[str], *tables: pd.DataFrame) -> list[Counts]:
    """Count each table, if all are about the same recordings."""
    asked = [
        set(table[["recording", "subject", "true_label"]].itertuples(index=False, name=None))
        for table in tables
    ]
    if any(other != asked[0] for other in asked[1:]):
        raise UsageError("predictions of different recordings cannot be compared pairwise")
    return [Counts.of(table, classes) for table in tables]


def _share(reached: np.ndarray, oracle: np.ndarray, majority: np.ndarray) -> np.ndarray:
    return _divide(reached - majority, oracle - majority)


def _divide(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return `part` / `whole`, element by element; NaN where the whole is nothing."""
    return np.divide(part, whole, out=np.full_like(part, np.nan, dtype=float), where=whole > 0)
