"""Filling a store from pieces of recordings: in full batches, or one recording at a time."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import numpy as np

from painscope.errors import (
    CheckpointError,
    PainscopeError,
    StorageError,
    UsageError,
    VideoError,
)
from painscope.face.track import CropBatch, FaceTrack
from painscope.features.base import BatchExtractor, Extractor
from painscope.features.readers import Job, Piece
from painscope.features.store import FeatureStore, SequenceWriter
from painscope.features.windows import Window, runs, windows
from painscope.files import Claims
from painscope.recording import Recording

__all__ = ["Outcome", "fill_by_batch", "fill_by_recording"]

#: These end the extraction; any other problem of a recording is a row in its status.
FATAL = (StorageError, UsageError, CheckpointError)


@dataclass
class Outcome:
    """What became of each recording so far; its claim, if there are claims, ends with it."""

    store: FeatureStore
    todo: int
    progress: Callable[[int, int], None] | None
    claims: Claims | None = None
    extracted: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    n_frames: int = 0

    def keep(self, recording: Recording) -> None:
        """Note a recording that was there already."""
        self.kept.add(recording.id)
        self._end(recording)

    def finish(self, recording: Recording, n_frames: int) -> None:
        """Note a recording that is in the store now."""
        self.extracted.add(recording.id)
        self.n_frames += n_frames
        self._end(recording)

    def fail(self, recording: Recording, error: Exception) -> None:
        """Note why a recording has no features; raise what must end the extraction."""
        if isinstance(error, FATAL) or not isinstance(error, PainscopeError):
            raise error
        self.failed[recording.id] = str(error)
        self.store.record_failure(recording.id, str(error))
        self._end(recording)

    def _end(self, recording: Recording) -> None:
        if self.claims:
            self.claims.release(recording.id)
        if self.progress:
            done = len(self.extracted) + len(self.kept) + len(self.failed)
            self.progress(done, self.todo)


def fill_by_recording(
    pieces: Iterator[Piece], extractor: Extractor, store: FeatureStore, outcome: Outcome
) -> None:
    """Fill the store from the pieces of one reader, a recording after the other."""
    for job, own in groupby(pieces, key=itemgetter(0)):
        if job.kept:
            outcome.keep(job.recording)
            continue
        batches = (batch for _, batch in own if batch is not None)
        try:
            outcome.finish(job.recording, _extract(job, batches, extractor, store))
        except PainscopeError as error:
            job.dropped.set()
            outcome.fail(job.recording, error)


def _extract(
    job: Job, batches: Iterator[CropBatch], extractor: Extractor, store: FeatureStore
) -> int:
    """Extract one recording into the store; return its number of frames."""
    recording = job.recording
    with store.writing(recording.id, extractor.names, source=job.source) as writer:
        for window in windows(batches, extractor.reach):
            values = _values(extractor, window, recording)
            track = window.rows.track
            faces = extractor.crop_size is not None
            found = track.found if faces else np.isfinite(values).all(axis=1)
            writer.append(values, track.time_s, found)
        _end(writer, job)
    return writer.n_frames


def _values(extractor: Extractor, window: Window, recording: Recording) -> np.ndarray:
    """Return float32 [B, D] for the window's rows; frames without a crop are NaN."""
    batch, needs_face = window.batch, extractor.crop_size is not None
    usable = batch.track.has_box if needs_face else np.ones(len(batch), bool)
    values = np.full((len(batch), len(extractor.names)), np.nan, np.float32)
    for rows in runs(usable) if extractor.reach else [np.flatnonzero(usable)]:
        # A run that lies before or after the window's own rows is another window's.
        if len(rows) and rows[-1] >= window.first and rows[0] < window.stop:
            values[rows] = extractor.extract(batch[rows], recording)
    return values[window.first : window.stop]


def _end(writer: SequenceWriter, job: Job) -> None:
    """Raise whatever keeps the sequence from being whole."""
    if job.error is not None:
        raise job.error
    if writer.n_frames == 0:
        raise VideoError("no frame could be read", path=job.recording.video)
    writer.damage = job.damage


