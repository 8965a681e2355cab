"""What a video file is, without reading it through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from painscope.video.pictures import open_video

__all__ = ["VideoInfo", "probe"]


@dataclass(frozen=True)
class VideoInfo:
    """Facts of a video, a photograph or a folder of frames.

    Attributes
    ----------
    width, height : int
        Size of the upright picture, after the rotation that the file asks for.
    rate : float
        Pictures per second as the file declares it; never trusted when frames are read.
    duration_s : float or None
        Length as the file declares it; None if it does not.
    codec : str
        FFmpeg's name of the codec, such as ``"h264"``; of pictures, their files' ending.
    """

    width: int
    height: int
    rate: float
    duration_s: float | None
    codec: str


def probe(path: Path | str) -> VideoInfo:
    """Return the facts of a video, having decoded its first picture.

    Raises
    ------
    VideoError
        If the file is missing, empty, not a video, or none of its pictures can be decoded.
    """
    with open_video(path) as video:
        return VideoInfo(video.width, video.height, video.rate, video.declared_s, video.codec)
