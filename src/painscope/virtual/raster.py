"""The compiled part of drawing: visibility first, then light once per pixel.

`rasterise` finds, for one or four samples per pixel, which triangle lies in front. `shade` then
lights each pixel once where its samples show the same smooth surface, and each surface apart only
where they differ: smooth edges at little more than the price of none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

__all__ = [
    "GLOW",
    "HAIR",
    "PLAIN",
    "SKIN",
    "WET",
    "add_field",
    "grid_normals",
    "kernel",
    "place",
    "rasterise",
    "resolve",
]

#: Kinds of material: what a triangle's light depends on besides its normal.
PLAIN, SKIN, HAIR, GLOW, WET = 0, 1, 2, 3, 4


def kernel(**options: Any) -> Callable[..., Any]:
    """Compile on first use, kept on disk where any place for that can be written."""

    def compile_lazily(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba found no writable folder, beside the package or at home
            return numba.njit(**options)(function)

    return compile_lazily


@kernel(fastmath=True, error_model="numpy")
def add_field(points, index, move, amount):  # type: ignore[no-untyped-def]
    """Add `amount` times `move`, float32 [K, 3], to the points at `index`, in place."""
    for k in range(len(index)):
        for axis in range(3):
            points[index[k], axis] += amount * move[k, axis]


@kernel(fastmath=True, error_model="numpy")
def place(  # type: ignore[no-untyped-def]
    points, normals, follow, turn, pivot, camera, shadow_axes, shadow_scale, shadow_half,
    screen, turned, shadowed,
):  # fmt: skip
    """Turn all vertices with the head and see them from the camera and from the light.

    points, normals : float32 [N, 3], in the head's space; follow : float32 [N], how far each
    turns by `turn` [3, 3] about `pivot` [3]. Writes float32 [N, 3] each: `screen` (pixels right
    and down, distance), `turned` (normals) and `shadowed` (places in the shadow map, depth).
    """
    for k in range(len(points)):
        share = follow[k]
        x, y, z = points[k, 0] - pivot[0], points[k, 1] - pivot[1], points[k, 2] - pivot[2]
        nx, ny, nz = normals[k, 0], normals[k, 1], normals[k, 2]
        if share > 0.0:
            rest = 1.0 - share
            dx = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
            dy = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
            dz = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
            x, y, z = share * dx + rest * x, share * dy + rest * y, share * dz + rest * z
            dx = turn[0, 0] * nx + turn[0, 1] * ny + turn[0, 2] * nz
            dy = turn[1, 0] * nx + turn[1, 1] * ny + turn[1, 2] * nz
            dz = turn[2, 0] * nx + turn[2, 1] * ny + turn[2, 2] * nz
            nx, ny, nz = share * dx + rest * nx, share * dy + rest * ny, share * dz + rest * nz
        turned[k, 0], turned[k, 1], turned[k, 2] = nx, ny, nz
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


@kernel(fastmath=True, error_model="numpy")
def grid_normals(points, rows, columns, slit_rows, open_share, normals):  # type: ignore[no-untyped-def]
    """Write the unit normals of a grid whose slit rows (lower copies) have no upper neighbour.

    points, normals : float32 [rows * columns, 3]; slit_rows : int [S]; open_share : float32
    [S, columns], 1 where a slit can open (its two edges keep their own normals), 0 beyond its
    corners (they share one).
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
            scale = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
            k = r * columns + c
            normals[k, 0], normals[k, 1], normals[k, 2] = nx * scale, ny * scale, nz * scale
    for i in range(len(slit_rows)):
        for c in range(columns):
            a = slit_rows[i] * columns + c
            b = a + columns
            own = 0.5 + 0.5 * open_share[i, c]
            for k in range(3):
                lower, upper = normals[a, k], normals[b, k]
                normals[a, k] = own * lower + (1 - own) * upper
                normals[b, k] = own * upper + (1 - own) * lower


