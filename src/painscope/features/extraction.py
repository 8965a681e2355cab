"""Extraction: the loop that fills a feature store, a recording after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from painscope.errors import DatasetError, UsageError
from painscope.face import FaceStream, Locator, crop_provenance
from painscope.face.track import CropBatch, FaceTrack
from painscope.features.base import BatchExtractor, Extractor
from painscope.features.filling import Outcome, fill_by_batch, fill_by_recording
from painscope.features.readers import Job, Stream, read_ahead
from painscope.features.store import FeatureStore
from painscope.files import Claims
from painscope.recording import Recording
from painscope.video import FrameReader, checked_rate, source_of

__all__ = ["ExtractionSummary", "fill", "fill_store", "open_store"]

log = logging.getLogger("painscope")

#: Frames per piece that a reader hands over.
PIECE = 32


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
    locate_every: int = 1,
) -> FeatureStore:
    """Return the store, below `root`, of features made in just this way.

    Parameters
    ----------
    root : path-like
        A folder, or an address of any fsspec file system (`FeatureStore`).
    extractor : Extractor
    locator : Locator or None
        None only for an extractor that needs no face.
    rate : float
        Frames per second that videos are resampled to.
    margin : float, optional
        Around the face, as a share of its box's longer side; by default the locator's.
    locate_every : int
        Search only every n-th frame for faces; see `FaceStream`.

    Raises
    ------
    UsageError
        If the extractor needs faces and there is no locator.
    """
    return FeatureStore(root, _provenance(extractor, locator, rate, margin, locate_every))


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

    Several processes may be given the same recordings: each leaves those that another is
    extracting to it, and comes back to them at the end, to wait for them or, if the other
    died, to extract them itself. (At an fsspec address, where nothing can be locked, each
    extracts what is not there yet.)

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
    store.remove_abandoned()
    with store.claims() as claims:
        summary = fill(
            recordings, extractor, store, locator=locator, progress=progress, claims=claims
        )
    store.remove_abandoned()  # what somebody left who died in the meantime
    store.write_status()
    return summary


def fill(
    recordings: Iterable[Recording],
    extractor: Extractor,
    store: FeatureStore,
    *,
    locator: Locator | None = None,
    progress: Callable[[int, int], None] | None = None,
    claims: Claims | None = None,
) -> ExtractionSummary:
    """Do of `fill_store` what many may do at once: all but what concerns the whole store.

    Without `claims` nobody else has these recordings.
    """
    settings = store.provenance.get("crops", store.provenance)
    rate, margin = settings.get("rate", 30.0), settings.get("margin")
    locate_every = settings.get("locate_every", 1)
    if not store.is_of(_provenance(extractor, locator, rate, margin, locate_every)):
        raise UsageError(
            "this store holds features made in another way",
            path=store.folder,
            hint="Open it with open_store and the same extractor and locator.",
        )
    recordings = tuple(recordings)

    def open_stream(recording: Recording, own: Locator | None) -> Stream:
        return _stream(recording, extractor, own, rate, margin, locate_every)

    outcome = Outcome(store, len(recordings), progress, claims)
    batched = extractor if isinstance(extractor, BatchExtractor) else None
    left = recordings
    while left:
        # At a round's end no claim is held: two processes never wait for each other.
        busy: list[Recording] = []
        jobs = _jobs(left, store, claims, busy)
        readers = min(batched.readers, len(left)) if batched else 1
        with read_ahead(jobs, open_stream, locator, readers) as pieces:
            if batched:
                fill_by_batch(pieces, batched, store, outcome)
            else:
                fill_by_recording(pieces, extractor, store, outcome)
        left = tuple(busy)
        if claims and left:
            _wait(left, claims)
    ids = [recording.id for recording in recordings]
    return ExtractionSummary(
        extracted=tuple(name for name in ids if name in outcome.extracted),
        kept=tuple(name for name in ids if name in outcome.kept),
        failed=outcome.failed,
        n_frames=outcome.n_frames,
    )


def _jobs(
    recordings: Iterable[Recording],
    store: FeatureStore,
    claims: Claims | None,
    busy: list[Recording],
) -> Iterator[Job]:
    """Yield what is to do, and what is done; put aside what another process is busy with."""
    for recording in recordings:
        if claims and not claims.take(recording.id):
            busy.append(recording)
            continue
        source = source_of(recording)
        yield Job(recording, source, kept=store.has(recording.id, source=source))


def _wait(recordings: Sequence[Recording], claims: Claims) -> None:
    """Return, with a claim, as soon as another process is done with one of these, or dead."""
    log.info("%s and %d more: waiting for another process", recordings[0].id, len(recordings) - 1)
    claims.wait([recording.id for recording in recordings])


def _stream(
    recording: Recording,
    extractor: Extractor,
    locator: Locator | None,
    rate: float,
    margin: float | None,
    locate_every: int,
) -> Stream:
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
            batch_size=PIECE,
            locate_every=locate_every,
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
            batch_size=PIECE,
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
    extractor: Extractor,
    locator: Locator | None,
    rate: float,
    margin: float | None,
    locate_every: int,
) -> dict[str, object]:
    """Return everything that shapes the numbers."""
    made: dict[str, object] = {"extractor": dict(extractor.provenance)}
    if extractor.crop_size is None:
        return made | {"rate": checked_rate(rate)}
    if locator is None:
        raise UsageError(f"the extractor {extractor.name} needs a locator of faces")
    crops = crop_provenance(
        locator,
        rate=rate,
        margin=margin,
        size=extractor.crop_size,
        locate_every=locate_every,
    )
    return made | {"crops": dict(crops)}
