"""FrameReader: a video's frames at a fixed rate, by true timestamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, inf, isfinite
from pathlib import Path

import numpy as np

from painscope.errors import UsageError, VideoError
from painscope.recording import MAX_RATE
from painscope.video.decoder import CLOCK_TOLERANCE_S, Decoder, Picture
from painscope.video.pictures import PictureFiles, open_video

__all__ = ["FrameBatch", "FrameReader", "checked_rate"]

#: A batch holds fewer frames rather than more memory than this.
BATCH_BYTES = 128 * 2**20


def checked_rate(rate: float) -> float:
    """Return a frame rate; raise `UsageError` if it is impossible."""
    if not 0 < rate <= MAX_RATE:
        raise UsageError(
            f"a frame rate of {rate} per second is impossible", hint=f"At most {MAX_RATE}."
        )
    return float(rate)


@dataclass(frozen=True)
class FrameBatch:
    """B consecutive frames.

    Attributes
    ----------
    images : uint8 [B, H, W, 3]
        RGB, upright.
    time_s : float64 [B]
        Seconds since the start of the clip: frame ``k`` of the clip has ``k / rate``.
    """

    images: np.ndarray
    time_s: np.ndarray

    def __len__(self) -> int:
        return len(self.time_s)


class FrameReader:
    """The frames of a clip at a fixed rate, in batches: an iterable of `FrameBatch`.

    Frame ``k`` is the picture on display at ``start_s + k / rate``, by the file's own
    timestamps, counted from its first picture. A clip that lasts ``d`` seconds, from
    `start_s` to `stop_s` or to the end of its last picture, has ``round(d * rate)`` frames
    (a half rounds up), at least one. So 300 pictures at 30 or at 29.97 per second give 300
    frames at 30 per second, and 138 pictures at 25 per second, which last 5.52 s, give 166.
    Where pictures are lost, the one before stays on display.

    A photograph lasts 1/30 s: one frame. A folder of pictures is a video of 30 per second, in
    natural order of their names (`painscope.video.pictures`).

    The video is decoded as the batches are taken; memory does not grow with its length.
    It can be iterated over again.

    Parameters
    ----------
    path : Path or str
        A local video file, a picture file, or a folder of pictures.
    rate : float
        Frames per second to give, whatever the file's rate.
    start_s, stop_s : float, optional
        The part that counts, in seconds since the file's first picture.
    batch_size : int
        Frames per batch, at most: large pictures come in smaller batches (128 MiB).

    Attributes
    ----------
    damage : str or None
        After iteration: what could not be decoded, in words.

    Raises
    ------
    UsageError
        At once, if a setting is impossible.
    VideoError
        When iterated over, if the file cannot be read at all or ends before `start_s`.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        rate: float = 30.0,
        start_s: float | None = None,
        stop_s: float | None = None,
        batch_size: int = 32,
    ) -> None:
        if batch_size < 1:
            raise UsageError(f"a batch of {batch_size} frames is impossible")
        self.path, self.rate, self.batch_size = Path(path), checked_rate(rate), batch_size
        self.start_s = 0.0 if start_s is None else float(start_s)
        self.stop_s = inf if stop_s is None else float(stop_s)
        if not (0 <= self.start_s < self.stop_s and isfinite(self.start_s)):
            raise UsageError(f"a clip from {start_s} to {stop_s} s is impossible", path=path)
        self.damage: str | None = None

    def __iter__(self) -> Iterator[FrameBatch]:
        self.damage = None
        with open_video(self.path) as video:
            shape = (video.height, video.width, 3)
            size = max(1, min(self.batch_size, BATCH_BYTES // (shape[0] * shape[1] * 3)))
            images, filled, done = np.empty((size, *shape), np.uint8), 0, 0
            for image in self._images(video):
                images[filled] = image
                filled += 1
                if filled == size:
                    yield self._batch(images, done)
                    done += size
                    images, filled = np.empty((size, *shape), np.uint8), 0
            if filled:
                yield self._batch(images[:filled], done)

    def _batch(self, images: np.ndarray, first: int) -> FrameBatch:
        return FrameBatch(images, np.arange(first, first + len(images)) / self.rate)

    def _images(self, video: Decoder | PictureFiles) -> Iterator[np.ndarray]:
        """Yield one upright image per frame of the clip."""
        shown: object = None
        for picture in self._on_display(video):
            if picture.frame is not shown:
                shown, image = picture.frame, video.rgb(picture.frame)
            yield image

    def _on_display(self, video: Decoder | PictureFiles) -> Iterator[Picture]:
        """Yield the picture on display at each frame of the clip, and note the damage."""
        wanted = max(1, self._count(self.stop_s)) if isfinite(self.stop_s) else inf
        window: deque[Picture] = deque()  # the one on display at frame k, and those after it
        k = 0

        def on_display() -> Picture:
            moment = self.start_s + k / self.rate + CLOCK_TOLERANCE_S
            while len(window) > 1 and window[1].time_s <= moment:
                window.popleft()
            return window[0]

        for picture in video.pictures(self.start_s):
            window.append(picture)
            on_display()
            # Frame k belongs to the clip once half its time is covered.
            while k < min(wanted, self._count(picture.time_s)):
                yield on_display()
                k += 1
            if k >= wanted:
                break
        end_s = window[-1].end_s if window else 0.0
        if end_s <= self.start_s:
            raise VideoError(
                f"the clip should start at {self.start_s:g} s, but the pictures end at "
                f"{end_s:.2f} s",
                path=self.path,
            )
        while k < min(wanted, max(1, self._count(end_s))):
            yield on_display()
            k += 1
        self.damage = self._damage(video, end_s, complete=k >= wanted)

    def _count(self, time_s: float) -> int:
        """Return how many frames a clip has that ends at `time_s` of the file."""
        # Both the last picture's time and its length may be rounded to a millisecond.
        return floor((time_s - self.start_s + 2 * CLOCK_TOLERANCE_S) * self.rate + 0.5)

    def _damage(self, video: Decoder | PictureFiles, end_s: float, *, complete: bool) -> str | None:
        notes = video.notes
        if not complete and video.ends_early(end_s):
            notes.append(f"the pictures end at {end_s:.2f} s of {video.declared_s:.2f} s")
        elif not complete and isfinite(self.stop_s):
            notes.append(f"the pictures end at {end_s:.2f} s, before {self.stop_s:.2f} s")
        return "; ".join(notes) or None
