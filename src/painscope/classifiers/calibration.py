"""Calibration: from a model's scores to probabilities that mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

__all__ = ["Calibration", "log_loss", "scores"]

#: How far, as a factor, the slope may be from one over the scores' spread. It is never
#: negative: a model that is wrong about held-out people becomes unsure, not reversed.
_FARTHEST = 1e3
#: Probabilities of a model are trusted down to here: a forest's zero is only a small number.
_LEAST = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Softmax of ``slope * scores + offsets``: Platt's scaling [1]_, for any number of classes.

    Attributes
    ----------
    slope : float
        Positive.
    offsets : float64 [K]

    References
    ----------
    .. [1] Platt: Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods, 1999. His smoothed targets are used too.
    """

    slope: float
    offsets: np.ndarray

    @classmethod
    def none(cls, classes: int) -> Calibration:
        """Return the one that leaves a model's own probabilities as they are."""
        return cls(1.0, np.zeros(classes))

    @classmethod
    def fit(cls, values: np.ndarray, targets: np.ndarray) -> Calibration:
        """Fit to scores [N, K] of clips that the model has not seen, and class numbers [N].

        Classes weigh the same however many clips they have.
        """
        from scipy.optimize import minimize

        wanted, weights = _smoothed(targets, values.shape[1])
        start = -np.log(max(float((values - values.mean(axis=1, keepdims=True)).std()), 1e-12))

        def loss(place: np.ndarray) -> tuple[float, np.ndarray]:
            offsets = np.append(0.0, place[1:])
            logits = np.exp(place[0]) * values + offsets
            proba = softmax(logits, axis=1)
            error = weights[:, None] * (proba - wanted)
            slope = (error * values).sum() * np.exp(place[0])
            total = -(weights[:, None] * wanted * np.log(np.maximum(proba, 1e-300))).sum()
            return total, np.append(slope, error.sum(axis=0)[1:])

        reach = np.log(_FARTHEST)
        bounds = [(start - reach, start + reach), *[(-30.0, 30.0)] * (values.shape[1] - 1)]
        first = np.append(start, np.zeros(values.shape[1] - 1))
        found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds).x
        return cls(float(np.exp(found[0])), np.append(0.0, found[1:]))

    def proba(self, model: Any, rows: np.ndarray) -> np.ndarray:
        """Return a fitted model's calibrated probabilities of rows [N, D]: float64 [N, K]."""
        return self.apply(scores(model, rows))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the probabilities, float64 [N, K], of scores [N, K]."""
        return softmax(self.slope * values + self.offsets, axis=1)


def scores(model: Any, rows: np.ndarray) -> np.ndarray:
    """Return a model's scores, float64 [N, K], whose softmax are its own probabilities if any.

    Distances to the boundary of machines that have them, else logarithms of probabilities.
    """
    if hasattr(model, "decision_function"):
        values = np.asarray(model.decision_function(rows), np.float64)
        return np.column_stack([np.zeros(len(values)), values]) if values.ndim == 1 else values
    return np.log(np.maximum(model.predict_proba(rows), _LEAST))


def log_loss(proba: np.ndarray, targets: np.ndarray) -> float:
    """Return the mean negative log probability of the truth, every class weighing the same."""
    told = -np.log(np.maximum(proba[np.arange(len(targets)), targets], 1e-12))
    return float(np.mean([told[targets == number].mean() for number in np.unique(targets)]))


def _smoothed(targets: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Platt's targets [N, K], which are never quite 0 or 1, and a weight per clip [N]."""
    counts = np.bincount(targets, minlength=classes)[targets]
    wanted = np.repeat(1 / (counts + classes)[:, None], classes, axis=1)
    wanted[np.arange(len(targets)), targets] = (counts + 1) / (counts + classes)
    return wanted, len(targets) / (classes * counts)
