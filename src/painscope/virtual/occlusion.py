"""How much of the sky each point of a body sees, worked out once per person."""

from __future__ import annotations

import numpy as np

from painscope.virtual import raster, vertices

__all__ = ["ever_seen", "sky_share", "view_axes"]

_DIRECTIONS = 28
_SIZE, _PER_MM = 144, np.float32(0.4)
_MIDDLE, _NEAR = np.array([0.0, -30.0, 0.0], np.float32), np.float32(-raster.REACH)
#: Millimetres that a point may lie behind what is seen and still count as seen.
_SLACK = np.float32(4.0)


def view_axes(direction: np.ndarray) -> np.ndarray:
    """Return the right, up and forward axes of a view against `direction`: float32 [3, 3]."""
    x, y, z = (float(part) for part in direction)
    level = (x * x + z * z) ** 0.5
    right, up = (z / level, 0.0, -x / level), (-x * y / level, level, -y * z / level)
    return np.array([right, up, (x, y, z)], np.float32)


def sky_share(
    points: np.ndarray, normals: np.ndarray, triangles: np.ndarray, which: np.ndarray
) -> np.ndarray:
    """Return the share of the light from all around that reaches points: float32 [K].

    Parameters
    ----------
    points, normals : float32 [N, 3]
        In mm; a normal of length 0 takes light from every side alike.
    triangles : int32 [M, 3]
        What stands in the light's way.
    which : int [K]
        The points in question.
    """
    # Directions spread evenly over a sphere (Fibonacci lattice).
    k = np.arange(_DIRECTIONS) + 0.5
    height, turn = 1 - 2 * k / _DIRECTIONS, np.pi * (1 + 5**0.5) * k
    level = np.sqrt(1 - height**2)
    directions = np.stack([level * np.sin(turn), height, level * np.cos(turn)], -1)
    front = np.empty((_SIZE, _SIZE, 1), np.uint32)
    seen, most = np.zeros(len(which), np.float32), np.zeros(len(which), np.float32)
    view = np.empty((len(points), 3), np.float32)
    for direction in directions:
        axes = view_axes(direction)
        vertices.look(points, axes, _MIDDLE, _PER_MM, np.float32(0.5 * _SIZE), view)
        front.fill(raster.NOTHING)
        raster.rasterise(view, triangles, 0, _NEAR, front)
        vertices.tally(which, view, normals, axes[2], _NEAR + _SLACK, front, seen, most)
    return seen / np.maximum(most, 1e-6)


def ever_seen(points: np.ndarray, triangles: np.ndarray, one_sided: int) -> np.ndarray:
    """Return which triangles are worth drawing while a head turns by up to 40°: bool [M].

    Most of a head of hair hides the rest of it, in whatever pose; what hardly ever shows in a
    round of views need not be drawn.
    """
    size, per_mm = 380, np.float32(1.15)
    front = np.empty((size, size, 1), np.uint32)
    pixels = np.zeros(len(triangles), np.int64)
    view = np.empty((len(points), 3), np.float32)
    for yaw in np.radians([-40, -20, 0, 20, 40]):
        for pitch in np.radians([-14, 14]):
            direction = [np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)]
            axes = view_axes(np.array(direction))
            vertices.look(points, axes, _MIDDLE, per_mm, np.float32(0.5 * size), view)
            front.fill(raster.NOTHING)
            raster.rasterise(view, triangles, one_sided, _NEAR, front)
            shown = raster.triangle(front[..., 0]).reshape(-1)
            pixels += np.bincount(shown + 1, minlength=len(triangles) + 1)[1:]
    return pixels > 4