@kernel(fastmath=True, error_model="numpy")
def rasterise(screen, triangles, one_sided, samples, ids, depth):  # type: ignore[no-untyped-def]
    """Find the nearest triangle at every sample.

    screen : float32 [N, 3], pixels right and down, and distance; triangles : int32 [M, 3], the
    first `one_sided` of them shown from the front only. ids : int32 and depth : float32, both
    [H * samples, W * samples], are written where something is nearer than what they hold.
    With two samples a way they lie on a rotated grid, which smooths upright edges best.
    """
    height, width = ids.shape
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        x0, y0 = screen[a, 0] * samples, screen[a, 1] * samples
        x1, y1 = screen[b, 0] * samples, screen[b, 1] * samples
        x2, y2 = screen[c, 0] * samples, screen[c, 1] * samples
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area > -1e-6 and (k < one_sided or area < 1e-6):
            continue
        left = max(0, int(np.floor(min(x0, min(x1, x2)) - 0.25)))
        right = min(width - 1, int(np.floor(max(x0, max(x1, x2)) + 0.25)))
        top = max(0, int(np.floor(min(y0, min(y1, y2)) - 0.25)))
        bottom = min(height - 1, int(np.floor(max(y0, max(y1, y2)) + 0.25)))
        if left > right or top > bottom:
            continue
        scale = 1.0 / area
        # Barycentric weights of b and c are linear in the sample's place.
        b_x, b_y = (y2 - y0) * scale, -(x2 - x0) * scale
        c_x, c_y = -(y1 - y0) * scale, (x1 - x0) * scale
        z0, z1, z2 = screen[a, 2], screen[b, 2] - screen[a, 2], screen[c, 2] - screen[a, 2]
        wide = right - left > 5
        for y in range(top, bottom + 1):
            first, last = left, right
            row = y + 0.5 - y0
            if wide:  # a long sliver fills little of its box: keep to where this row meets it
                for edge in range(3):
                    if edge == 0:
                        slope, value = b_x, row * b_y - x0 * b_x
                        slack = 0.3 * (abs(b_x) + abs(b_y))
                    elif edge == 1:
                        slope, value = c_x, row * c_y - x0 * c_x
                        slack = 0.3 * (abs(c_x) + abs(c_y))
                    else:
                        slope = -b_x - c_x
                        value = 1.0 - row * (b_y + c_y) - x0 * slope
                        slack = 0.3 * (abs(b_x + c_x) + abs(b_y + c_y))
                    if slope > 1e-9:
                        first = max(first, int(max(-(value + slack) / slope - 0.5, 0.0)))
                    elif slope < -1e-9:
                        last = min(last, int(max(-(value + slack) / slope, -1.0)))
            # Two samples a way lie on the classic rotated grid, in quarters of a pixel.
            shift = 0.25 - 0.5 * (y & 1) if samples == 2 else 0.0
            w1_row = (0.5 - x0 + shift) * b_x + row * b_y
            w2_row = (0.5 - x0 + shift) * c_x + row * c_y
            for x in range(first, last + 1):
                drop = 0.5 * (x & 1) - 0.25 if samples == 2 else 0.0
                w1 = w1_row + x * b_x + drop * b_y
                w2 = w2_row + x * c_x + drop * c_y
                if w1 < -1e-4 or w2 < -1e-4 or w1 + w2 > 1.0001:
                    continue
                z = z0 + w1 * z1 + w2 * z2
                if z < depth[y, x]:
                    depth[y, x] = z
                    ids[y, x] = k


@kernel(fastmath=True, error_model="numpy")
def resolve(ids, depth, samples, parts, materials, places, found, shares):  # type: ignore[no-untyped-def]
    """List what each pixel shows: one fragment per surface, with its share of the samples.

    Samples on the same part at like depths are one surface; hair's wisps soon are not.
    places, found : int32 and shares : float32, all [H * W * samples²], are written with the
    pixel (row in the upper 16 bits, column in the lower), the triangle and the share of each
    fragment. Returns how many there are.
    """
    height, width = ids.shape[0] // samples, ids.shape[1] // samples
    seen = np.empty(4, np.int32)
    far = np.empty(4, np.float32)
    every = samples * samples
    count = 0
    for py in range(height):
        for px in range(width):
            s = 0
            nothing, one = True, True
            for y in range(py * samples, (py + 1) * samples):
                for x in range(px * samples, (px + 1) * samples):
                    seen[s] = ids[y, x]
                    nothing &= seen[s] < 0
                    one &= seen[s] == seen[0]
                    s += 1
            if nothing:
                continue
            if one:
                places[count], found[count], shares[count] = (py << 16) + px, seen[0], 1.0
                count += 1
                continue
            s = 0
            for y in range(py * samples, (py + 1) * samples):
                for x in range(px * samples, (px + 1) * samples):
                    far[s] = depth[y, x]
                    s += 1
            for s in range(every):
                k = seen[s]
                if k < 0:
                    continue
                part = parts[k]
                near = 1.2 if materials[part, 0] == HAIR else 4.0
                share = 1
                for other in range(s + 1, every):
                    j = seen[other]
                    if j >= 0 and (
                        j == k or (parts[j] == part and abs(far[other] - far[s]) < near)
                    ):
                        share += 1
                        seen[other] = -1
                places[count], found[count] = (py << 16) + px, k
                shares[count] = share / every
                count += 1
    return count
