"""LateFusion: a classifier per kind of features, whose probabilities are averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from painscope.classifiers.base import Examples, SequenceClassifier
from painscope.classifiers.baselines import MajorityClass, StratifiedChance
from painscope.errors import UsageError
from painscope.features.sequence import block_names

__all__ = ["LateFusion"]


class LateFusion(SequenceClassifier):
    """The mean of the probabilities that members give, each of which reads one block.

    The other way of joining: any other classifier reads the blocks of a joined sequence
    (`painscope.features.join_sequences`) side by side.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`.
    member : str
        Name of a classifier that reads features, each block by itself.
    settings : mapping, optional
        Of the members.

    Attributes
    ----------
    members_ : dict of str to SequenceClassifier
        By block.
    """

    name: ClassVar[str] = "late-fusion"
    title: ClassVar[str] = "Late fusion"

    def __init__(
        self,
        classes: tuple[str, ...],
        seed: int = 0,
        member: str = "logistic-regression",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(classes, seed)
        self.member = member
        self.settings = settings

    @property
    def deterministic(self) -> bool:  # type: ignore[override]
        """Whether the seed changes nothing for the members."""
        return self._kind.deterministic

    @property
    def stops_early(self) -> bool:  # type: ignore[override]
        """Whether other people's clips tell the members when to stop."""
        return self._kind.stops_early

    @property
    def _kind(self) -> SequenceClassifier:
        from painscope.classifiers.registry import CLASSIFIERS, make_classifier

        member = make_classifier(self.member, classes=self.classes, **(self.settings or {}))
        # Two read no features, and chance needs the recordings' ids; a mean of means is a mean.
        unfit = (MajorityClass, StratifiedChance, LateFusion)
        if isinstance(member, unfit):
            others = [name for name, kind in CLASSIFIERS.items() if not issubclass(kind, unfit)]
            raise UsageError(
                f"{self.member} is no member of {self.name}",
                hint=f"Members are: {', '.join(others)}.",
            )
        return member

    def _fit(self, train: Examples, validation: Examples | None) -> None:
        self.members_ = self._blank()
        for block, member in self.members_.items():
            member.prior_, member.history_, member.notes_ = self.prior_, [], []
            member._fit(self._part(train, block), validation and self._part(validation, block))
            self.notes_ += [f"{block}: {note}" if block else note for note in member.notes_]

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        return np.mean(
            [member._proba(self._columns(rows, block)) for block, member in self.members_.items()],
            axis=0,
        )

    def _arrays(self) -> Mapping[str, np.ndarray]:
        return {
            f"{number}.{key}": value
            for number, member in enumerate(self.members_.values())
            for key, value in member._arrays().items()
        }

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.members_ = self._blank()
        for number, member in enumerate(self.members_.values()):
            start = f"{number}."
            member.prior_, member.history_, member.notes_ = self.prior_, [], []
            member._restore(
                {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
            )

    def _blank(self) -> dict[str, SequenceClassifier]:
        """Return an unfitted member per block, who knows its columns."""
        members = {}
        for block in dict.fromkeys(block_names(self.names_)):
            member = self._kind.set_params(seed=self.seed)
            member.names_ = tuple(self.names_[place] for place in self._places(block))
            members[block] = member
        return members

    def _part(self, examples: Examples, block: str) -> Examples:
        return replace(examples, rows=self._columns(examples.rows, block))

    def _columns(self, rows: Sequence[np.ndarray], block: str) -> tuple[np.ndarray, ...]:
        places = self._places(block)
        return tuple(part[:, places] for part in rows)

    def _places(self, block: str) -> np.ndarray:
        return np.flatnonzero([name == block for name in block_names(self.names_)])
