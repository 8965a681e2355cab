"""Pieces of a person besides the face's skin, and how they are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from painscope.virtual import raster

__all__ = ["Material", "Part", "ribbons", "sheet", "vertex_normals"]


@dataclass(frozen=True)
class Material:
    """How a surface answers light (`shading`); highlights narrow with 2**sharpness."""

    kind: int = raster.PLAIN
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    textured: bool = False
    wrap: tuple[float, float, float] = (0.15, 0.15, 0.15)
    gloss: float = 0.0
    sharpness: int = 4

    @classmethod
    def hair(cls, colour: np.ndarray) -> Material:
        """Return hair of a linear colour."""
        red, green, blue = (float(c) for c in colour)
        return cls(raster.HAIR, (red, green, blue), gloss=0.55, sharpness=5)

    def row(self) -> list[float]:
        """Return the numbers that `shading.shade_surfaces` and `shading.shade_hair` read."""
        return [
            float(self.kind), *np.sqrt(self.colour), float(self.textured), *self.wrap, self.gloss,
            float(self.sharpness),
        ]  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A piece of mesh in the head's space.

    Attributes
    ----------
    points : float [N, 3]
    triangles : int [M, 3]
    material : Material
    normals : float [N, 3]
    tint : float [N]
        Share of the sky seen, or brightness.
    uv : float [N, 2], optional
        Texels in the part's own texture.
    texture : uint8 [h, w, 4], optional
    root : int [N], optional
        The head's vertex that a point moves along with; −1 for none.
    follow : float [N], optional
        1 where a point turns with the head, 0 where it stays with the trunk.
    droop : float [N], optional
        Millimetres that a point sinks when the lid on its side is closed.
    wisp_points : int
        In hair, how many points make one wisp.
    one_sided : bool
        Whether it is seen from its front only.
    """

    points: np.ndarray
    triangles: np.ndarray
    material: Material
    normals: np.ndarray
    tint: np.ndarray = field(default_factory=lambda: np.ones(0))
    uv: np.ndarray | None = None
    texture: np.ndarray | None = None
    root: np.ndarray | None = None
    follow: np.ndarray | None = None
    droop: np.ndarray | None = None
    wisp_points: int = 1
    one_sided: bool = False


def vertex_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return unit normals, averaged over the triangles round each point: float64 [N, 3]."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros((len(points), 3))
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9)


def sheet(
    columns: int, rows: int, place: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make a sheet: `place(u, v)` with u across and v up, 0 to 1, gives points [..., 3].

    Returns points [N, 3], triangles [M, 3] that face the side from which u runs right and v up,
    and (u, v) [N, 2].
    """
    u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    points = np.asarray(place(u, v), np.float64).reshape(-1, 3)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    triangles = np.stack([np.stack([a, b, d], -1), np.stack([a, d, c], -1)], -2).reshape(-1, 3)
    return points, triangles.astype(np.int32), np.stack([u, v], -1).reshape(-1, 2)


def ribbons(
    paths: np.ndarray, normals: np.ndarray, width: np.ndarray, tip: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Turn wisps into tapering ribbons that lie flat against `normals`.

    paths, normals : float [N, K, 3]; width : float [N], in mm at the root; tip : the higher, the
    later a wisp grows thin. Returns points [N * K * 2, 3] and triangles whose first edge runs along
    the wisp.
    """
    count, steps, _ = paths.shape
    along = np.gradient(paths, axis=1)
    across = np.cross(along, normals)
    across /= np.linalg.norm(across, axis=-1, keepdims=True) + 1e-9
    taper = np.sqrt(np.clip(1.0 - np.linspace(0, 1, steps) ** tip, 0.03, 1))
    half = 0.5 * width[:, None, None] * taper[None, :, None] * across
    points = np.stack([paths - half, paths + half], axis=2).reshape(-1, 3)
    a = (np.arange(count)[:, None] * steps + np.arange(steps - 1)[None]) * 2
    left, right = a, a + 1
    pairs = [np.stack([left, left + 2, right], -1), np.stack([right, right + 2, left + 2], -1)]
    return points, np.stack(pairs, axis=2).reshape(-1, 3).astype(np.int32)
