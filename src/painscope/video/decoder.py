"""An open video: its pictures in order of time, whatever the container does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import inf
from pathlib import Path
from typing import Any, Self, cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from painscope.errors import VideoError

__all__ = ["CLOCK_TOLERANCE_S", "Decoder", "Orientation", "Picture"]

#: Containers may round times to a millisecond: a picture that starts this much
#: after a moment still counts as on display at it.
CLOCK_TOLERANCE_S = 0.0006

#: A picture said to come this long after the declared end has a damaged time.
LATEST_AFTER_END_S = 60.0

#: Some containers drop damaged pictures without a word: a hole longer than this is reported.
HOLE_S = 0.2


@dataclass(frozen=True)
class Orientation:
    """How a stored picture is brought upright: first transposed, then mirrored."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @classmethod
    def of(cls, frame: av.VideoFrame) -> Orientation:
        """Read the display matrix that travels with a frame (a phone's rotation, a mirror)."""
        try:
            data = frame.side_data.get("DISPLAYMATRIX")
        except ValueError:  # PyAV cannot name every kind of side data that FFmpeg gives
            return cls()
        if data is None:
            return cls()
        # A stored point (x, y) is shown at (a x + c y, b x + d y).
        a, b, _, c, d = np.frombuffer(cast(Any, data), np.int32)[:5].tolist()
        if abs(a) + abs(d) < abs(b) + abs(c):
            return cls(transpose=True, mirror_x=c < 0, mirror_y=b < 0)
        return cls(mirror_x=a < 0, mirror_y=d < 0)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Return an upright view of a stored picture [H, W, 3]."""
        if self.transpose:
            image = image.swapaxes(0, 1)
        return image[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]


@dataclass(frozen=True)
class Picture:
    """A decoded picture and when it is on display, in seconds since the first picture.

    Its `frame` is what the `rgb` of who decoded it takes.
    """

    frame: Any
    time_s: float
    end_s: float


class Decoder:
    """An open video file; a context manager.

    Decoding is threaded and gives the same pictures every time. Damaged packets and
    pictures are skipped and counted in `notes`.

    Parameters
    ----------
    path : Path or str
        A local file.

    Attributes
    ----------
    width, height : int
        Size of the upright picture in pixels.
    rate : float
        Pictures per second as the file declares it.
    declared_s : float or None
        Length as the file declares it.
    codec : str
        FFmpeg's name of the codec.

    Raises
    ------
    VideoError
        If the file is missing, empty, not a video, without pictures or not decodable at all.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._open()
        first = next(self._frames, None)
        if first is None:
            self._container.close()
            raise VideoError(
                "no picture could be decoded",
                path=self._path,
                hint="The file is damaged or cut short: copy it again from its source.",
            )
        self._first = first
        self._reformatter = VideoReformatter()
        self._read_facts(first)

    def _read_facts(self, first: av.VideoFrame) -> None:
        stream, container = self._stream, self._container
        self.codec = stream.codec_context.name
        self._tick_s = float(stream.time_base or 0)

        self._orientation = Orientation.of(first)
        self._stored_size = (first.width, first.height)
        turned = self._orientation.transpose
        self.width, self.height = self._stored_size[::-1] if turned else self._stored_size

        # AVI and raw streams carry no times of display: their pictures are merely counted.
        avi = container.format.name == "avi" and stream.codec_context.has_b_frames
        self._counted = first.pts is None or bool(avi)
        nominal = stream.guessed_rate or stream.average_rate or 25
        self.rate = float(nominal if self._counted else stream.average_rate or nominal)
        start = first.pts if stream.start_time is None else stream.start_time
        self._origin_s = (start or 0) * self._tick_s

        self.declared_s: float | None = None
        self._declared_within_s = 0.1 + 1 / self.rate
        if stream.duration:
            self.declared_s = stream.duration * self._tick_s
        elif container.duration:
            # The longest of all streams: sound may well outlast the picture a little.
            self.declared_s, self._declared_within_s = container.duration / 1e6, 0.5

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def pictures(self, start_s: float = 0.0) -> Iterator[Picture]:
        """Yield the pictures from the one on display at `start_s` on; earlier ones may come too.

        The file is read as it goes: call it once.
        """
        if start_s > 0 and not self._counted and not self._seek(start_s):
            self._container.close()
            self._open()
            self._first = next(self._frames)
        latest_s = (self.declared_s or inf) + LATEST_AFTER_END_S
        last_s = end_s = -inf
        for index, frame in enumerate(chain([self._first], self._frames)):
            picture = self._picture(frame, index)
            if last_s < picture.time_s < latest_s:
                hole_s = picture.time_s - max(end_s, start_s)
                if last_s > -inf and hole_s > HOLE_S:
                    self._holes_s += hole_s
                yield picture
                last_s, end_s = picture.time_s, picture.end_s
            else:
                self._bad_times += 1

    def rgb(self, frame: av.VideoFrame) -> np.ndarray:
        """Return the upright picture: uint8 [height, width, 3]."""
        width, height = self._stored_size  # a stream may change its size midway
        image = self._reformatter.reformat(frame, width, height, format="rgb24", threads=1)
        return self._orientation.apply(image.to_ndarray())

    def ends_early(self, end_s: float) -> bool:
        """Whether pictures that end at `end_s` fall short of the declared length."""
        return self.declared_s is not None and end_s < self.declared_s - self._declared_within_s

    @property
    def notes(self) -> list[str]:
        """What was damaged, in words, as far as the file was read."""
        counts = [
            (self._bad_packets, "damaged packet(s) skipped"),
            (self._bad_pictures, "damaged picture(s) skipped"),
            (self._bad_times, "picture(s) with a damaged time skipped"),
        ]
        notes = [f"{n} {what}".replace("(s)", "s" if n > 1 else "") for n, what in counts if n]
        if self._holes_s:
            notes.append(f"no pictures for {self._holes_s:.2f} s")
        return [*notes, "the file breaks off"] if self._broken_off else notes

    def _open(self) -> None:
        self._container = _open_container(self._path)
        self._stream = _picture_stream(self._container, self._path)
        self._frames = self._decode(count_from_start=True)

    def _seek(self, time_s: float) -> bool:
        """Go to the last key picture at or before `time_s`; return False if none is found."""
        try:
            offset = round((self._origin_s + time_s) / self._tick_s)
            self._container.seek(offset, stream=self._stream)
        except FFmpegError:
            return False
        # Pictures that lean on one before the key picture fail here without being damaged.
        self._frames = self._decode(count_from_start=False)
        first = next(self._frames, None)
        if first is None or self._picture(first, 0).time_s > time_s + CLOCK_TOLERANCE_S:
            return False
        self._first = first
        return True

    def _decode(self, *, count_from_start: bool) -> Iterator[av.VideoFrame]:
        self._bad_packets = self._bad_pictures = self._bad_times = 0
        self._holes_s = 0.0
        self._broken_off = False
        counting = count_from_start
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except FFmpegError:
                self._broken_off = True
                return
            try:
                frames = packet.decode()
            except FFmpegError:
                self._bad_packets += counting
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._bad_pictures += counting
                else:
                    counting = True
                    yield frame

    def _picture(self, frame: av.VideoFrame, index: int) -> Picture:
        if self._counted:
            return Picture(frame, index / self.rate, (index + 1) / self.rate)
        time_s = -inf if frame.pts is None else frame.pts * self._tick_s - self._origin_s
        length_s = frame.duration * self._tick_s if frame.duration else 1 / self.rate
        return Picture(frame, time_s, time_s + length_s)


