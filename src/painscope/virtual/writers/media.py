"""Files of pictures: H.264 at a realistic bit rate, and folders of stills."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from painscope.errors import StorageError
from painscope.files import atomic_path

__all__ = ["write_image", "write_video"]

#: Ticks per second of the files' time stamps, the customary clock of video.
_CLOCK = 90_000


def write_video(
    path: Path,
    frames: Iterable[np.ndarray],
    time_s: np.ndarray,
    *,
    rate: float,
    size: tuple[int, int],
    quality: int = 26,
) -> None:
    """Encode RGB frames (uint8 [H, W, 3]) to an MP4 file with the given time stamps.

    One thread and x264's fastest preset: every core has a clip of its own, encoding takes a
    tenth of the time that drawing takes, and a webcam's encoder does not do better. `quality`
    is x264's constant rate factor.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written.
    """
    import av

    clock = Fraction(1, _CLOCK)
    with atomic_path(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = clock
        stream.options = {"crf": str(quality), "preset": "ultrafast", "threads": "1"}
        # One frame for all pictures: encoding turns it into colours of the codec's own at once.
        frame = av.VideoFrame(*size, "rgb24")
        plane = np.frombuffer(frame.planes[0], np.uint8)  # type: ignore[call-overload]
        rows = plane.reshape(size[1], -1)
        for image, when in zip(frames, time_s, strict=True):
            rows[:, : 3 * size[0]] = image.reshape(size[1], -1)
            frame.pts, frame.time_base = round(when * _CLOCK), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_image(path: Path, image: np.ndarray, *, jpeg_quality: int = 92) -> None:
    """Write an RGB picture as PNG or JPEG, by the path's ending."""
    options = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if path.suffix == ".jpg" else []
    done, data = cv2.imencode(path.suffix, image[..., ::-1], options)
    if not done:
        raise StorageError("cannot be encoded", path=path)
    path.write_bytes(data.tobytes())
