"""FaceStream: a recording's face, frame by frame, as batches of crops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from painscope.errors import UsageError
from painscope.face.crop import CROP_SIZE, crop_face
from painscope.face.locators import Face, Locator
from painscope.face.track import CropBatch, FaceTrack
from painscope.face.tracker import TRACKER, Tracked, bridge, follow, interpolate, steady
from painscope.recording import Recording
from painscope.video import FrameReader, checked_rate

__all__ = ["FaceStream", "crop_provenance"]

#: Pictures decoded at a time. The tracker holds back half a second besides, so memory
#: grows with a picture's size and with the rate, not with the recording's length.
DECODED_AT_ONCE = 8

NO_IMAGE = np.zeros((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class Frame:
    """A frame on its way through the tracker."""

    time_s: float
    image: np.ndarray

    def without_image(self) -> Frame:
        return Frame(self.time_s, NO_IMAGE)


class FaceStream:
    """The followed face of one recording: an iterable of `CropBatch`.

    Every frame of the clip is a row, in order. The same recording and locator give the
    same rows twice. It can be iterated over again.

    Parameters
    ----------
    recording : Recording or path
        With a recording, the part from its ``start_s`` to its ``stop_s`` is read; with a
        path, the whole video.
    locator : Locator
        Finds the faces.
    rate : float
        Frames per second, whatever the video's own rate.
    margin : float, optional
        Share of the face box's longer side that is added at every side of the crop; by
        default the locator's own (0.1 around a face, 0 for frames that are faces already).
    size : int
        Side of a crop in pixels.
    batch_size : int
        Frames per batch; the last batch may be shorter.
    locate_every : int
        Search every n-th frame, and the last, for faces; between, the face moves on a
        straight line. Saves time and costs accuracy (docs/speed.md).

    Attributes
    ----------
    damage : str or None
        After iteration: what of the video could not be decoded, in words.

    Raises
    ------
    UsageError
        At once, if a setting is impossible.
    VideoError
        When iterated over, if the video cannot be read at all.
    """

    def __init__(
        self,
        recording: Recording | Path | str,
        locator: Locator,
        *,
        rate: float = 30.0,
        margin: float | None = None,
        size: int = CROP_SIZE,
        batch_size: int = 32,
        locate_every: int = 1,
    ) -> None:
        if batch_size < 1:
            raise UsageError(f"a batch of {batch_size} frames is impossible")
        self.locate_every = _checked_every(locate_every)
        self.locator, self.rate, self.size, self.batch_size = locator, rate, size, batch_size
        self.margin = _checked_margin(locator, margin, size)
        clip = recording if isinstance(recording, Recording) else None
        self._reader = FrameReader(
            clip.video if clip else Path(str(recording)),
            rate=rate,
            start_s=clip.start_s if clip else None,
            stop_s=clip.stop_s if clip else None,
            batch_size=DECODED_AT_ONCE,
        )

    @property
    def damage(self) -> str | None:
        """What of the video could not be decoded, in words; known after iteration."""
        return self._reader.damage

    def __iter__(self) -> Iterator[CropBatch]:
        crops, rows = self._empty(), list[Tracked[Frame]]()
        for row in self._tracked():
            if row.face is not None:
                crops[len(rows)] = crop_face(
                    row.item.image, row.face.box, margin=self.margin, size=self.size
                )
            rows.append(Tracked(row.item.without_image(), row.face, row.found))
            if len(rows) == self.batch_size:
                yield CropBatch(crops, self._track(rows))
                crops, rows = self._empty(), []
        if rows:
            yield CropBatch(crops[: len(rows)], self._track(rows))

    def _tracked(self) -> Iterator[Tracked[Frame]]:
        rate = self.rate / self.locate_every
        rows = bridge(follow(self._located(), rate), rate)
        return interpolate(steady(rows, rate, self.locator.smoothing_s))

    def _empty(self) -> np.ndarray:
        return np.zeros((self.batch_size, self.size, self.size, 3), np.uint8)

    def _located(self) -> Iterator[tuple[list[Frame], Sequence[Face]]]:
        """Yield the frames in groups, with the faces of each group's first.

        The clip's last frame is a group of its own, so that there is a face to move to.
        """
        group = list[Frame]()
        for frame in self._frames():
            if len(group) == self.locate_every:
                yield group, self._faces(group[0])
                group = []
            group.append(frame)
        for part in (group[:-1], group[-1:]):
            if part:
                yield part, self._faces(part[0])

    def _frames(self) -> Iterator[Frame]:
        self._searched = NO_IMAGE, list[Face]()
        for batch in self._reader:
            for time_s, image in zip(batch.time_s, batch.images, strict=True):
                yield Frame(float(time_s), image)

    def _faces(self, frame: Frame) -> Sequence[Face]:
        """Return the faces in a frame; a repeated picture is not searched again."""
        before, faces = self._searched
        if not _same(frame.image, before):
            faces = self.locator.locate(frame.image)
            self._searched = frame.image, faces
        return faces

    def _track(self, rows: Sequence[Tracked[Frame]]) -> FaceTrack:
        nobody = Face(
            box=np.full(4, np.nan, np.float32),
            landmarks=np.full((self.locator.landmark_count, 2), np.nan, np.float32),
            blendshapes=np.full(len(self.locator.blendshape_names), np.nan, np.float32),
            confidence=0.0,
        )
        faces = [row.face or nobody for row in rows]
        return FaceTrack(
            time_s=np.array([row.item.time_s for row in rows], np.float64),
            box=np.stack([face.box for face in faces]),
            landmarks=np.stack([face.landmarks for face in faces]),
            blendshapes=np.stack([face.blendshapes for face in faces]),
            confidence=np.array([face.confidence for face in faces], np.float32),
            found=np.array([row.found for row in rows], bool),
        )


def crop_provenance(
    locator: Locator,
    *,
    rate: float,
    margin: float | None = None,
    size: int = CROP_SIZE,
    locate_every: int = 1,
) -> Mapping[str, object]:
    """Return everything that shapes a `FaceStream`'s rows, besides the video itself.

    Takes what `FaceStream` takes; plain values that go into JSON.
    """
    every = _checked_every(locate_every)
    return {
        "locator": dict(locator.provenance),
        "tracker": {**TRACKER, "smoothing_s": locator.smoothing_s},
        "rate": checked_rate(rate),
        "margin": _checked_margin(locator, margin, size),
        "size": size,
        **({"locate_every": every} if every > 1 else {}),
    }


def _checked_margin(locator: Locator, margin: float | None, size: int) -> float:
    chosen = locator.default_margin if margin is None else float(margin)
    if not 0 <= chosen <= 2:
        raise UsageError(f"a margin of {chosen} is impossible", hint="Give a share from 0 to 2.")
    if not 8 <= size <= 2048:
        raise UsageError(f"a crop of {size} pixels is impossible", hint="Give 8 to 2048.")
    return chosen


def _checked_every(locate_every: int) -> int:
    if not 1 <= locate_every <= 10:
        raise UsageError(
            f"to locate the face in every {locate_every}th frame is impossible",
            hint="Give 1 (every frame) to 10.",
        )
    return locate_every


def _same(image: np.ndarray, other: np.ndarray) -> bool:
    # A few rows tell most different pictures apart; only then is all compared.
    return np.array_equal(image[::32], other[::32]) and np.array_equal(image, other)
