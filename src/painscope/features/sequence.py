"""FeatureSequence: a vector per frame of one recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from painscope.errors import UsageError

__all__ = ["FeatureSequence", "block_names", "join_sequences"]

#: Between a block's name and a column's, in sequences of several blocks.
_BLOCK = "::"


@dataclass(frozen=True)
class FeatureSequence:
    """Features of one recording over T frames at a fixed rate.

    Attributes
    ----------
    recording : str
        The recording's id.
    values : float32 [T, D]
        A row per frame; NaN in the rows where no face could be cropped.
    time_s : float64 [T]
        Seconds since the start of the recording.
    found : bool [T]
        Whether the face was seen in this very frame (a bridged frame has values
        and is not found).
    names : tuple of str, length D
        Column names.
    provenance : mapping
        Everything that shaped the numbers; the store's digest is made of it.
    """

    recording: str
    values: np.ndarray
    time_s: np.ndarray
    found: np.ndarray
    names: tuple[str, ...]
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.time_s), len(self.names)):
            raise ValueError(
                f"{self.recording}: values {self.values.shape} do not match "
                f"{len(self.time_s)} times and {len(self.names)} names"
            )
        if len(self.found) != len(self.time_s):
            raise ValueError(f"{self.recording}: found and time_s differ in length")

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def usable(self) -> np.ndarray:
        """Whether a frame has values: bool [T]. Classifiers read these rows only."""
        return np.isfinite(self.values).all(axis=1)

    def cut(self, first: int, stop: int) -> FeatureSequence:
        """Return frames ``first`` up to, not including, ``stop``."""
        part = slice(first, stop)
        return replace(
            self, values=self.values[part], time_s=self.time_s[part], found=self.found[part]
        )


def block_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the block of each column: what `join_sequences` put before ``::``, or ``""``."""
    return tuple(name.rpartition(_BLOCK)[0] for name in names)


def join_sequences(blocks: Mapping[str, FeatureSequence]) -> FeatureSequence:
    """Put several kinds of features of one recording side by side.

    Parameters
    ----------
    blocks : mapping of str to FeatureSequence
        By the name of each block, which goes before its columns' names: ``block::column``.

    Returns
    -------
    FeatureSequence
        A frame is usable if every block has values for it.

    Raises
    ------
    UsageError
        If the blocks are of different recordings or frames.
    """
    first = next(iter(blocks.values()))
    for name, other in blocks.items():
        if other.recording != first.recording or not np.array_equal(other.time_s, first.time_s):
            raise UsageError(
                f"{first.recording}: {name} has other frames than {next(iter(blocks))}, "
                "so they cannot stand side by side",
                hint="Extract all features at the same frame rate.",
            )
    return replace(
        first,
        values=np.concatenate([each.values for each in blocks.values()], axis=1),
        found=np.logical_and.reduce([each.found for each in blocks.values()]),
        names=_joined(tuple((name, each.names) for name, each in blocks.items())),
        provenance={name: dict(each.provenance) for name, each in blocks.items()},
    )


@lru_cache(maxsize=8)
def _joined(blocks: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, ...]:
    """Return the same tuple for all recordings, as the store does."""
    return tuple(f"{name}{_BLOCK}{column}" for name, own in blocks for column in own)
