"""Extraction: the loop that fills a feature store, a recording after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from painscope.errors import (
    CheckpointError,
    DatasetError,
    PainscopeError,
    StorageError,
    UsageError,
    VideoError,
)
from painscope.face import FaceStream, Locator, crop_provenance
from painscope.face.track import CropBatch, FaceTrack
from painscope.features.base import Extractor
from painscope.features.store import FeatureStore
from painscope.features.windows import Window, runs, windows
from painscope.recording import Recording
from painscope.video import FrameReader, picture_files

__all__ = ["ExtractionSummary", "fill_store", "open_store"]

BATCH_SIZE = 32
#: Batches decoded and cropped ahead of the extractor.
AHEAD = 2

#: These end the extraction; any other problem of a recording is a row in its status.
_FATAL = (StorageError, UsageError, CheckpointError)


@dataclass(frozen=True)
class ExtractionSummary:
    """What an extraction did.

    Attributes
    ----------
    extracted : tuple of str
        Ids of the recordings extracted now.
    kept : tuple of str
        Those that were there already.
    failed : mapping of str to str
        Those without features, and why.
    n_frames : int
        Frames extracted now.
    """

    extracted: tuple[str, ...]
    kept: tuple[str, ...]
    failed: Mapping[str, str]
    n_frames: int


def open_store(
    root: Path | str,
    extractor: Extractor,
    *,
    locator: Locator | None,
    rate: float = 30.0,
    margin: float | None = None,
) -> FeatureStore:
    """Return the store, below `root`, of features made in just this way.

    Parameters
    ----------
    root : path-like
    extractor : Extractor
    locator : Locator or None
        None only for an extractor that needs no face.
    rate : float
        Frames per second that videos are resampled to.
    margin : float, optional
        Around the face, as a share of its box's longer side; by default the locator's.

    Raises
    ------
    UsageError
        If the extractor needs faces and there is no locator.
    """
    return FeatureStore(root, _provenance(extractor, locator, rate, margin))


def fill_store(
    recordings: Iterable[Recording],
    extractor: Extractor,
    store: FeatureStore,
    *,
    locator: Locator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ExtractionSummary:
    """Fill `store` with the features of `recordings`; the same call continues.

    What the store holds already is kept, unless the recording now points to another part
    or another video (told by name and size). A recording that cannot be read becomes a
    failed row in the store's status, and the next call tries it again. Frames without a
    face are rows of NaN. Videos are streamed: memory does not grow with their length.

    Parameters
    ----------
    recordings : iterable of Recording
    extractor : Extractor
    store : FeatureStore
        From `open_store`, which fixes frame rate and margin.
    locator : Locator, optional
        The one the store was opened with.
    progress : callable, optional
        Called with the number of recordings done and to do.

    Returns
    -------
    ExtractionSummary

    Raises
    ------
    UsageError
        If the store is of another extractor or locator, or they do not fit each other.
    StorageError
        If the disk is full; what was extracted is kept.
    """
    settings = store.provenance.get("crops", store.provenance)
    rate, margin = settings.get("rate", 30.0), settings.get("margin")
    if not store.is_of(_provenance(extractor, locator, rate, margin)):
        raise UsageError(
            "this store holds features made in another way",
            path=store.folder,
            hint="Open it with open_store and the same extractor and locator.",
        )
    recordings = tuple(recordings)
    extracted: list[str] = []
    kept: list[str] = []
    failed: dict[str, str] = {}
    n_frames = 0
    with ThreadPoolExecutor(1, "painscope-frames") as thread:
        for done, recording in enumerate(recordings, start=1):
            source = _source(recording)
            if store.has(recording.id, source=source):
                kept.append(recording.id)
            else:
                try:
                    stream = _stream(recording, extractor, locator, rate, margin)
                    n_frames += _extract_one(recording, extractor, store, stream, source, thread)
                    extracted.append(recording.id)
                except _FATAL:
                    raise
                except PainscopeError as error:
                    failed[recording.id] = str(error)
                    store.record_failure(recording.id, str(error))
            if progress:
                progress(done, len(recordings))
    store.write_status()
    return ExtractionSummary(tuple(extracted), tuple(kept), failed, n_frames)


class _Stream(Protocol):
    """Batches of a recording's frames; `damage` is known once they are all taken."""

    @property
    def damage(self) -> str | None: ...

    def __iter__(self) -> Iterator[CropBatch]: ...