def fill_by_batch(
    pieces: Iterator[Piece], extractor: BatchExtractor, store: FeatureStore, outcome: Outcome
) -> None:
    """Fill the store in full batches, whatever recordings their crops are of.

    Some recordings are open at once: those of a batch and of the batches being computed.
    """
    batches = _Batches(extractor)
    entries: dict[Job, _Entry] = {}
    try:
        for job, batch in pieces:
            if job.kept:
                outcome.keep(job.recording)
                continue
            entry = entries.get(job) or entries.setdefault(job, _Entry(job))
            if batch is None:
                entry.ended = True
            else:
                batches.add(entry.expect(batch, len(extractor.names)), batch)
            _settle(entries, extractor, store, outcome)
        batches.finish()
        _settle(entries, extractor, store, outcome)
    finally:
        for entry in entries.values():
            entry.discard()


def _settle(
    entries: dict[Job, _Entry], extractor: Extractor, store: FeatureStore, outcome: Outcome
) -> None:
    """Write what is computed; close recordings that are complete or have failed."""
    for job, entry in list(entries.items()):
        try:
            if job.error is not None and entry.ended:
                raise job.error
            entry.write(store, extractor.names)
            if entry.ended and not entry.parts:
                outcome.finish(job.recording, entry.close(store, extractor.names))
                del entries[job]
        except PainscopeError as error:
            del entries[job]
            entry.discard()
            outcome.fail(job.recording, error)


@dataclass(eq=False)
class _Part:
    """Some frames of a recording: their values, as far as they are computed."""

    values: np.ndarray
    track: FaceTrack
    waiting: int


class _Entry:
    """A recording of which frames are being computed or written."""

    def __init__(self, job: Job) -> None:
        self.job, self.ended = job, False
        self.parts: deque[_Part] = deque()
        self._stack = ExitStack()
        self._writer: SequenceWriter | None = None

    def expect(self, batch: CropBatch, columns: int) -> _Part:
        """Return where the values of these frames are to go."""
        values = np.full((len(batch), columns), np.nan, np.float32)
        part = _Part(values, batch.track, int(batch.track.has_box.sum()))
        self.parts.append(part)
        return part

    def write(self, store: FeatureStore, names: tuple[str, ...]) -> None:
        """Write the parts that are complete and whose turn it is."""
        while self.parts and not self.parts[0].waiting:
            part = self.parts.popleft()
            track = part.track
            self._open(store, names).append(part.values, track.time_s, track.found)

    def close(self, store: FeatureStore, names: tuple[str, ...]) -> int:
        """Put the recording into the store; return its number of frames."""
        writer = self._open(store, names)
        with self._stack:
            _end(writer, self.job)
        return writer.n_frames

    def discard(self) -> None:
        """Leave no trace of it; nothing is left to do after `close`."""
        with contextlib.suppress(_Discarded), self._stack:
            raise _Discarded

    def _open(self, store: FeatureStore, names: tuple[str, ...]) -> SequenceWriter:
        if self._writer is None:
            job = self.job
            writing = store.writing(job.recording.id, names, source=job.source)
            self._writer = self._stack.enter_context(writing)
        return self._writer


class _Discarded(Exception):
    pass


class _Batches:
    """Packs crops into batches, has them computed, and brings the rows back.

    As many batches are computed at once as the extractor has streams, and one waits.
    """

    def __init__(self, extractor: BatchExtractor) -> None:
        self.extractor = extractor
        self._crops: list[np.ndarray] = []
        self._places: list[tuple[_Part, int]] = []
        self._computed: deque[tuple[Future[np.ndarray], Sequence[tuple[_Part, int]]]] = deque()

    def add(self, part: _Part, batch: CropBatch) -> None:
        """Take the crops of a part's frames that show a face."""
        for row in np.flatnonzero(batch.track.has_box):
            self._crops.append(batch.crops[row])
            self._places.append((part, int(row)))
            if len(self._crops) == self.extractor.batch_size:
                self._submit()
        while self._computed and self._computed[0][0].done():
            self._collect()

    def finish(self) -> None:
        """Compute what is left."""
        if self._crops:
            self._submit()
        while self._computed:
            self._collect()

    def _submit(self) -> None:
        future = self.extractor.submit(np.stack(self._crops))
        self._computed.append((future, self._places))
        self._crops, self._places = [], []
        while len(self._computed) > self.extractor.streams + 1:
            self._collect()

    def _collect(self) -> None:
        future, places = self._computed.popleft()
        for (part, row), values in zip(places, future.result(), strict=True):
            part.values[row] = values
            part.waiting -= 1
