"""FaceTrack: one person's face through a clip, a row per frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["CropBatch", "FaceTrack"]


@dataclass(frozen=True)
class FaceTrack:
    """One tracked face over T frames.

    Attributes
    ----------
    time_s : float64 [T]
        Seconds since the start of the recording.
    box : float32 [T, 4]
        ``x0 y0 x1 y1`` in pixels of the upright frame; NaN where there is no face.
    landmarks : float32 [T, K, 2]
        Pixel positions; K is the locator's (0 if it gives none); NaN where there is no face.
    blendshapes : float32 [T, B]
        Expression coefficients 0–1; B is the locator's (0 if it gives none).
    confidence : float32 [T]
        The locator's own score; 0 where no face was found.
    found : bool [T]
        Whether the face was seen in this very frame. A short gap is bridged: it has a
        box, and is not found.
    """

    time_s: np.ndarray
    box: np.ndarray
    landmarks: np.ndarray
    blendshapes: np.ndarray
    confidence: np.ndarray
    found: np.ndarray

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in self.__dataclass_fields__}
        if len(lengths) != 1:
            raise ValueError(f"a track's columns differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, rows: slice | np.ndarray) -> FaceTrack:
        """Return some of the frames: a slice, a mask or numbers of rows."""
        names = self.__dataclass_fields__
        return FaceTrack(**{name: getattr(self, name)[rows] for name in names})

    @property
    def has_box(self) -> np.ndarray:
        """Whether a crop can be cut: bool [T]."""
        return np.isfinite(self.box).all(axis=1)

    @classmethod
    def concatenate(cls, parts: Sequence[FaceTrack]) -> FaceTrack:
        """Join tracks that follow one another in time."""
        return cls(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__dataclass_fields__
            }
        )


@dataclass(frozen=True)
class CropBatch:
    """B consecutive frames of a recording, cut to the tracked face.

    Attributes
    ----------
    crops : uint8 [B, S, S, 3]
        RGB; black where ``track.has_box`` is false.
    track : FaceTrack
        The same B frames.
    """

    crops: np.ndarray
    track: FaceTrack

    def __len__(self) -> int:
        return len(self.track)

    def __getitem__(self, rows: slice | np.ndarray) -> CropBatch:
        """Return some of the frames: a slice, a mask or numbers of rows."""
        return CropBatch(self.crops[rows], self.track[rows])

    @classmethod
    def concatenate(cls, parts: Sequence[CropBatch]) -> CropBatch:
        """Join batches that follow one another in time."""
        track = FaceTrack.concatenate([part.track for part in parts])
        return cls(np.concatenate([part.crops for part in parts]), track)
