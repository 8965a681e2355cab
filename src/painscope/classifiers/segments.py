"""How recordings become the clips that classifiers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from painscope.features.sequence import FeatureSequence
from painscope.recording import Segment

__all__ = [
    "SEGMENT_FRAMES",
    "Segments",
    "evaluation_segments",
    "reading_segments",
    "training_segments",
]

SEGMENT_FRAMES = 300
"""A clip of Faces of Experimental Pain: 10 s at 30 frames/s."""


@dataclass(frozen=True)
class Segments:
    """Clips cut from recordings.

    Attributes
    ----------
    sequences : tuple of FeatureSequence
        The clips; views on the recordings' values, not copies.
    parts : tuple of Segment or None
        Which frames of which recording; None where a recording has no frames at all.
    sources : tuple of int
        Position of the recording that each clip was cut from.
    short : int
        Clips with fewer frames than asked for; a classifier reads those they have.
    """

    sequences: tuple[FeatureSequence, ...]
    parts: tuple[Segment | None, ...]
    sources: tuple[int, ...]
    short: int

    def __len__(self) -> int:
        return len(self.sequences)


def training_segments(
    sequences: Sequence[FeatureSequence], *, length: int = SEGMENT_FRAMES
) -> Segments:
    """Cut recordings into consecutive clips of `length` frames.

    A remainder becomes a clip if it has at least half of `length`, so that the 60 s
    baselines of AI4Pain give 5 or 6 clips each, as in Faces of Experimental Pain
    (section III-D2), and 10 s recordings one each. A recording shorter than `length` is
    one clip, however short.
    """
    least = -(-length // 2)
    cuts = []
    for sequence in sequences:
        firsts = range(0, max(len(sequence) - least, 0) + 1, length)
        cuts.append([(first, min(first + length, len(sequence))) for first in firsts])
    return _cut(sequences, cuts, length)


def evaluation_segments(
    sequences: Sequence[FeatureSequence], *, length: int = SEGMENT_FRAMES
) -> Segments:
    """Take the first `length` frames of each recording, as the paper does for its tests."""
    return _cut(sequences, [[(0, min(length, len(sequence)))] for sequence in sequences], length)


def reading_segments(
    sequences: Sequence[FeatureSequence], *, length: int = SEGMENT_FRAMES
) -> Segments:
    """Cut recordings into consecutive clips that leave out no frame; the last may be short."""
    cuts = []
    for sequence in sequences:
        firsts = range(0, max(len(sequence), 1), length)
        cuts.append([(first, min(first + length, len(sequence))) for first in firsts])
    return _cut(sequences, cuts, length)


def _cut(
    sequences: Sequence[FeatureSequence], cuts: Sequence[Sequence[tuple[int, int]]], length: int
) -> Segments:
    clips, parts, sources, short = [], [], [], 0
    for index, (sequence, pieces) in enumerate(zip(sequences, cuts, strict=True)):
        for first, stop in pieces:
            clips.append(sequence.cut(first, stop))
            parts.append(Segment(sequence.recording, first, stop) if stop > first else None)
            sources.append(index)
            short += stop - first < length
    return Segments(tuple(clips), tuple(parts), tuple(sources), short)
