"""Wrinkles: folds of the skin that action units bring out and age leaves behind.

Each map holds the slope of a soft fold (so that light models it) and a darkness for its ground.
Nothing here draws a line: strokes are only the skeleton that is blurred into a fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from painscope.virtual.anatomy import bump, smoothstep
from painscope.virtual.canvas import PER_MM, draw_lines, shape_at, texel
from painscope.virtual.people import Person

__all__ = ["Patch", "slopes", "wrinkle_patches"]


@dataclass(frozen=True)
class Patch:
    """A fold on part of the canvas.

    Attributes
    ----------
    name : str
        A key of `action_units.WRINKLES`.
    side : int
        0 the person's left, 1 the right.
    rows, columns : slice
        Where on the canvas.
    relief : float32 [h, w, 4]
        Slope across, slope up, darkness, at full strength; and nothing.
    """

    name: str
    side: int
    rows: slice
    columns: slice
    relief: np.ndarray


def slopes(height: np.ndarray, per_mm: float = PER_MM) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes across and up of a height map in mm."""
    down, across = np.gradient(height)
    return across * per_mm, -down * per_mm


def _window(lines: list[np.ndarray], margin: float, per_mm: float) -> tuple[slice, slice]:
    """Return the rows and columns that hold lines and `margin` mm round them."""
    every = np.concatenate(lines)
    low = texel(every[:, 0].min() - margin, every[:, 1].max() + margin, per_mm)
    high = texel(every[:, 0].max() + margin, every[:, 1].min() - margin, per_mm)
    height, width = shape_at(per_mm)
    (left, top), (right, bottom) = np.maximum(low, 0).astype(int), np.ceil(high).astype(int)
    return slice(top, min(bottom, height)), slice(left, min(right, width))


def _fold(
    lines: list[np.ndarray], width: float, depth: float, window: tuple[slice, slice], per_mm: float
) -> np.ndarray:
    """Return a window's height map in mm: a soft groove along each line, fading at its ends."""
    rows, columns = window
    image = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    share = np.linspace(0, 1, len(lines[0]) - 1)
    fade = np.sin(np.pi * np.clip(0.06 + 0.88 * share, 0, 1)) ** 0.7
    thickness = max(1, round(0.7 * per_mm))
    for line in lines:
        pixels = texel(line[:, 0], line[:, 1], per_mm) - [columns.start, rows.start]
        draw_lines(image, np.stack([pixels[:-1], pixels[1:]], 1), thickness, fade)
    groove = cv2.GaussianBlur(image, (0, 0), width * per_mm)
    swell = cv2.GaussianBlur(image, (0, 0), 2.6 * width * per_mm)
    # Skin is pushed together: what sinks in the groove swells up beside it.
    peak = (thickness / per_mm) / (width * 2.5)
    return -depth * (groove / peak - 0.9 * swell / peak)


def _lines(
    rng: np.random.Generator, side: int
) -> Mapping[str, tuple[list[np.ndarray], float, float]]:
    """Return each map's lines on one side, the groove's width and its depth in mm."""

    def path(p: np.ndarray, q: np.ndarray, wobble: float = 0.25) -> np.ndarray:
        drift = np.cumsum(rng.normal(0, wobble, len(p)))
        drift -= np.linspace(drift[0], drift[-1], len(p))
        return np.stack([side * p, q + drift], axis=-1)

    t = np.linspace(0, 1, 13)
    forehead = [33.5, 41, 48.5, 56]
    middle, lateral = [], []
    for q in forehead:
        level = q + rng.normal(0, 1.1)
        middle.append(path(-3 + 33 * t, level + 1.8 * np.sin(2.4 * t), 0.35))
        lateral.append(path(12 + 38 * t, level + 2.2 * np.sin(2.4 * t + 0.6) - 2 * t, 0.35))
    glabella = [
        path(5.0 + 2.2 * t + rng.normal(0, 0.4), 10 + rng.uniform(11, 16) * t),
        path(9.5 + 1.5 * t, 13 + rng.uniform(5, 8) * t),
    ]
    crow = []
    for angle in (-30, -12, 6, 24):
        turn = np.radians(angle + rng.normal(0, 4))
        length = rng.uniform(10, 17)
        p = 48.5 + rng.normal(0, 0.8) + length * t * np.cos(turn)
        crow.append(path(p, angle * 0.13 + length * t * np.sin(turn) + 1.5 * t * (1 - t)))
    under = [
        path(31 + reach * (2 * t - 1), -depth + 3.6 * (2 * t - 1) ** 2 + 0.8 * t)
        for depth, reach in ((8.5, 13), (12.5, 12))
    ]
    nose = [path(2 + 8 * t, -5 - 4.4 * k + 3.6 * t + rng.normal(0, 0.3)) for k in range(4)]
    nose += [path(-1 + 7 * t, np.full(13, q), 0.1) for q in (2.5, -1.5)]
    naso = [path(16.5 + 16.5 * t**1.1 + 2.6 * np.sin(np.pi * t), -37 - 31 * t, 0.15)]
    corner = [path(28.5 + 3.5 * t + 1.5 * np.sin(np.pi * t), -63 - 20 * t, 0.15)]
    chin = [
        path(rng.uniform(1, 14) + 3 * t, rng.uniform(-107, -93) + rng.normal(0, 2) * t)
        for _ in range(9)
    ]
    chin.append(path(-1 + 16 * t, -88 - 2.5 * t**2, 0.1))
    return {
        "forehead_middle": (middle, 1.0, 0.42),
        "forehead_side": (lateral, 1.0, 0.36),
        "glabella": (glabella, 1.0, 0.65),
        "crow_feet": (crow, 0.85, 0.5),
        "under_eye": (under, 0.9, 0.33),
        "nose": (nose, 0.7, 0.32),
        "nasolabial": (naso, 1.7, 1.0),
        "mouth_corner": (corner, 1.4, 0.75),
        "chin": (chin, 1.5, 0.4),
    }


def wrinkle_patches(person: Person, per_mm: float = PER_MM) -> list[Patch]:
    """Fold a person's skin: a patch per map and side, at full strength and `per_mm` pixels a mm."""
    rng = np.random.default_rng([person.seed, 0xF01])
    depth_share = 0.75 + 0.5 * person.wrinkles
    patches = []
    for side_index, side in ((0, 1), (1, -1)):
        for name, (lines, width, depth) in _lines(rng, side).items():
            window = rows, columns = _window(lines, 7.0 * width + 2.0, per_mm)
            height = _fold(lines, width, depth * depth_share, window, per_mm)
            p = np.arange(columns.start, columns.stop)[None, :] / per_mm - 150
            q = 135 - np.arange(rows.start, rows.stop)[:, None] / per_mm
            height = height * smoothstep(-5, 5, side * p)  # each side has half of the middle
            if name == "nasolabial":
                height = height * smoothstep(-78, -60, q)
            if name == "forehead_middle":
                height = height * bump(p, q, (0, 45), (26, 40))
            across, up = slopes(height, per_mm)
            ground = cv2.GaussianBlur(height, (0, 0), 1.5 * per_mm)
            dark = 0.42 * np.clip(-height, 0, None) + 0.25 * np.clip(-ground, 0, None)
            relief = np.stack([across, up, dark, np.zeros_like(dark)], axis=-1)
            patches.append(Patch(name, side_index, rows, columns, relief.astype(np.float32)))
    return patches
