"""The compiled part of posing: vertices moved, turned and put before camera and light."""

from __future__ import annotations

import numpy as np

from painscope.compiled import kernel
from painscope.virtual.raster import BITS, NOTHING, STEPS_PER_MM

__all__ = [
    "add_fields",
    "fold",
    "follow_skin",
    "light_up",
    "look",
    "place",
    "rest_on_ball",
    "skin_normals",
    "tally",
    "turn_about",
]

f32, u32 = np.float32, np.uint32


@kernel(fastmath=True)
def add_fields(points, starts, index, move, amounts):  # type: ignore[no-untyped-def]
    """Add displacements to `points`, float32 [N, 3], in place.

    Field f moves the points `index[starts[f]:starts[f + 1]]` by `amounts[f]` times `move`,
    float32 [K, 3].
    """
    for f in range(len(amounts)):
        amount = amounts[f]
        if amount != f32(0.0):
            for k in range(starts[f], starts[f + 1]):
                at = u32(index[k])
                for axis in range(3):
                    points[at, axis] += amount * move[k, axis]


@kernel(fastmath=True)
def turn_about(points, y0, z0, angle, weights):  # type: ignore[no-untyped-def]
    """Turn points, float32 [N, 3], in place about the axis across (y0, z0).

    By `angle`, in radians, times each one's own of `weights`, float32 [N].
    """
    for k in range(len(points)):
        if weights[k] != f32(0.0):
            cosine, sine = np.cos(angle * weights[k]), np.sin(angle * weights[k])
            y, z = points[k, 1] - y0, points[k, 2] - z0
            points[k, 1], points[k, 2] = y * cosine - z * sine + y0, y * sine + z * cosine + z0


@kernel(fastmath=True)
def rest_on_ball(points, index, above, centre, radius):  # type: ignore[no-untyped-def]
    """Push a lid's vertices out to the eyeball's surface, softly, in place.

    `index`, int [K], says which of the points; `above`, bool [K], which lie on the upper lid, which
    is the thicker.
    """
    softness = f32(1.2)
    for k in range(len(index)):
        at = u32(index[k])
        x, y, z = points[at, 0] - centre[0], points[at, 1] - centre[1], points[at, 2]
        reach = radius + (f32(1.6) if above[k] else f32(0.7))
        across = x * x + y * y
        if across < f32(0.97) * reach * reach:
            gap = centre[2] + np.sqrt(reach * reach - across) - z
            if gap > f32(-6.0):
                share = min(gap / softness, f32(20.0))
                points[at, 2] = z + softness * np.log(f32(1.0) + np.exp(share))


@kernel(fastmath=True)
def skin_normals(which, neighbours, points, slits, open_share, normals):  # type: ignore[no-untyped-def]
    """Write the unit normals of the skin's vertices `which`, int32 [K].

    neighbours : int32 [N, 4], each vertex's left, right, lower and upper one; points : float32
    [N, 3]; slits : int32 [S, 2, C], the vertices of slits' lower and upper edges, which must be
    among `which`; open_share : float32 [S, C], 1 where a slit can open (its two edges keep their
    own normals), 0 beyond its corners (they share one). normals : float32 [≥ N, 3].
    """
    for i in range(len(which)):
        k = u32(which[i])
        a, b = u32(neighbours[k, 0]), u32(neighbours[k, 1])
        d, e = u32(neighbours[k, 2]), u32(neighbours[k, 3])
        ux, wx = points[b, 0] - points[a, 0], points[e, 0] - points[d, 0]
        uy, wy = points[b, 1] - points[a, 1], points[e, 1] - points[d, 1]
        uz, wz = points[b, 2] - points[a, 2], points[e, 2] - points[d, 2]
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        scale = f32(1.0) / np.sqrt(nx * nx + ny * ny + nz * nz + f32(1e-12))
        normals[k, 0], normals[k, 1], normals[k, 2] = nx * scale, ny * scale, nz * scale
    for s in range(len(slits)):
        for c in range(slits.shape[2]):
            a, b = u32(slits[s, 0, c]), u32(slits[s, 1, c])
            own = f32(0.5) + f32(0.5) * open_share[s, c]
            for axis in range(3):
                lower, upper = normals[a, axis], normals[b, axis]
                normals[a, axis] = own * lower + (f32(1.0) - own) * upper
                normals[b, axis] = own * upper + (f32(1.0) - own) * lower


@kernel(fastmath=True)
def follow_skin(own, root, rest, moved, points):  # type: ignore[no-untyped-def]
    """Move the points `own` as the skin's vertices `root` moved from `rest` to `moved`."""
    for k in range(len(own)):
        at, by = u32(own[k]), u32(root[k])
        for axis in range(3):
            points[at, axis] += moved[by, axis] - rest[by, axis]


