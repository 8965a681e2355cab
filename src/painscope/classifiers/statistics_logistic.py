"""StatisticsLogistic: logistic regression on how a clip's features move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from painscope.classifiers.mean_logistic import MeanLogistic

__all__ = ["StatisticsLogistic"]

#: Quantiles beside mean and standard deviation: the level at rest, and the peak without
#: the odd frame.
QUANTILES = (0.1, 0.5, 0.9)


class StatisticsLogistic(MeanLogistic):
    """Logistic regression on a clip's mean, deviation and quantiles of every feature.

    For features that have a meaning of their own and are few: blendshapes, action units.
    Unlike `MeanLogistic` it sees a short strong expression in a long calm clip.

    Parameters
    ----------
    classes, seed, C
        See `MeanLogistic`.
    """

    name: ClassVar[str] = "statistics-logistic"
    statistics: ClassVar[int] = 2 + len(QUANTILES)

    def _summaries(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([_statistics(part) for part in rows])


def _statistics(rows: np.ndarray) -> np.ndarray:
    values = rows.astype(np.float64)
    return np.concatenate(
        [values.mean(axis=0), values.std(axis=0), *np.quantile(values, QUANTILES, axis=0)]
    )
