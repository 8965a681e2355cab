"""Windows: batches with the neighbours that an extractor looks at, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from painscope.face.track import CropBatch

__all__ = ["Window", "runs", "windows"]

#: A window holds at least so many frames for each neighbour on either side.
FRAMES_PER_REACH = 16


@dataclass(frozen=True)
class Window:
    """Frames to be described, between neighbours that are only looked at.

    Attributes
    ----------
    batch : CropBatch
        The neighbours before, the frames, the neighbours after.
    first, stop : int
        The frames to be described are ``batch[first:stop]``.
    """

    batch: CropBatch
    first: int
    stop: int

    @property
    def rows(self) -> CropBatch:
        """The frames to be described."""
        return self.batch[self.first : self.stop]


def windows(batches: Iterable[CropBatch], reach: int) -> Iterator[Window]:
    """Yield every frame once, with up to `reach` neighbours on either side.

    There are fewer neighbours only at the clip's two ends. Windows are long enough for the
    neighbours, which are described in vain, to be an eighth of them at most.

    Parameters
    ----------
    batches : iterable of CropBatch
        A clip, in order.
    reach : int
        With 0, the batches come as they are.
    """
    held: CropBatch | None = None
    first = 0  # of the frames not yet described, among those held
    for batch in batches:
        held = batch if held is None else CropBatch.concatenate([held, batch])
        stop = len(held) - reach
        if stop > first and stop - first >= FRAMES_PER_REACH * reach:
            yield Window(held, first, stop)
            kept = max(0, stop - reach)
            held, first = held[kept:], stop - kept
    if held is not None and len(held) > first:
        yield Window(held, first, len(held))


def runs(usable: np.ndarray) -> list[np.ndarray]:
    """Return the stretches of consecutive true values of bool [T]: the row numbers of each."""
    rows = np.flatnonzero(usable)
    return np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []
