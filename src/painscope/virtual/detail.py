"""Level of detail: where a face needs all of its vertices, and where a quarter of them will do."""

from __future__ import annotations

import numpy as np

from painscope.virtual.anatomy import BLOCK_ROWS, COLUMNS, ROWS
from painscope.virtual.expression import express, skin_normals
from painscope.virtual.head import Head
from painscope.virtual.motion import ACTION_UNITS

__all__ = ["fine_blocks"]

#: Faces that between them bend everything that bends.
_FACES: tuple[dict[int, float], ...] = (
    {},
    {4: 5, 6: 5, 7: 5, 9: 5, 10: 5, 25: 3, 43: 5},
    {1: 5, 2: 5, 5: 5, 26: 5, 27: 5},
    {6: 5, 12: 5, 14: 5, 25: 5},
    {15: 5, 17: 5, 20: 5, 24: 5},
)
#: What may be lost by leaving vertices out: pixels of place, and length of unit normals.
_PLACE_PX, _NORMAL = 0.4, 0.12


def fine_blocks(head: Head, px_per_mm: float) -> np.ndarray:
    """Return which blocks of `anatomy.skin_triangles` need all their vertices: bool."""
    fine = np.zeros((len(BLOCK_ROWS), (COLUMNS - 1) // 2), bool)
    normals = np.empty((ROWS * COLUMNS, 3), np.float32)
    for face in _FACES:
        intensities = np.array([[face.get(unit, 0.0)] * 2 for unit in ACTION_UNITS])
        points = express(head, intensities, np.zeros(2)).points
        skin_normals(points, normals)
        fine |= _bend(points) * px_per_mm > _PLACE_PX
        fine |= _bend(normals) > _NORMAL
    return fine


def _bend(values: np.ndarray) -> np.ndarray:
    """Return how far vertices' values [N, 3] lie from what a block's corners would say."""
    grid = values.reshape(ROWS, COLUMNS, 3)
    low, middle, high = (grid[BLOCK_ROWS + k] for k in range(3))
    across = [row[:, 1::2] - 0.5 * (row[:, :-1:2] + row[:, 2::2]) for row in (low, middle, high)]
    up = middle - 0.5 * (low + high)
    # Of the middle it counts how far it lies off the diagonal that splits a coarse block.
    inner = middle[:, 1::2] - 0.5 * (low[:, :-1:2] + high[:, 2::2])
    bends = [across[0], across[2], up[:, :-1:2], up[:, 2::2], inner]
    return np.sqrt(np.max([np.einsum("rcx,rcx->rc", bend, bend) for bend in bends], axis=0))
