"""The mane: what long hair is behind its wisps, a sheet that hangs from temple to temple."""

from __future__ import annotations

import cv2
import numpy as np

from painscope.virtual.anatomy import smoothstep
from painscope.virtual.head import Head
from painscope.virtual.mesh import Material, Part, sheet
from painscope.virtual.strands import STYLES, beside_face, following, shading_normals

__all__ = ["mane_part"]

_BEHIND = -15.0  # where falling hair's middle lies, in mm from the ears


def mane_part(head: Head, colour: np.ndarray, wisps: Part | None) -> Part | None:
    """Return the body of hair that hangs round the neck, within the wisps; None if there is none.

    Nobody sees through it; the outer wisps lie upon it.
    """
    style = STYLES.get(head.person.hair_style)
    if style is None or style.hem is None or wisps is None:
        return None
    rng = np.random.default_rng([head.person.seed, 0x3A9])
    columns, rows = 145, 10
    bottom, top = style.hem - 2.0, 50.0
    ragged = np.cumsum(rng.normal(0, 1.5, columns))
    ragged -= np.linspace(ragged[0], ragged[-1], columns)
    half = np.radians(137)  # from temple round the back to temple
    reach = _reach_of(wisps.points, half, bottom, top)

    def place(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        turn = np.pi + (2 * u - 1) * half
        y = top + (bottom + ragged[None, :] - top) * (1 - v)
        at = [
            (axis * (n - 1)).astype(np.float32)
            for axis, n in ((u, reach.shape[1]), (v, len(reach)))
        ]
        away = cv2.remap(reach, at[0], at[1], cv2.INTER_LINEAR)
        # Tucked in beside the face, and beneath the wisps where it begins.
        tuck = 0.22 * smoothstep(0.86, 1.0, np.abs(2 * u - 1)) + 0.16 * smoothstep(0.6, 1.0, v)
        away = away * (1 - tuck)
        return np.stack([np.sin(turn) * away, y, np.cos(turn) * away + _BEHIND], -1)

    points, triangles, uv = sheet(columns, rows, place)
    points = beside_face(points, np.zeros(len(points)), np.zeros(len(points)))
    # Strands hang down: put the upright edge of each triangle first.
    upright = np.where(
        (np.arange(len(triangles)) % 2 == 0)[:, None],
        triangles[:, [1, 2, 0]],
        triangles[:, [0, 2, 1]],
    )
    stripes = 1 + 0.22 * rng.normal(0, 1, columns)
    stripes += 0.25 * cv2.GaussianBlur(rng.normal(0, 1, (1, columns)), (9, 1), 2.0)[0]
    stripes = np.clip(stripes, 0.4, 1.6)
    tint = (
        0.72
        * stripes[(uv[:, 0] * (columns - 1)).round().astype(int)]
        * (0.85 + 0.2 * (1 - uv[:, 1]))
    )
    return Part(
        points=points,
        triangles=upright,
        material=Material.hair(colour),
        normals=shading_normals(rng, points[:, None])[:, 0],
        tint=tint,
        follow=following(points),
    )


def _reach_of(points: np.ndarray, half: float, bottom: float, top: float) -> np.ndarray:
    """Return how far out most falling hair hangs, in mm from the middle: float32 [height, turn].

    From the `bottom` up to the `top`, and round the back by `half` a turn either way.
    """
    rows, columns = 12, 24
    x, y, z = points[:, 0], points[:, 1], points[:, 2] - _BEHIND
    turn = (np.arctan2(-x, -z) / half + 1) / 2
    row = np.floor((y - bottom) / (top - bottom) * rows).astype(int)
    column = np.floor(turn * columns).astype(int)
    within = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    cell, away = (row * columns + column)[within], np.hypot(x, z)[within]
    order = np.lexsort((away, cell))
    start, count = (
        np.searchsorted(cell[order], np.arange(rows * columns)),
        np.bincount(cell, minlength=rows * columns),
    )
    middle = away[order][np.minimum(start + (0.82 * count).astype(int), len(away) - 1)]
    known = (count > 3).reshape(rows, columns).astype(np.float32)
    spread = cv2.GaussianBlur(known * middle.reshape(rows, columns).astype(np.float32), (0, 0), 1.0)
    reach: np.ndarray = spread / np.maximum(cv2.GaussianBlur(known, (0, 0), 1.0), 1e-6)
    return np.where(reach > 0, reach, reach.max())
