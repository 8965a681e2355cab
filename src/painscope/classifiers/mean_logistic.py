"""MeanLogistic: logistic regression on the clip's mean feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from painscope.classifiers.base import Examples, SequenceClassifier

__all__ = ["MeanLogistic"]


class MeanLogistic(SequenceClassifier):
    """Logistic regression on a clip's mean feature: the plain model a network must beat.

    Means are standardised by the training clips' mean and deviation; a feature that
    never varies there is left out. Classes weigh the same however many clips they have.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`; nothing is drawn at random.
    C : float
        Inverse strength of the L2 penalty, as in scikit-learn. The default is strong,
        because features are often more than clips.
    """

    name: ClassVar[str] = "mean-logistic"
    deterministic: ClassVar[bool] = True
    #: Values per feature that a clip is summarised by.
    statistics: ClassVar[int] = 1

    def __init__(self, classes: tuple[str, ...], seed: int = 0, C: float = 0.01) -> None:
        super().__init__(classes, seed)
        self.C = C

    def _fit(self, train: Examples, validation: Examples | None) -> None:
        from sklearn.linear_model import LogisticRegression

        means = self._summaries(train.rows)
        self.center_ = means.mean(axis=0)
        deviation = means.std(axis=0)
        varies = deviation > 1e-6 * np.abs(self.center_)
        self.scale_ = np.where(varies, 1 / np.where(varies, deviation, 1), 0.0)
        n_classes = len(self.classes)
        self.coefficients_ = np.zeros((n_classes, means.shape[1]))
        self.intercepts_ = np.full(n_classes, -np.inf)
        present = np.unique(train.targets)
        if len(present) == 1:
            self.intercepts_[present] = 0.0
            return
        model = LogisticRegression(C=self.C, class_weight="balanced", max_iter=1000)
        model.fit((means - self.center_) * self.scale_, train.targets)
        if len(present) == 2:  # scikit-learn keeps one row for two classes: the second's
            self.coefficients_[present[1]] = model.coef_[0]
            self.intercepts_[present] = 0.0, model.intercept_[0]
        else:
            self.coefficients_[present] = model.coef_
            self.intercepts_[present] = model.intercept_

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        from scipy.special import softmax

        means = (self._summaries(rows) - self.center_) * self.scale_
        return softmax(means @ self.coefficients_.T + self.intercepts_, axis=1)

    def _arrays(self) -> Mapping[str, np.ndarray]:
        return {
            "center": self.center_,
            "scale": self.scale_,
            "coefficients": self.coefficients_,
            "intercepts": self.intercepts_,
        }

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        n_classes, n_features = len(self.classes), self.statistics * len(self.names_)
        self.center_, self.scale_ = arrays["center"], arrays["scale"]
        self.coefficients_, self.intercepts_ = arrays["coefficients"], arrays["intercepts"]
        if (
            self.coefficients_.shape != (n_classes, n_features)
            or self.intercepts_.shape != (n_classes,)
            or not self.center_.shape == self.scale_.shape == (n_features,)
        ):
            raise ValueError("shapes")

    def _summaries(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return one row per clip: float64 [N, statistics * D]."""
        return np.stack([part.mean(axis=0, dtype=np.float64) for part in rows])
