"""Recording, Segment and LabelScheme: the plain data that every room speaks about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from painscope.errors import DatasetError

__all__ = [
    "MAX_RATE",
    "PICTURE_ENDINGS",
    "SPLITS",
    "VIRTUAL_MARK",
    "VIRTUAL_PREFIX",
    "LabelScheme",
    "Recording",
    "Segment",
    "Split",
]

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

#: A file of this name in a dataset's folder says that its people are virtual; and what stands
#: before the dataset's name where its people are told apart from the real ones.
VIRTUAL_MARK, VIRTUAL_PREFIX = "virtual.json", "virtual "

#: Endings of file names that are pictures, not videos.
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")

#: Frames per second at most: beyond, times rounded to a millisecond no longer tell frames apart.
MAX_RATE = 240

_SAFE_ID = re.compile(r"[\w][\w.\-+=@]*")


@dataclass(frozen=True)
class LabelScheme:
    """Ordered class names, from none to most pain.

    A class number never travels without its scheme: labels are stored by name
    and become numbers only where a classifier needs them.

    Attributes
    ----------
    name : str
        Name of the scheme, such as ``"ai4pain"``.
    classes : tuple of str
        Class names in order.
    """

    name: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise DatasetError(
                f"label scheme {self.name!r} needs two or more different classes, "
                f"not {list(self.classes)}"
            )

    def __len__(self) -> int:
        return len(self.classes)

    def index(self, label: str) -> int:
        """Return the position of `label`; raise `DatasetError` if it is unknown."""
        try:
            return self.classes.index(label)
        except ValueError:
            raise DatasetError(
                f"unknown label {label!r}",
                hint=f"Labels of {self.name} are: {', '.join(self.classes)}.",
            ) from None


def _no_paths() -> Mapping[str, Path]:
    return MappingProxyType({})


def _no_attributes() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Recording:
    """One clip of one person: who, which label, which split, where the files lie.

    Attributes
    ----------
    id : str
        Unique in its dataset and safe as a file name.
    subject : str
        The person; people are what splits and intervals are made of.
    label : str or None
        A class name of the dataset's scheme; None if unlabelled.
    split : {"train", "validation", "test"} or None
        The dataset's own split, if it has one.
    video : Path
        The video file, a photograph, or a folder of frames.
    start_s, stop_s : float or None
        The part of the video that counts, in seconds; None means its ends.
    signals : mapping of str to Path
        Further signals recorded with the video, by name.
    attributes : mapping of str to object
        What is known besides: sex, age, stimulus, …
    """

    id: str
    subject: str
    label: str | None
    split: Split | None
    video: Path
    start_s: float | None = None
    stop_s: float | None = None
    signals: Mapping[str, Path] = field(default_factory=_no_paths)
    attributes: Mapping[str, object] = field(default_factory=_no_attributes)

    def __getstate__(self) -> dict[str, object]:
        """Return what goes to another process, where read-only mappings cannot go."""
        state = dict(vars(self))
        return state | {name: dict(state[name]) for name in ("signals", "attributes")}

    def __post_init__(self) -> None:
        if not _SAFE_ID.fullmatch(self.id):
            raise DatasetError(
                f"recording id {self.id!r} is not safe as a file name",
                hint="Use letters, digits and . _ - + = @ only, and begin with a letter or digit.",
            )
        if self.start_s is not None and self.stop_s is not None and self.stop_s <= self.start_s:
            raise DatasetError(
                f"recording {self.id}: stop_s {self.stop_s} is not after start_s {self.start_s}"
            )


@dataclass(frozen=True)
class Segment:
    """Frames ``first`` up to, not including, ``stop`` of one recording's sequence."""

    recording: str
    first: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.stop:
            raise ValueError(f"empty segment {self.first}:{self.stop} of {self.recording}")

    def __len__(self) -> int:
        return self.stop - self.first
