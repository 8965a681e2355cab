"""Metrics from confusion matrices, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from painscope.errors import UsageError

__all__ = ["CLASS_METRICS", "METRICS", "class_numbers", "confusion", "metrics"]

#: Of the whole table, and of one class.
METRICS = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")
CLASS_METRICS = ("precision", "recall", "f1")


def class_numbers(labels: Iterable[str], classes: Sequence[str]) -> np.ndarray:
    """Return the position of each label among the classes: int64 [N].

    Raises
    ------
    UsageError
        If a label is none of the classes.
    """
    index = {label: number for number, label in enumerate(classes)}
    try:
        return np.array([index[label] for label in labels], np.int64)
    except KeyError as error:
        raise UsageError(
            f"label {error.args[0]!r} is none of the classes {', '.join(classes)}"
        ) from None


def confusion(true: Sequence[str], predicted: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Return the confusion matrix: int64 [C, C], rows true, columns predicted.

    Raises
    ------
    UsageError
        If a label is none of the classes.
    """
    counts = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(counts, (class_numbers(true, classes), class_numbers(predicted, classes)), 1)
    return counts


def metrics(counts: np.ndarray) -> dict[tuple[str, int | None], np.ndarray]:
    """Return every metric of a stack of confusion matrices.

    As in scikit-learn with all `labels` named and ``zero_division=0``: precision, recall
    and F1 of a class that nobody answered or had are 0 and enter the macro averages, while
    balanced accuracy is the mean recall of the classes that occur.

    Parameters
    ----------
    counts : int or float [..., C, C]
        Rows true, columns predicted.

    Returns
    -------
    dict of (metric, class number or None) to float64 [...]
        `METRICS` with None, `CLASS_METRICS` with every class number.
    """
    counts = np.asarray(counts, np.float64)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    had, answered = counts.sum(-1), counts.sum(-2)
    precision, recall = _ratio(right, answered), _ratio(right, had)
    f1 = _ratio(2 * right, had + answered)
    occurs = had > 0
    values: dict[tuple[str, int | None], np.ndarray] = {
        ("accuracy", None): _ratio(right.sum(-1), had.sum(-1)),
        ("balanced_accuracy", None): _ratio((recall * occurs).sum(-1), occurs.sum(-1)),
        ("macro_precision", None): precision.mean(-1),
        ("macro_recall", None): recall.mean(-1),
        ("macro_f1", None): f1.mean(-1),
    }
    for name, per_class in (("precision", precision), ("recall", recall), ("f1", f1)):
        for number in range(counts.shape[-1]):
            values[name, number] = per_class[..., number]
    return values


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros_like(above, np.float64), where=below > 0)
