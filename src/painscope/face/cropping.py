"""Cropping recordings to disk: resumable, side by side in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from painscope.errors import PainscopeError, RunError, StorageError, UsageError
from painscope.face.crop import CROP_SIZE
from painscope.face.folder import (
    STATUS,
    TRACK,
    CropResult,
    is_done,
    read_result,
    read_status,
    settle,
    write_status,
    write_track,
)
from painscope.face.locators import Locator
from painscope.face.stream import FaceStream, crop_provenance
from painscope.face.track import FaceTrack
from painscope.files import Claims, atomic_folder, remove_abandoned, whole_path
from painscope.recording import Recording
from painscope.video import source_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_crops"]

JPEG_QUALITY = 95


def write_crops(
    recordings: Iterable[Recording],
    locator: Locator,
    out: Path | str,
    *,
    rate: float = 30.0,
    margin: float | None = None,
    size: int = CROP_SIZE,
    every: int = 1,
    workers: int = 1,
    progress: Callable[[CropResult], object] | None = None,
) -> pd.DataFrame:
    """Write every recording's face crops into ``out/<recording id>/<frame:06d>.jpg``.

    Beside the images lies ``track.parquet``: a row per frame of the clip with its time, box,
    confidence and whether the face was found. A recording's folder appears whole or not at
    all, so the work can be interrupted and started again: what is there is kept, unless the
    recording now points to another part or another video (told by name and size); what
    failed is tried again. Several processes may be given one folder: each waits for what
    another is cropping. ``crops.json`` holds the settings, ``status.parquet`` what became
    of each recording. The images do not depend on `workers`.

    Parameters
    ----------
    recordings : iterable of Recording
    locator : Locator
    out : path-like
        A new folder, or one begun with the same settings.
    rate, margin, size
        As in `FaceStream`.
    every : int
        Write each so-many-th frame only; the face is still followed through all.
    workers : int
        Processes that work side by side. With more than one, a script that calls this needs
        the usual ``if __name__ == "__main__":``.
    progress : callable, optional
        Called with each `CropResult` as it comes; at once for recordings already there.

    Returns
    -------
    DataFrame
        ``status.parquet``: the fields of `CropResult`, ordered by recording.

    Raises
    ------
    UsageError
        If a setting is impossible, or the folder holds crops made with other settings.
    StorageError
        If the disk is full or the folder cannot be written.
    """
    out = whole_path(out)
    if every < 1 or workers < 1:
        raise UsageError(f"every {every} and workers {workers} must be 1 or more")
    tasks: dict[str, Recording] = {}
    for recording in recordings:
        if recording.id in tasks:
            raise UsageError(f"two recordings have the id {recording.id}")
        tasks[recording.id] = recording
    shape = crop_provenance(locator, rate=rate, margin=margin, size=size)
    settle(out, {**shape, "every": every, "jpeg_quality": JPEG_QUALITY})
    remove_abandoned(out)
    before = {row.recording: row for row in read_status(out)}
    results: dict[str, CropResult] = {}
    crop = _Cropper(locator, out, rate=rate, margin=margin, size=size, every=every)
    try:
        for recording_id in [
            name for name in tasks if is_done(out, name, source=source_of(tasks[name]))
        ]:
            known = before.get(recording_id)
            if known is None or known.status != "done":
                known = read_result(out, recording_id)
            results[recording_id] = known
            del tasks[recording_id]
            if progress:
                progress(results[recording_id])
        for result in _run(crop, list(tasks.values()), workers):
            results[result.recording] = result
            if progress:
                progress(result)
    finally:
        with Claims(out) as claims:
            claims.wait([STATUS])  # others may be telling theirs
            told = {row.recording: row for row in read_status(out)}
            status = write_status(out, (told | results).values())
    return status


@dataclass(frozen=True)
class _Cropper:
    """Crops one recording after the other; can be sent to another process."""

    locator: Locator
    out: Path
    rate: float
    margin: float | None
    size: int
    every: int

    def __call__(self, recording: Recording) -> CropResult:
        """Write one recording's folder; a recording that cannot be read is a failed result."""
        try:
            with Claims(self.out) as claims:
                claims.wait([recording.id])  # another process may be cropping it
                source = source_of(recording)
                if is_done(self.out, recording.id, source=source):
                    return read_result(self.out, recording.id)
                # What is there is of another video: nobody shall take it for this one's, which
                # may be broken.
                (self.out / recording.id / TRACK).unlink(missing_ok=True)
                return self._write(recording, source)
        except StorageError:
            raise
        except PainscopeError as error:
            return CropResult(recording.id, "failed", str(error))
        except Exception as error:  # a decoder's or a locator's surprise costs one recording
            return CropResult(recording.id, "failed", f"{type(error).__name__}: {error}")

    def _write(self, recording: Recording, source: Mapping[str, object]) -> CropResult:
        stream = FaceStream(
            recording, self.locator, rate=self.rate, margin=self.margin, size=self.size
        )
        with atomic_folder(self.out / recording.id) as folder:
            track = self._write_images(stream, folder)
            write_track(folder / TRACK, track, stream.damage, source)
        return read_result(self.out, recording.id)

    def _write_images(self, stream: FaceStream, folder: Path) -> FaceTrack:
        import cv2

        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        parts: list[FaceTrack] = []
        first = 0
        for batch in stream:
            parts.append(_bare(batch.track))
            for frame, crop in enumerate(batch.crops, start=first):
                if frame % self.every or not batch.track.has_box[frame - first]:
                    continue
                image = cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)
                coded = cv2.imencode(".jpg", image, quality)[1].tobytes()
                (folder / f"{frame:06d}.jpg").write_bytes(coded)
            first += len(batch.track)
        return FaceTrack.concatenate(parts)


def _bare(track: FaceTrack) -> FaceTrack:
    """Drop what is not written: the landmarks of a long recording would fill the memory."""
    return replace(
        track, landmarks=track.landmarks[:, :0].copy(), blendshapes=track.blendshapes[:, :0].copy()
    )


#: In a worker process: what crops there.
_cropper: _Cropper | None = None


def _start_worker(cropper: _Cropper) -> None:
    global _cropper
    import cv2

    cv2.setNumThreads(1)
    _cropper = cropper


def _crop_in_worker(recording: Recording) -> CropResult:
    assert _cropper is not None
    return _cropper(recording)


def _run(cropper: _Cropper, recordings: list[Recording], workers: int) -> Iterator[CropResult]:
    if workers == 1 or len(recordings) < 2:
        yield from map(cropper, recordings)
        return
    # Fresh processes, not forks: MediaPipe's and OpenCV's threads do not survive a fork.
    pool = ProcessPoolExecutor(
        min(workers, len(recordings)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(cropper,),
    )
    try:
        for future in as_completed([pool.submit(_crop_in_worker, one) for one in recordings]):
            yield future.result()
    except BrokenProcessPool as error:
        raise RunError(
            "a worker process ended unexpectedly, perhaps for want of memory",
            path=cropper.out,
            hint="Start again, what is done is kept; with fewer workers if it happens again.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
