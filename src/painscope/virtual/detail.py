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
#: What may be lost by leaving vertices out: pixels off the surface (which shows at its outline) and
#: along it (which shifts the paint), and length of unit normals (which shifts the light).
_PLACE_PX, _SLIDE_PX, _NORMAL = 0.4, 0.8, 0.12


def fine_blocks(head: Head, px_per_mm: float) -> np.ndarray:
    """Return which blocks of `anatomy.skin_triangles` need all their vertices: bool."""
    fine = np.zeros((len(BLOCK_ROWS), (COLUMNS - 1) // 2), bool)
    normals = np.empty((ROWS * COLUMNS, 3), np.float32)
    for face in _FACES:
        intensities = np.array([[face.get(unit, 0.0)] * 2 for unit in ACTION_UNITS])
        points = express(head, intensities, np.zeros(2)).points
        skin_normals(points, normals)
        off, along = _split(_bends(points), normals)
        fine |= (off * px_per_mm > _PLACE_PX) | (along * px_per_mm > _SLIDE_PX)
        fine |= np.sqrt((_bends(normals) ** 2).sum(-1).max(0)) > _NORMAL
    return fine


def _split(bends: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how long bends are at most, off the surface and along it."""
    facing = normals.reshape(ROWS, COLUMNS, 3)[BLOCK_ROWS + 1, 1::2]
    off = np.einsum("krcx,rcx->krc", bends, facing)
    along = np.maximum((bends**2).sum(-1) - off**2, 0)
    return np.abs(off).max(0), np.sqrt(along.max(0))


def _bends(values: np.ndarray) -> np.ndarray:
    """Return how five of a block's vertices differ from what its corners would say.

    values : float32 [N, 3]; returns float32 [5, blocks up, blocks across, 3].
    """
    grid = values.reshape(ROWS, COLUMNS, 3)
    low, middle, high = (grid[BLOCK_ROWS + k] for k in range(3))
    across = [row[:, 1::2] - 0.5 * (row[:, :-1:2] + row[:, 2::2]) for row in (low, middle, high)]
    up = middle - 0.5 * (low + high)
    # Of the middle it counts how far it lies off the diagonal that splits a coarse block.
    inner = middle[:, 1::2] - 0.5 * (low[:, :-1:2] + high[:, 2::2])
    return np.stack([across[0], across[2], up[:, :-1:2], up[:, 2::2], inner])
