"""Folds of the training people, and the choice of hyper-parameters on those held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from painscope.classifiers.calibration import Calibration, log_loss, scores
from painscope.classifiers.columns import Columns

__all__ = ["grouped_folds", "search"]

#: Places of the clips that a fold learns from, and of those held out.
InnerSplit = tuple[np.ndarray, np.ndarray]


def grouped_folds(
    targets: np.ndarray, groups: Sequence[str], folds: int
) -> tuple[list[InnerSplit], str]:
    """Divide people into folds, each of which leaves every class to learn from.

    Parameters
    ----------
    targets : int [N]
        Class numbers.
    groups : sequence of str, length N
        Who each clip is of.
    folds : int
        As many as asked for; fewer are made if there are fewer people, or if a class would
        be missing from what a fold learns from.

    Returns
    -------
    splits : list of (int64 [n], int64 [m])
        Places of the clips to learn from, and of those held out; no person is in both.
        Empty if it cannot be done at all.
    note : str
        What was done otherwise than asked for; empty if nothing was.
    """
    from sklearn.model_selection import GroupKFold

    people = len(set(groups))
    for count in range(min(folds, people), 1, -1):
        splits = list(GroupKFold(count).split(targets, targets, groups))
        if all(len(np.unique(targets[learn])) == len(np.unique(targets)) for learn, _ in splits):
            why = f"of {people} people" if people < folds else "so that each learns every class"
            return splits, "" if count == folds else f"{count} inner folds, not {folds}, {why}"
    return [], (
        f"{people} people cannot be divided so that each inner fold learns every class: "
        "nothing is searched or calibrated on people held out"
    )


def search(
    choices: Sequence[dict[str, Any]],
    make: Callable[..., Any],
    columns: Columns,
    rows: np.ndarray,
    targets: np.ndarray,
    splits: Sequence[InnerSplit],
) -> tuple[dict[str, Any], Calibration]:
    """Choose hyper-parameters by the people held out in each fold, and calibrate on them.

    Scaling and selection of columns are fitted anew on what each fold learns from.

    Parameters
    ----------
    choices : sequence of dict
        Hyper-parameters; of equally good ones the first is chosen.
    make : callable
        Gives an unfitted model for class numbers and hyper-parameters.
    columns : Columns
        Unfitted.
    rows : float64 [N, D]
    targets : int64 [N]
        From 0 to K - 1, each present.
    splits
        From `grouped_folds`.

    Returns
    -------
    dict
        The choice whose calibrated answers have the lowest log loss.
    Calibration
        Of that choice.
    """
    answers = np.zeros((len(choices), len(rows), len(np.unique(targets))))
    for learn, held_out in splits:
        chosen = clone(columns).fit(rows[learn], targets[learn])
        known, asked = chosen.transform(rows[learn]), chosen.transform(rows[held_out])
        if not known.shape[1]:
            continue  # nothing varies here: scores of 0 say that nothing is known
        for number, parameters in enumerate(choices):
            model = make(targets[learn], **parameters).fit(known, targets[learn])
            answers[number, held_out] = scores(model, asked)
    fits = [Calibration.fit(values, targets) for values in answers]
    losses = [
        log_loss(fit.apply(values), targets) for fit, values in zip(fits, answers, strict=True)
    ]
    best = int(np.argmin(losses))
    return choices[best], fits[best]