def _open_container(path: Path) -> InputContainer:
    """Open a local file, or raise `VideoError` saying in words why not."""
    try:
        if path.stat().st_size == 0:
            raise VideoError("the file is empty", path=path, hint="Copy it again from its source.")
        # "file:" keeps FFmpeg from reading a protocol out of a name with a colon.
        return av.open(f"file:{path}")
    except FileNotFoundError:
        raise VideoError("there is no such file", path=path) from None
    except PermissionError:
        raise VideoError("no permission to read the file", path=path) from None
    except FFmpegError as error:
        raise VideoError(
            f"not a video, or damaged beyond reading ({error.strerror})",
            path=path,
            hint="If it plays nowhere else either, copy it again from its source.",
        ) from None
    except OSError as error:
        raise VideoError(f"cannot be read ({error.strerror})", path=path) from None


def _picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the first video stream, set up for threaded decoding."""
    cover = av.stream.Disposition.attached_pic  # the picture of a record sleeve is no film
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if container.format.name == "tty":  # FFmpeg renders any text file as a film of its letters
        streams, what = [], "this is a text file, not a video"
    else:
        what = "the file holds no pictures, only " + (
            "sound" if container.streams.audio else "other data"
        )
    if not streams:
        container.close()
        raise VideoError(what, path=path)
    streams[0].thread_type = "AUTO"
    return streams[0]
