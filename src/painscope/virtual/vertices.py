"""The compiled part of posing: vertices moved, turned and put before camera and light."""

from __future__ import annotations

import numpy as np

from painscope.compiled import kernel
from painscope.virtual.raster import STEPS_PER_MM

__all__ = ["add_field", "add_fold", "grid_normals", "light_up", "place"]

f32 = np.float32


@kernel(fastmath=True)
def add_field(points, index, move, amount):  # type: ignore[no-untyped-def]
    """Add `amount` times `move`, float32 [K, 3], to the points at `index`, in place."""
    for k in range(len(index)):
        for axis in range(3):
            points[index[k], axis] += amount * move[k, axis]


@kernel(fastmath=True)
def add_fold(texels, top, left, relief, amount):  # type: ignore[no-untyped-def]
    """Add `amount` times `relief`, float32 [h, w, 3], to the relief in `texels`, in place."""
    height, width, _ = relief.shape
    for y in range(height):
        for x in range(width):
            for c in range(3):
                texels[top + y, left + x, 4 + c] += amount * relief[y, x, c]


@kernel(fastmath=True)
def grid_normals(points, rows, columns, slit_rows, open_share, normals):  # type: ignore[no-untyped-def]
    """Write the unit normals of a grid whose slit rows (lower copies) have no upper neighbour.

    points : float32 [rows * columns, 3]; slit_rows : int [S]; open_share : float32 [S, columns],
    1 where a slit can open (its two edges keep their own normals), 0 beyond its corners (they
    share one). normals : float32 [rows * columns, ≥ 3], of which the first three are written.
    """
    for r in range(rows):
        low, high = max(r - 1, 0), min(r + 1, rows - 1)
        for s in slit_rows:
            if r == s:
                high = r
            elif r == s + 1:
                low = r
        for c in range(columns):
            left, right = max(c - 1, 0), min(c + 1, columns - 1)
            a, b = r * columns + left, r * columns + right
            d, e = low * columns + c, high * columns + c
            ux, uy, uz = (
                points[b, 0] - points[a, 0],
                points[b, 1] - points[a, 1],
                points[b, 2] - points[a, 2],
            )
            wx, wy, wz = (
                points[e, 0] - points[d, 0],
                points[e, 1] - points[d, 1],
                points[e, 2] - points[d, 2],
            )
            nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
            scale = f32(1.0) / np.sqrt(nx * nx + ny * ny + nz * nz + f32(1e-12))
            k = r * columns + c
            normals[k, 0], normals[k, 1], normals[k, 2] = nx * scale, ny * scale, nz * scale
    for i in range(len(slit_rows)):
        for c in range(columns):
            a = slit_rows[i] * columns + c
            b = a + columns
            own = f32(0.5) + f32(0.5) * open_share[i, c]
            for k in range(3):
                lower, upper = normals[a, k], normals[b, k]
                normals[a, k] = own * lower + (f32(1.0) - own) * upper
                normals[b, k] = own * upper + (f32(1.0) - own) * lower


@kernel(fastmath=True)
def place(  # type: ignore[no-untyped-def]
    used, points, normals, follow, turn, pivot, camera, shadow_axes, shadow_scale, shadow_half,
    screen, looks, shadowed,
):  # fmt: skip
    """Turn the vertices `used`, int32 [K], and see them from the camera and from the light.

    points, normals : float32 [N, 3], in the head's space; follow : float32 [N], how far each
    turns by `turn` [3, 3] about `pivot` [3]. Writes `screen`, float32 [N, 3] (pixels right and
    down, distance), the normals in `looks`, float32 [N, 8], and `shadowed`, float32 [N, 3] (places
    in the shadow map, depth).
    """
    for k in used:
        share = follow[k]
        x, y, z = points[k, 0] - pivot[0], points[k, 1] - pivot[1], points[k, 2] - pivot[2]
        nx, ny, nz = normals[k, 0], normals[k, 1], normals[k, 2]
        rest = f32(1.0) - share
        dx = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
        dy = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
        dz = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
        x, y, z = share * dx + rest * x, share * dy + rest * y, share * dz + rest * z
        dx = turn[0, 0] * nx + turn[0, 1] * ny + turn[0, 2] * nz
        dy = turn[1, 0] * nx + turn[1, 1] * ny + turn[1, 2] * nz
        dz = turn[2, 0] * nx + turn[2, 1] * ny + turn[2, 2] * nz
        looks[k, 0] = share * dx + rest * nx
        looks[k, 1] = share * dy + rest * ny
        looks[k, 2] = share * dz + rest * nz
        x, y, z = x + pivot[0], y + pivot[1], z + pivot[2]
        away = camera[3] - z
        scale = camera[2] / away
        screen[k, 0], screen[k, 1] = camera[0] + scale * x, camera[1] - scale * y
        screen[k, 2] = away
        right = shadow_axes[0, 0] * x + shadow_axes[0, 1] * y + shadow_axes[0, 2] * z
        up = shadow_axes[1, 0] * x + shadow_axes[1, 1] * y + shadow_axes[1, 2] * z
        shadowed[k, 0] = shadow_half + shadow_scale * right
        shadowed[k, 1] = shadow_half - shadow_scale * up
        shadowed[k, 2] = -(shadow_axes[2, 0] * x + shadow_axes[2, 1] * y + shadow_axes[2, 2] * z)


@kernel(fastmath=True)
def light_up(used, shadowed, shadow_axes, shadow_scale, shadow, looks):  # type: ignore[no-untyped-def]
    """Write how much of the key light reaches each vertex into `looks[:, 4]`.

    shadow : int64 [S, S, 1], the map that `raster.rasterise` wrote for the light; its three by
    three places about a vertex are weighed, so that shadows have soft edges. A vertex is held a
    little off its surface, lest the surface shade itself.
    """
    size = shadow.shape[0]
    for k in used:
        nx, ny, nz = f32(2.5) * looks[k, 0], f32(2.5) * looks[k, 1], f32(2.5) * looks[k, 2]
        right = shadow_axes[0, 0] * nx + shadow_axes[0, 1] * ny + shadow_axes[0, 2] * nz
        up = shadow_axes[1, 0] * nx + shadow_axes[1, 1] * ny + shadow_axes[1, 2] * nz
        towards = shadow_axes[2, 0] * nx + shadow_axes[2, 1] * ny + shadow_axes[2, 2] * nz
        x = shadowed[k, 0] + shadow_scale * right - f32(1.0)
        y = shadowed[k, 1] - shadow_scale * up - f32(1.0)
        depth = np.int64(np.int32((shadowed[k, 2] - towards - f32(1.5)) * STEPS_PER_MM)) << 32
        ix, iy = int(x), int(y)
        if x < f32(0.0) or y < f32(0.0) or ix + 2 >= size or iy + 2 >= size:
            looks[k, 4] = f32(1.0)
            continue
        fx, fy = x - f32(ix), y - f32(iy)
        lit = f32(0.0)
        for j in range(3):
            weight = f32(1.0) - fy if j == 0 else (fy if j == 2 else f32(1.0))
            near = f32(1.0) - fx if shadow[iy + j, ix, 0] > depth else f32(0.0)
            middle = f32(1.0) if shadow[iy + j, ix + 1, 0] > depth else f32(0.0)
            far = fx if shadow[iy + j, ix + 2, 0] > depth else f32(0.0)
            lit += weight * (near + middle + far)
        looks[k, 4] = f32(0.25) * lit
