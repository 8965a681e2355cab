"""Readers: threads that decode, locate and crop ahead of the extractor."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Protocol

from painscope.errors import PainscopeError, VideoError
from painscope.face import Locator
from painscope.face.track import CropBatch
from painscope.recording import Recording

__all__ = ["Job", "Piece", "Stream", "read_ahead"]

#: Pieces that lie ready for the extractor, of 32 crops each: 19 MiB of 224 pixels.
AHEAD = 4
#: How often who waits looks whether all is over, in seconds.
LOOK_S = 0.1


class Stream(Protocol):
    """Batches of a recording's frames; `damage` is known once they are all taken."""

    @property
    def damage(self) -> str | None:
        """What could not be decoded."""
        ...

    def __iter__(self) -> Iterator[CropBatch]: ...


@dataclass(eq=False)
class Job:
    """A recording on its way through the pipeline.

    Attributes
    ----------
    recording : Recording
    source : mapping
        What it is read from, for the store.
    kept : bool
        Whether the store has it already; then it has no frames here.
    damage : str or None
        Known at its end: what could not be decoded.
    error : Exception or None
        Known at its end: why it could not be read.
    dropped : Event
        Set by whoever does not want the rest of it.
    """

    recording: Recording
    source: Mapping[str, object]
    kept: bool = False
    damage: str | None = None
    error: Exception | None = None
    dropped: Event = field(default_factory=Event)


#: Frames of a recording; None after its last.
Piece = tuple[Job, CropBatch | None]


@contextmanager
def read_ahead(
    jobs: Iterable[Job],
    open_stream: Callable[[Recording, Locator | None], Stream],
    locator: Locator | None,
    readers: int,
) -> Iterator[Iterator[Piece]]:
    """Give the pieces of all recordings, read by threads while the block computes.

    A recording's pieces come in order, and end with ``(job, None)``. With several readers,
    pieces of so many recordings are mixed. The threads end with the block, however it ends.

    Parameters
    ----------
    jobs : iterable of Job
        Taken one by one, in the threads.
    open_stream : callable
        Opens a recording with a reader's own locator.
    locator : Locator or None
        Each reader has a copy.
    readers : int
    """
    queue: Queue[Piece | Exception | None] = Queue(AHEAD)
    over, turn, source = Event(), Lock(), iter(jobs)

    def put(piece: Piece | Exception | None) -> None:
        while not over.is_set():
            try:
                return queue.put(piece, timeout=LOOK_S)
            except Full:
                continue

    def read(own: Locator | None) -> None:
        try:
            while not over.is_set():
                with turn:
                    job = next(source, None)
                if job is None:
                    break
                _read(job, open_stream, own, put, over)
            put(None)
        except BaseException as error:  # of the jobs themselves: a disk that fails, an interrupt
            put(error if isinstance(error, Exception) else RuntimeError(repr(error)))

    def pieces() -> Iterator[Piece]:
        reading = readers
        while reading:
            try:
                piece = queue.get(timeout=LOOK_S)
            except Empty:
                continue
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                reading -= 1
            else:
                yield piece

    locators = [locator, *(copy.deepcopy(locator) for _ in range(readers - 1))]
    threads = [Thread(target=read, args=(own,), name="painscope-reader") for own in locators]
    for thread in threads:
        thread.start()
    try:
        yield pieces()
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _read(
    job: Job,
    open_stream: Callable[[Recording, Locator | None], Stream],
    locator: Locator | None,
    put: Callable[[Piece], None],
    over: Event,
) -> None:
    """Put one recording's pieces; whatever a broken video raises is its `VideoError`."""
    try:
        if not job.kept:
            stream = open_stream(job.recording, locator)
            for batch in stream:
                if over.is_set() or job.dropped.is_set():
                    break
                put((job, batch))
            job.damage = stream.damage
    except PainscopeError as error:
        job.error = error
    except Exception as error:
        job.error = VideoError(f"{type(error).__name__}: {error}", path=job.recording.video)
        job.error.__cause__ = error
    put((job, None))
