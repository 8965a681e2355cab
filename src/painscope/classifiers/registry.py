"""The classifiers by name. A new one is a new file, and a line here."""

from __future__ import annotations

import inspect
from typing import Any

from painscope.classifiers.ann import ANNVote
from painscope.classifiers.base import SequenceClassifier
from painscope.classifiers.baselines import MajorityClass, StratifiedChance
from painscope.classifiers.late_fusion import LateFusion
from painscope.classifiers.lstm import LSTMClassifier
from painscope.classifiers.models import (
    RBFSVM,
    GradientBoosting,
    KNearestNeighbours,
    LinearSVM,
    LogisticRegression,
    MeanLogistic,
    NaiveBayes,
    RandomForest,
    StatisticsLogistic,
)
from painscope.errors import UsageError, did_you_mean

__all__ = ["CLASSIFIERS", "make_classifier"]

CLASSIFIERS: dict[str, type[SequenceClassifier]] = {
    kind.name: kind
    for kind in (
        ANNVote,
        LSTMClassifier,
        MeanLogistic,
        StatisticsLogistic,
        LogisticRegression,
        LinearSVM,
        RBFSVM,
        KNearestNeighbours,
        NaiveBayes,
        RandomForest,
        GradientBoosting,
        LateFusion,
        MajorityClass,
        StratifiedChance,
    )
}


def make_classifier(
    name: str, *, classes: tuple[str, ...], seed: int = 0, **settings: Any
) -> SequenceClassifier:
    """Return an unfitted classifier.

    Parameters
    ----------
    name : str
        A key of `CLASSIFIERS`.
    classes : tuple of str
        Class names in the scheme's order.
    seed : int
    **settings
        Parameters of the classifier's class.

    Raises
    ------
    UsageError
        If the name or a setting is unknown.
    """
    kind = CLASSIFIERS.get(name)
    if kind is None:
        raise UsageError(f"unknown classifier {name!r}", hint=did_you_mean(name, CLASSIFIERS))
    known = set(inspect.signature(kind).parameters) - {"classes", "seed"}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise UsageError(
            f"classifier {name!r} has no setting {unknown[0]!r}",
            hint=f"It has: {', '.join(sorted(known))}." if known else "It has none.",
        )
    return kind(classes=tuple(classes), seed=seed, **settings)
