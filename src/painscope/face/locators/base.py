"""What every face locator offers: the protocol, and the face it finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

__all__ = ["Face", "Locator", "largest_first"]


@dataclass(frozen=True)
class Face:
    """One face in one frame.

    Attributes
    ----------
    box : float32 [4]
        ``x0 y0 x1 y1`` in pixels, from the brows' upper edge or higher down to the chin.
    landmarks : float32 [K, 2]
        Pixel positions ``x y``; K is the locator's, 0 if it gives none.
    blendshapes : float32 [B]
        Expression coefficients 0–1; B is the locator's, 0 if it gives none.
    confidence : float
        The locator's own score; 1 if it gives none.
    """

    box: np.ndarray
    landmarks: np.ndarray
    blendshapes: np.ndarray
    confidence: float

    @property
    def area(self) -> float:
        """The box's area in square pixels."""
        return float((self.box[2] - self.box[0]) * (self.box[3] - self.box[1]))


@runtime_checkable
class Locator(Protocol):
    """Finds faces in a single image.

    A locator keeps nothing from image to image: the same image gives the same faces,
    whatever came before it. Following a person is the tracker's work. It can be sent to
    another process.

    Attributes
    ----------
    name : str
        Its name in `LOCATORS`.
    landmark_count : int
        K, the number of landmarks per face.
    blendshape_names : tuple of str, length B
        Names of the expression coefficients.
    default_margin : float
        The margin that suits its boxes when crops are cut (see `painscope.face.crop`).
    smoothing_s : float
        Over how long its boxes are averaged along a track; 0 where they are steady.
    provenance : mapping
        Name, model's sha256, library's version and the settings that change the result.
    """

    name: str
    landmark_count: int
    blendshape_names: tuple[str, ...]
    default_margin: float
    smoothing_s: float

    @property
    def provenance(self) -> Mapping[str, object]:
        """Everything that shapes the result, as plain values."""
        ...

    def locate(self, image: np.ndarray) -> list[Face]:
        """Return the faces in an RGB image (uint8 [H, W, 3]), the largest first."""
        ...


def largest_first(faces: Iterable[Face]) -> list[Face]:
    """Order faces by area, then from left to right and top to bottom."""
    return sorted(faces, key=lambda face: (-face.area, *face.box.tolist()))
