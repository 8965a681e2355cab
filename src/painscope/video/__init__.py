"""Frames of a video at a fixed rate, by true timestamps, in bounded memory."""

from painscope.video.pictures import picture_files
from painscope.video.probe import VideoInfo, probe
from painscope.video.reader import FrameBatch, FrameReader, checked_rate
from painscope.video.source import is_from, source_of

__all__ = [
    "FrameBatch",
    "FrameReader",
    "VideoInfo",
    "checked_rate",
    "is_from",
    "picture_files",
    "probe",
    "source_of",
]
