"""What every extractor offers: a vector per frame, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Protocol, runtime_checkable

import numpy as np

from painscope.face.track import CropBatch
from painscope.recording import Recording

__all__ = ["TRACK_ONLY", "BatchExtractor", "Extractor"]

#: Crop size of extractors that look at the track and not at the crops: the smallest is enough.
TRACK_ONLY = 16


@runtime_checkable
class Extractor(Protocol):
    """Turns tracked face crops into vectors.

    Attributes
    ----------
    name : str
        Its name in `painscope.features.EXTRACTORS`.
    names : tuple of str, length D
        Column names, the same for every recording.
    crop_size : int or None
        Edge of the crops it wants, pixels. None: it needs no face; it is then given every
        frame's time, crops of no size and an empty track.
    reach : int
        How many frames before and after a frame its vector depends on; 0: on itself alone.
    """

    name: str
    names: tuple[str, ...]
    crop_size: int | None
    reach: int

    @property
    def provenance(self) -> Mapping[str, object]:
        """Everything about it that shapes the numbers, in plain values that go into JSON."""
        ...

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, D] for B frames of `recording`, all of which have a crop.

        With a `reach`, the frames are consecutive, and the batch's ends are the ends of what
        is known: of the clip, or of a stretch with a face. An extractor keeps nothing from
        batch to batch; who calls it gives it the neighbours and leaves out the rows whose
        neighbours were missing, so that the numbers do not depend on the batches.

        Raises
        ------
        PainscopeError
            If this recording cannot be described; it is then passed over, with the reason.
        UsageError
            If no recording can be, as things were called; this ends the extraction.
        """
        ...


@runtime_checkable
class BatchExtractor(Extractor, Protocol):
    """An extractor to which each crop stands for itself, and which wants many at once.

    Its `reach` is 0. It is given the crops of several recordings together, so a crop's
    vector must not depend on the others, to the bit.

    Attributes
    ----------
    batch_size : int
        How many crops it takes at a time.
    streams : int
        How many batches it computes at once.
    readers : int
        How many recordings should be decoded at once to keep it busy.
    """

    batch_size: int
    streams: int
    readers: int

    def submit(self, crops: np.ndarray) -> Future[np.ndarray]:
        """Begin a batch of up to `batch_size` crops uint8 [B, S, S, 3]: float32 [B, D]."""
        ...