def _extract_one(
    recording: Recording,
    extractor: Extractor,
    store: FeatureStore,
    stream: _Stream,
    source: Mapping[str, object],
    thread: ThreadPoolExecutor,
) -> int:
    """Extract one recording into the store; return its number of frames."""
    with store.writing(recording.id, extractor.names, source=source) as writer:
        for window in windows(_ahead(stream, recording, thread), extractor.reach):
            values = _values(extractor, window, recording)
            track = window.rows.track
            faces = extractor.crop_size is not None
            found = track.found if faces else np.isfinite(values).all(axis=1)
            writer.append(values, track.time_s, found)
        if writer.n_frames == 0:
            raise VideoError("no frame could be read", path=recording.video)
        writer.damage = stream.damage
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


def _ahead(
    stream: Iterable[CropBatch], recording: Recording, thread: ThreadPoolExecutor
) -> Iterator[CropBatch]:
    """Yield the stream's batches, read by `thread` while the extractor computes.

    Whatever a broken video raises on the way becomes a `VideoError`.
    """
    batches = iter(stream)
    pending = deque(thread.submit(next, batches, None) for _ in range(AHEAD))
    try:
        while (batch := pending.popleft().result()) is not None:
            pending.append(thread.submit(next, batches, None))
            yield batch
    except PainscopeError:
        raise
    except Exception as error:
        raise VideoError(f"{type(error).__name__}: {error}", path=recording.video) from error
    finally:
        wait(pending)


def _stream(
    recording: Recording,
    extractor: Extractor,
    locator: Locator | None,
    rate: float,
    margin: float | None,
) -> _Stream:
    try:
        if extractor.crop_size is None:
            return _FacelessStream(recording, rate)
        assert locator is not None  # the store's provenance was checked
        return FaceStream(
            recording,
            locator,
            rate=rate,
            margin=margin,
            size=extractor.crop_size,
            batch_size=BATCH_SIZE,
        )
    except UsageError as error:  # the settings were checked: it is this recording's clip
        raise DatasetError(str(error)) from None


class _FacelessStream:
    """The frames' times alone, for extractors that need no face."""

    def __init__(self, recording: Recording, rate: float) -> None:
        self._reader = FrameReader(
            recording.video,
            rate=rate,
            start_s=recording.start_s,
            stop_s=recording.stop_s,
            batch_size=BATCH_SIZE,
        )

    @property
    def damage(self) -> str | None:
        return self._reader.damage

    def __iter__(self) -> Iterator[CropBatch]:
        for frames in self._reader:
            n = len(frames)
            track = FaceTrack(
                time_s=frames.time_s,
                box=np.full((n, 4), np.nan, np.float32),
                landmarks=np.zeros((n, 0, 2), np.float32),
                blendshapes=np.zeros((n, 0), np.float32),
                confidence=np.zeros(n, np.float32),
                found=np.zeros(n, bool),
            )
            yield CropBatch(np.zeros((n, 0, 0, 3), np.uint8), track)


def _provenance(
    extractor: Extractor, locator: Locator | None, rate: float, margin: float | None
) -> dict[str, object]:
    """Return everything that shapes the numbers."""
    made: dict[str, object] = {"extractor": dict(extractor.provenance)}
    if extractor.crop_size is None:
        return made | {"rate": float(rate)}
    if locator is None:
        raise UsageError(f"the extractor {extractor.name} needs a locator of faces")
    crops = crop_provenance(locator, rate=rate, margin=margin, size=extractor.crop_size)
    return made | {"crops": dict(crops)}


def _source(recording: Recording) -> dict[str, object]:
    """Return what tells this recording's pictures from others' under the same id."""
    video = recording.video
    try:
        files = picture_files(video) if video.is_dir() else [video]
        size = sum(file.stat().st_size for file in files)
    except (OSError, VideoError):
        size = -1  # reading it will say what is wrong
    return {
        "video": recording.video.name,
        "bytes": size,
        "start_s": recording.start_s,
        "stop_s": recording.stop_s,
    }
