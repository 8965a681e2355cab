"""Frames of a video at a fixed rate, by true timestamps, in bounded memory."""

from painscope.video.pictures import picture_files
from painscope.video.probe import VideoInfo, probe
from painscope.video.reader import FrameBatch, FrameReader

__all__ = ["FrameBatch", "FrameReader", "VideoInfo", "picture_files", "probe"]