@kernel(fastmath=True)
def fold(texels, lasting, windows, relief, amounts):  # type: ignore[no-untyped-def]
    """Give `texels`, float32 [h, w, 8], the relief of `lasting` again, and fold it, in place.

    windows : int32 [K, 5], each fold's top, left, height and width, and where in `relief`, float32
    [N, 4], its own begins; amounts : float32 [K], its share. Row by row, for a row is at hand as
    long as one works on it.
    """
    top, bottom = len(texels), 0
    for f in range(len(windows)):
        top, bottom = min(top, windows[f, 0]), max(bottom, windows[f, 0] + windows[f, 2])
    for y in range(top, bottom):
        row, own = texels[u32(y)], lasting[u32(y)]
        for f in range(len(windows)):
            if 0 <= y - windows[f, 0] < windows[f, 2]:
                for x in range(windows[f, 1], windows[f, 1] + windows[f, 3]):
                    k = u32(x)
                    row[k, 4], row[k, 5], row[k, 6], row[k, 7] = (
                        own[k, 4], own[k, 5], own[k, 6], own[k, 7],
                    )  # fmt: skip
        for f in range(len(windows)):
            amount, down = amounts[f], y - windows[f, 0]
            if amount != f32(0.0) and 0 <= down < windows[f, 2]:
                left, start = windows[f, 1], windows[f, 4] + down * windows[f, 3]
                for x in range(windows[f, 3]):
                    k, at = u32(left + x), u32(start + x)
                    row[k, 4], row[k, 5], row[k, 6], row[k, 7] = (
                        row[k, 4] + amount * relief[at, 0],
                        row[k, 5] + amount * relief[at, 1],
                        row[k, 6] + amount * relief[at, 2],
                        row[k, 7] + amount * relief[at, 3],
                    )


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
    for i in range(len(used)):
        k = u32(used[i])
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
def look(points, axes, middle, per_mm, half, view):  # type: ignore[no-untyped-def]
    """See points, float32 [N, 3], from afar along `axes` [3, 3]: right, up and towards the eye.

    Writes `view`, float32 [N, 3]: pixels right and down, `per_mm` of them per mm and `middle` at
    `half`, and the distance behind the middle.
    """
    for k in range(len(points)):
        x, y, z = points[k, 0] - middle[0], points[k, 1] - middle[1], points[k, 2] - middle[2]
        view[k, 0] = half + per_mm * (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z)
        view[k, 1] = half - per_mm * (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z)
        view[k, 2] = -(axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z)


@kernel(fastmath=True)
def tally(which, view, normals, direction, near, front, seen, most):  # type: ignore[no-untyped-def]
    """Add to `seen` what light from `direction` reaches the points `which`, and to `most` could.

    view : float32 [N, 3], as `look` writes it; normals : float32 [N, 3], of length 0 for what takes
    light from every side; near : float32, where the view begins, and how far behind what is seen a
    point still counts as seen; front : uint32 [S, S, 1]; seen, most : float32 [K].
    """
    last = front.shape[0] - 1
    for i in range(len(which)):
        k = u32(which[i])
        x, y, z = normals[k, 0], normals[k, 1], normals[k, 2]
        weight = f32(1.0)
        if x * x + y * y + z * z > f32(0.25):
            weight = max(x * direction[0] + y * direction[1] + z * direction[2], f32(0.0))
        column = u32(min(max(int(view[k, 0]), 0), last))
        row = u32(min(max(int(view[k, 1]), 0), last))
        most[i] += weight
        nearest = front[row, column, 0]
        if nearest == NOTHING or view[k, 2] < near + f32(nearest >> u32(BITS)) / STEPS_PER_MM:
            seen[i] += weight


@kernel(fastmath=True)
def light_up(drawn, shadowed, shadow_axes, shadow_scale, near, shadow, looks):  # type: ignore[no-untyped-def]
    """Write how much of the key light reaches the vertices `drawn` into `looks[:, 4]`.

    shadow : uint32 [S, S, 1], the map that `raster.rasterise` wrote for the light; its three by
    three places about a vertex are weighed, so that shadows have soft edges. A vertex is held a
    little off its surface, lest the surface shade itself.
    """
    size = shadow.shape[0]
    one = f32(1.0)
    for i in range(len(drawn)):
        k = u32(drawn[i])
        nx, ny, nz = f32(2.5) * looks[k, 0], f32(2.5) * looks[k, 1], f32(2.5) * looks[k, 2]
        right = shadow_axes[0, 0] * nx + shadow_axes[0, 1] * ny + shadow_axes[0, 2] * nz
        up = shadow_axes[1, 0] * nx + shadow_axes[1, 1] * ny + shadow_axes[1, 2] * nz
        towards = shadow_axes[2, 0] * nx + shadow_axes[2, 1] * ny + shadow_axes[2, 2] * nz
        x = shadowed[k, 0] + shadow_scale * right - one
        y = shadowed[k, 1] - shadow_scale * up - one
        steps = (shadowed[k, 2] - towards - f32(1.5) - near) * STEPS_PER_MM
        # Every place whose number is above this lies behind the vertex.
        level = ((int(max(steps, f32(0.0))) + 1) << BITS) - 1
        ix, iy = int(x), int(y)
        if x < f32(0.0) or y < f32(0.0) or ix + 2 >= size or iy + 2 >= size:
            looks[k, 4] = one
            continue
        fx, fy = x - f32(ix), y - f32(iy)
        lit = f32(0.0)
        for j in range(3):
            weight = one - fy if j == 0 else (fy if j == 2 else one)
            row = u32(iy + j)
            near_ = one - fx if shadow[row, u32(ix), 0] > level else f32(0.0)
            middle = one if shadow[row, u32(ix + 1), 0] > level else f32(0.0)
            far = fx if shadow[row, u32(ix + 2), 0] > level else f32(0.0)
            lit += weight * (near_ + middle + far)
        looks[k, 4] = f32(0.25) * lit
