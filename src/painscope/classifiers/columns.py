"""Columns: which of a vector's numbers a classical model reads, and on what scale."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

__all__ = ["Columns"]


class Columns(TransformerMixin, BaseEstimator):
    """Scale columns by the training data, and keep the telling ones of every block.

    Columns are brought to mean 0 and deviation 1; one that never varies is left out. Of each
    block those are kept in which the classes differ most (the F ratio of an analysis of
    variance). Then every block gets the same total variance, so that 4096 deep columns do
    not drown 59 of another kind; one block alone keeps deviation 1.

    Parameters
    ----------
    blocks : tuple of str
        The block that each column belongs to.
    keep : int or None
        Columns kept of each block; None keeps all that vary.

    Attributes
    ----------
    kept_ : int64 [K]
        Their places, in ascending order.
    center_, scale_ : float64 [K]
        What is subtracted from them, and multiplied with.
    constant_ : int
        Columns that never vary in the training data.
    """

    def __init__(self, blocks: tuple[str, ...], keep: int | None = None) -> None:
        self.blocks = blocks
        self.keep = keep

    def fit(self, rows: np.ndarray, targets: np.ndarray) -> Self:
        """Learn places and scales from rows [N, D] and class numbers [N]."""
        center, deviation = rows.mean(axis=0), rows.std(axis=0)
        varies = deviation > 1e-6 * np.abs(center)
        self.constant_ = int((~varies).sum())
        places = np.flatnonzero(varies)
        blocks = np.asarray(self.blocks, object)
        if self.keep is not None:
            places = self._telling(rows, targets, places, blocks)
        counts = {block: np.count_nonzero(blocks[places] == block) for block in {*blocks[places]}}
        weights = [len(places) / (len(counts) * counts[block]) for block in blocks[places]]
        self.kept_ = places
        self.center_ = center[places]
        self.scale_ = np.sqrt(weights) / deviation[places]
        return self

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Return the kept columns, scaled: float64 [N, K]."""
        return (rows[:, self.kept_] - self.center_) * self.scale_

    def _telling(
        self, rows: np.ndarray, targets: np.ndarray, places: np.ndarray, blocks: np.ndarray
    ) -> np.ndarray:
        from sklearn.feature_selection import f_classif

        if not len(places) or len(np.unique(targets)) < 2:
            return places
        with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
            # A column that does not vary within any class has no finite ratio: it comes first.
            warnings.simplefilter("ignore", UserWarning)
            ratio = np.nan_to_num(f_classif(rows[:, places], targets)[0], posinf=np.inf)
        chosen: list[Any] = []
        for block in dict.fromkeys(blocks[places]):
            own = np.flatnonzero(blocks[places] == block)
            # Of equals the first, so that the choice does not hang on a sort's whim.
            chosen += list(places[own[np.argsort(-ratio[own], kind="stable")[: self.keep]]])
        return np.sort(np.array(chosen, np.int64))
