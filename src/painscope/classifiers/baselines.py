"""The two answers that do not look: what every table must be read against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from painscope.classifiers.base import Examples, SequenceClassifier
from painscope.features.sequence import FeatureSequence

__all__ = ["MajorityClass", "StratifiedChance"]


class _Blind(SequenceClassifier):
    """Knows the training recordings' class frequencies (`prior_`) and nothing else."""

    def _fit(self, train: Examples, validation: Examples | None) -> None:
        pass

    def _arrays(self) -> Mapping[str, np.ndarray]:
        return {}

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        if arrays:
            raise ValueError(f"unexpected {sorted(arrays)}")


class MajorityClass(_Blind):
    """Always the most frequent class of the training recordings; of equals the lesser pain.

    The probabilities are the class frequencies.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`; nothing is drawn at random.
    """

    name: ClassVar[str] = "majority"
    title: ClassVar[str] = "Majority class"
    deterministic: ClassVar[bool] = True

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        return np.tile(self.prior_, (len(rows), 1))


class StratifiedChance(_Blind):
    """A class drawn at random with the training recordings' frequencies.

    The draw hangs on the seed and the recording's id alone, so the same recording gets
    the same answer in any company.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`.
    """

    name: ClassVar[str] = "chance"
    title: ClassVar[str] = "Stratified chance"

    def predict_proba(self, sequences: Sequence[FeatureSequence]) -> np.ndarray:
        """Return one-hot rows, float64 [N, C]: the class that was drawn."""
        self._check_fitted()
        drawn = [self._draw(sequence.recording) for sequence in sequences]
        return np.eye(len(self.classes))[drawn].reshape(-1, len(self.classes))

    def _draw(self, recording: str) -> int:
        rng = np.random.default_rng([self.seed, *recording.encode()])
        return int(rng.choice(len(self.classes), p=self.prior_))

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        raise NotImplementedError  # predict_proba needs the ids, which rows do not have
