"""What a recording's pictures are read from, to tell them from others' under the same id."""

from __future__ import annotations

from collections.abc import Mapping

from painscope.errors import VideoError
from painscope.recording import Recording
from painscope.video.pictures import picture_files

__all__ = ["is_from", "source_of"]


def source_of(recording: Recording) -> dict[str, object]:
    """Return the video's name, its bytes (-1: it cannot be looked at) and the part that counts."""
    video = recording.video
    try:
        files = picture_files(video) if video.is_dir() else [video]
        size = sum(file.stat().st_size for file in files)
    except (OSError, VideoError):
        size = -1  # reading it will say what is wrong
    return {
        "video": video.name,
        "bytes": size,
        "start_s": recording.start_s,
        "stop_s": recording.stop_s,
    }


def is_from(told: Mapping[str, object], source: Mapping[str, object]) -> bool:
    """Whether what was made of the source `told` is of `source`.

    A video that cannot be looked at now (its disk is away) keeps what was made of it.
    """
    if source.get("bytes") == -1:
        told = {**source, **told, "bytes": -1}
    return dict(told) == dict(source)
