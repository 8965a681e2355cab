"""How much of the sky each point of a body sees, worked out once per person."""

from __future__ import annotations

import numpy as np

from painscope.virtual import raster

__all__ = ["ever_seen", "sky_share", "view_axes"]

_DIRECTIONS = 28
_SIZE, _PER_MM = 144, 0.4
#: Millimetres that a point may lie behind what is seen and still count as seen.
_SLACK = 4.0


def view_axes(direction: np.ndarray) -> np.ndarray:
    """Return the right, up and forward axes of a view against `direction`: float32 [3, 3]."""
    right = np.cross([0.0, 1.0, 0.0], direction)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), direction]).astype(np.float32)


def sky_share(points: np.ndarray, normals: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return the share of the light from all around that reaches each point: float32 [N].

    Parameters
    ----------
    points, normals : float32 [N, 3]
        In mm; a normal of length 0 takes light from every side alike.
    triangles : int32 [M, 3]
        What stands in the light's way.
    """
    # Directions spread evenly over a sphere (Fibonacci lattice).
    k = np.arange(_DIRECTIONS) + 0.5
    height, turn = 1 - 2 * k / _DIRECTIONS, np.pi * (1 + 5**0.5) * k
    level = np.sqrt(1 - height**2)
    directions = np.stack([level * np.sin(turn), height, level * np.cos(turn)], -1)
    front = np.empty((_SIZE, _SIZE, 1), np.uint32)
    near = np.float32(-raster.REACH)
    seen, most = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
    directed = np.linalg.norm(normals, axis=1) > 0.5
    middle = np.array([0.0, -30.0, 0.0], np.float32)
    for direction in directions:
        view = (points - middle) @ view_axes(direction).T
        view[:, 0] = 0.5 * _SIZE + _PER_MM * view[:, 0]
        view[:, 1] = 0.5 * _SIZE - _PER_MM * view[:, 1]
        view[:, 2] *= -1
        front.fill(raster.NOTHING)
        raster.rasterise(view, triangles, 0, near, front)
        depth = near + raster.depth_mm(front[..., 0])
        column = np.clip(view[:, 0].astype(np.int32), 0, _SIZE - 1)
        row = np.clip(view[:, 1].astype(np.int32), 0, _SIZE - 1)
        weight = np.where(directed, np.maximum(normals @ direction.astype(np.float32), 0), 1.0)
        most += weight
        seen += weight * (view[:, 2] < depth[row, column] + _SLACK)
    return seen / np.maximum(most, 1e-6)


def ever_seen(points: np.ndarray, triangles: np.ndarray, one_sided: int) -> np.ndarray:
    """Return which triangles are worth drawing while a head turns by up to 40°: bool [M].

    Most of a head of hair hides the rest of it, in whatever pose; what hardly ever shows in a
    round of views need not be drawn.
    """
    size, per_mm = 380, 1.15
    front = np.empty((size, size, 1), np.uint32)
    pixels = np.zeros(len(triangles), np.int64)
    middle = np.array([0.0, -30.0, 0.0], np.float32)
    for yaw in np.radians([-40, -20, 0, 20, 40]):
        for pitch in np.radians([-14, 14]):
            direction = [np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)]
            view = (points - middle) @ view_axes(np.array(direction)).T
            view[:, 0] = 0.5 * size + per_mm * view[:, 0]
            view[:, 1] = 0.5 * size - per_mm * view[:, 1]
            view[:, 2] *= -1
            front.fill(raster.NOTHING)
            raster.rasterise(view, triangles, one_sided, np.float32(-raster.REACH), front)
            pixels += np.bincount(
                raster.triangle(front[front < raster.NOTHING]), minlength=len(triangles)
            )
    return pixels > 4
