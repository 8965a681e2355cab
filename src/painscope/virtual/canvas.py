"""The canonical face as a canvas: painting in millimetres, before it is wrapped round a head."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np

from painscope.compiled import kernel

__all__ = [
    "CANVAS_P",
    "CANVAS_Q",
    "PER_MM",
    "SHAPE",
    "blur",
    "cover",
    "draw_lines",
    "linear",
    "noise",
    "resized",
    "shape_at",
    "strokes",
    "texel",
    "tint",
    "tone_table",
    "window",
]

#: Pixels per mm, and the canvas's extent: p from −150 to 150, q from 135 down to −135.
PER_MM = 2.0
_LEFT, _TOP = -150.0, 135.0
SHAPE = (int(270 * PER_MM), int(300 * PER_MM))
CANVAS_P = (_LEFT + (np.arange(SHAPE[1], dtype=np.float32) + 0.5) / PER_MM)[None, :]
CANVAS_Q = (_TOP - (np.arange(SHAPE[0], dtype=np.float32) + 0.5) / PER_MM)[:, None]


def texel(p: np.ndarray, q: np.ndarray, per_mm: float = PER_MM) -> np.ndarray:
    """Return where (p, q) in mm lie on the canvas, float32 [..., 2], right and down."""
    across, down = (p - _LEFT) * per_mm - 0.5, (_TOP - q) * per_mm - 0.5
    return np.stack([across, down], axis=-1).astype(np.float32)


def window(left: float, right: float, low: float, high: float) -> tuple[slice, slice]:
    """Return the rows and columns of the canvas from p `left` to `right` and q `low` to `high`."""
    rows = slice(int((_TOP - high) * PER_MM), int((_TOP - low) * PER_MM) + 1)
    return rows, slice(int((left - _LEFT) * PER_MM), int((right - _LEFT) * PER_MM) + 1)


def blur(image: np.ndarray, sigma_mm: float) -> np.ndarray:
    """Return a Gaussian blur of something on the canvas."""
    return cv2.GaussianBlur(image, (0, 0), sigma_mm * PER_MM)


@lru_cache(maxsize=1)
def _grains() -> np.ndarray:
    """Return white noise to cut pieces from: drawing all anew would take a tenth of a person."""
    return np.random.default_rng(0).standard_normal((1024, 1024), np.float32)


def noise(
    rng: np.random.Generator, sigma_mm: float, *, stretch: float = 1.0, shape: tuple = SHAPE
) -> np.ndarray:
    """Return smooth noise with mean 0 and standard deviation 1: float32 of `shape`.

    Parameters
    ----------
    rng : Generator
    sigma_mm : float
        Size of its grains, across.
    stretch : float
        How many times longer the grains are upright.
    shape : (int, int)
        Rows and columns, at the canvas's resolution.
    """
    sigma = sigma_mm * PER_MM
    step_x, step_y = max(1, int(sigma / 2)), max(1, int(sigma * stretch / 2))
    rows, columns = shape[0] // step_y + 2, shape[1] // step_x + 2
    grains = _grains()
    top, left = rng.integers(0, [len(grains) - rows, len(grains) - columns])
    grain = grains[top : top + rows, left : left + columns]
    spread_x, spread_y = sigma / step_x, sigma * stretch / step_y
    field: np.ndarray = cv2.GaussianBlur(grain, (0, 0), spread_x, sigmaY=spread_y)
    field *= 1.0 / (float(cv2.meanStdDev(field)[1][0, 0]) + 1e-6)
    return cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


@kernel(fastmath=True)
def tint(image, share, change):  # type: ignore[no-untyped-def]
    """Multiply an image, float32 [h, w, 3], in place by 1 + `share` times `change`.

    share : float32 [h, w] (rows or columns of 1 are repeated); change : float32 [3].
    """
    height, width, _ = image.shape
    for y in range(height):
        row = share[min(y, share.shape[0] - 1)]
        for x in range(width):
            weight = row[min(x, len(row) - 1)]
            for c in range(3):
                image[y, x, c] *= np.float32(1.0) + weight * change[c]


@kernel(fastmath=True)
def cover(image, share, strength, colour):  # type: ignore[no-untyped-def]
    """Lay paint over an image, float32 [h, w, 3], in place.

    share : float32 [h, w], how much of it covers; strength : float32 [h, w], a factor on its
    colour, float32 [3].
    """
    height, width, _ = image.shape
    for y in range(height):
        for x in range(width):
            bare, laid = np.float32(1.0) - share[y, x], share[y, x] * strength[y, x]
            for c in range(3):
                image[y, x, c] = bare * image[y, x, c] + laid * colour[c]


def strokes(image: np.ndarray, lines: np.ndarray, width_mm: float, values: Iterable[float]) -> None:
    """Draw polylines of (p, q) points [N, K, 2] onto a float32 canvas, in place."""
    draw_lines(image, texel(lines[..., 0], lines[..., 1]), max(1, round(width_mm * PER_MM)), values)


def draw_lines(
    image: np.ndarray, lines: np.ndarray, thickness: int, values: Iterable[float]
) -> None:
    """Draw smooth polylines of pixel places [N, K, 2] onto a float32 image, in place."""
    points = np.round(lines * 16).astype(np.int32)
    for line, value in zip(points, values, strict=True):
        cv2.polylines(image, [line], False, float(value), thickness, cv2.LINE_AA, 4)


def linear(colour: str) -> np.ndarray:
    """Return an sRGB colour "#rrggbb" as linear float64 [3]."""
    value = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def tone_table(steps: int) -> np.ndarray:
    """Return sRGB grey levels of linear light whose square root goes from 0 to 2.

    In `steps` per 1: float32 [2 * steps + 1]. What is brighter than a camera can show bends softly
    into white.
    """
    light = np.linspace(0, 2, 2 * steps + 1) ** 2
    light = np.where(light > 0.65, 1.0 - 0.35 * np.exp(-(light - 0.65) / 0.35), light)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (255 * encoded).astype(np.float32)


def shape_at(per_mm: float) -> tuple[int, int]:
    """Return rows and columns of a canvas with `per_mm` pixels per mm."""
    return round(270 * per_mm), round(300 * per_mm)


def resized(canvas: np.ndarray, per_mm: float) -> np.ndarray:
    """Return a canvas at a lower resolution, averaged."""
    height, width = shape_at(per_mm)
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
