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
    "develop",
    "grid_normals",
    "place",
    "rasterise",
    "resolve",
    "shade",
]

#: Kinds of material: what a triangle's light depends on besides its normal.
PLAIN, SKIN, HAIR, GLOW, WET = 0, 1, 2, 3, 4


def _kernel(**options: Any) -> Callable[..., Any]:
    """Compile on first use, kept on disk where any place for that can be written."""

    def compile_lazily(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # numba found no writable folder, beside the package or at home
            return numba.njit(**options)(function)

    return compile_lazily


@_kernel(fastmath=True, error_model="numpy")
def add_field(points, index, move, amount):  # type: ignore[no-untyped-def]
    """Add `amount` times `move`, float32 [K, 3], to the points at `index`, in place."""
    for k in range(len(index)):
        for axis in range(3):
            points[index[k], axis] += amount * move[k, axis]


@_kernel(fastmath=True, error_model="numpy")
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


@_kernel(fastmath=True, error_model="numpy")
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


@_kernel(fastmath=True, error_model="numpy")
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


@_kernel(fastmath=True, error_model="numpy")
def _lit_share(shadow, sx, sy, sz):  # type: ignore[no-untyped-def]
    """Return the share of the light that passes at shadow-map place (sx, sy), depth sz."""
    size = shadow.shape[0]
    x, y = sx - 1.0, sy - 1.0
    ix, iy = int(np.floor(x)), int(np.floor(y))
    if ix < 0 or iy < 0 or ix + 2 >= size or iy + 2 >= size:
        return 1.0
    fx, fy = x - ix, y - iy
    lit = 0.0
    for j in range(3):
        wy = 1.0 - fy if j == 0 else (fy if j == 2 else 1.0)
        if shadow[iy + j, ix] > sz:
            lit += wy * (1.0 - fx)
        if shadow[iy + j, ix + 1] > sz:
            lit += wy
        if shadow[iy + j, ix + 2] > sz:
            lit += wy * fx
    return 0.25 * lit


@_kernel(fastmath=True, error_model="numpy")
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
                    seen[s], far[s] = ids[y, x], depth[y, x]
                    nothing &= seen[s] < 0
                    one &= seen[s] == seen[0]
                    s += 1
            if nothing:
                continue
            if one:
                places[count], found[count], shares[count] = (py << 16) + px, seen[0], 1.0
                count += 1
                continue
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


@_kernel(fastmath=True, error_model="numpy")
def _texel(texture, u, v, channel, q00, q10, q01, q11):  # type: ignore[no-untyped-def]
    """Return a channel of `texture` between four texels."""
    return (
        q00 * texture[v, u, channel]
        + q10 * texture[v, u + 1, channel]
        + q01 * texture[v + 1, u, channel]
        + q11 * texture[v + 1, u + 1, channel]
    )


@_kernel(fastmath=True, error_model="numpy")
def shade(  # type: ignore[no-untyped-def]
    count, places, found, shares, screen, normals, uv, tint, triangles, parts, materials, atlas,
    relief, lights, axes, camera, shadow, shadow_axes, shadow_scale, image,
):  # fmt: skip
    """Light the fragments that `resolve` listed and lay them over `image`, in linear light.

    normals : float32 [N, 3] in camera axes; for hair too, whose strands run along each
    triangle's first edge. uv : float32 [N, 2] in texels of `atlas`, uint8 [h, w, 4] (square roots
    of linear colour, and gloss) and `relief`, float32 [h, w, 3] (slope across, slope up, dark).
    tint : float32 [N], the share of the sky a point sees, or a strand's brightness.
    parts : int32 [M] and materials : float32 [parts, 10] (kind, red, green, blue, textured,
    wrap of light per channel, gloss, and how often to square for its sharpness).
    lights : float32 [4, 9]: direction, colour and half vector of key and fill; then the colours
    of sky and floor.
    axes : float32 [3, 3], the head's axes in columns. camera : float32 [4]: principal point,
    focal length in pixels, distance. shadow: depth as seen by the key light, with its axes
    float32 [3, 3] in rows and pixels per mm. image : float32 [H, W, 3].
    """
    for f in range(count):
        py, px = places[f] >> 16, places[f] & 0xFFFF
        if f == 0 or places[f - 1] != places[f]:  # the pixel's first: make room for all of them
            rest, g = 1.0, f
            while g < count and places[g] == places[f]:
                rest -= shares[g]
                g += 1
            for c in range(3):
                image[py, px, c] *= rest
        share = shares[f]
        k = found[f]
        part = parts[k]
        x, y = px + 0.5, py + 0.5
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0] - x0, screen[b, 1] - y0
        x2, y2 = screen[c, 0] - x0, screen[c, 1] - y0
        scale = 1.0 / (x1 * y2 - x2 * y1)
        w1 = ((x - x0) * y2 - x2 * (y - y0)) * scale
        w2 = (x1 * (y - y0) - (x - x0) * y1) * scale
        # A pixel's centre may lie just outside a triangle that covers its corner.
        w0, w1, w2 = max(1.0 - w1 - w2, 0.0), max(w1, 0.0), max(w2, 0.0)
        scale = 1.0 / (w0 + w1 + w2)
        w0, w1, w2 = w0 * scale, w1 * scale, w2 * scale
        z = w0 * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
        nx = w0 * normals[a, 0] + w1 * normals[b, 0] + w2 * normals[c, 0]
        ny = w0 * normals[a, 1] + w1 * normals[b, 1] + w2 * normals[c, 1]
        nz = w0 * normals[a, 2] + w1 * normals[b, 2] + w2 * normals[c, 2]
        sky_share = w0 * tint[a] + w1 * tint[b] + w2 * tint[c]
        kind, squarings = int(materials[part, 0]), int(materials[part, 9])
        red, green, blue, gloss = (
            materials[part, 1],
            materials[part, 2],
            materials[part, 3],
            materials[part, 8],
        )
        dark = 0.0
        if materials[part, 4] > 0.0:
            u = w0 * uv[a, 0] + w1 * uv[b, 0] + w2 * uv[c, 0]
            v = w0 * uv[a, 1] + w1 * uv[b, 1] + w2 * uv[c, 1]
            u = min(max(u, 0.0), atlas.shape[1] - 1.001)
            v = min(max(v, 0.0), atlas.shape[0] - 1.001)
            iu, iv = int(u), int(v)
            fu, fv = u - iu, v - iv
            q00, q10, q01, q11 = (1 - fu) * (1 - fv), fu * (1 - fv), (1 - fu) * fv, fu * fv
            red = _texel(atlas, iu, iv, 0, q00, q10, q01, q11)
            green = _texel(atlas, iu, iv, 1, q00, q10, q01, q11)
            blue = _texel(atlas, iu, iv, 2, q00, q10, q01, q11)
            red, green, blue = red * red / 65025.0, green * green / 65025.0, blue * blue / 65025.0
            gloss *= _texel(atlas, iu, iv, 3, q00, q10, q01, q11) / 128.0
            if kind == SKIN and iv < relief.shape[0] - 1:
                across = _texel(relief, iu, iv, 0, q00, q10, q01, q11)
                up = _texel(relief, iu, iv, 1, q00, q10, q01, q11)
                dark = _texel(relief, iu, iv, 2, q00, q10, q01, q11)
                # The surface tilts against its slope along the head's own right and up.
                nx -= across * axes[0, 0] + up * axes[0, 1]
                ny -= across * axes[1, 0] + up * axes[1, 1]
                nz -= across * axes[2, 0] + up * axes[2, 1]
        length = 1.0 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
        nx, ny, nz = nx * length, ny * length, nz * length
        if nz < 0.0 and kind != HAIR:
            nx, ny, nz = -nx, -ny, -nz
        if kind == GLOW:
            weight = share * sky_share
            image[py, px, 0] += weight * red
            image[py, px, 1] += weight * green
            image[py, px, 2] += weight * blue
            continue

        # Where the point lies before the camera, moved off its surface, as the key light sees it.
        wx = (x - camera[0]) * z / camera[2] + 2.5 * nx
        wy = -(y - camera[1]) * z / camera[2] + 2.5 * ny
        wz = camera[3] - z + 2.5 * nz
        half = 0.5 * shadow.shape[0]
        lit = _lit_share(
            shadow,
            half
            + shadow_scale
            * (shadow_axes[0, 0] * wx + shadow_axes[0, 1] * wy + shadow_axes[0, 2] * wz),
            half
            - shadow_scale
            * (shadow_axes[1, 0] * wx + shadow_axes[1, 1] * wy + shadow_axes[1, 2] * wz),
            -(shadow_axes[2, 0] * wx + shadow_axes[2, 1] * wy + shadow_axes[2, 2] * wz) - 1.5,
        )
        above = 0.5 + 0.5 * ny
        light_r = sky_share * (above * lights[2, 3] + (1 - above) * lights[3, 3])
        light_g = sky_share * (above * lights[2, 4] + (1 - above) * lights[3, 4])
        light_b = sky_share * (above * lights[2, 5] + (1 - above) * lights[3, 5])
        shine_r, shine_g, shine_b = 0.0, 0.0, 0.0
        if kind == HAIR:
            tx, ty, tz = x1, -y1, -(screen[b, 2] - screen[a, 2]) * camera[2] / z
            length = 1.0 / np.sqrt(tx * tx + ty * ty + tz * tz + 1e-12)
            tx, ty, tz = tx * length, ty * length, tz * length
        for m in range(2):
            lx, ly, lz = lights[m, 0], lights[m, 1], lights[m, 2]
            facing = nx * lx + ny * ly + nz * lz
            passed = lit if m == 0 else 0.4 + 0.6 * sky_share
            hx, hy, hz = lights[m, 6], lights[m, 7], lights[m, 8]
            if kind == HAIR:
                # Kajiya and Kay (1989): a strand is brightest across the light, and shines
                # along a cone.
                along = tx * lx + ty * ly + tz * lz
                diffuse = np.sqrt(max(1.0 - along * along, 0.0)) * min(
                    max(0.35 + 0.75 * facing, 0.0), 1.0
                )
                toward = tx * hx + ty * hy + tz * hz
                shine = max(1.0 - toward * toward, 0.0)
                for _ in range(squarings - 1):
                    shine *= shine
                shine *= gloss * min(max(0.25 + facing, 0.0), 1.0) * passed
                light_r += diffuse * passed * lights[m, 3]
                light_g += diffuse * passed * lights[m, 4]
                light_b += diffuse * passed * lights[m, 5]
            else:
                # Light bleeds through skin, red furthest: it wraps round and softens the
                # shadows' edges.
                w = materials[part, 5]
                light_r += (
                    max((facing + w) / (1 + w), 0.0)
                    * passed
                    * (1 + w * (1 - passed))
                    * lights[m, 3]
                )
                w = materials[part, 6]
                light_g += max((facing + w) / (1 + w), 0.0) * passed * lights[m, 4]
                w = materials[part, 7]
                light_b += max((facing + w) / (1 + w), 0.0) * passed * lights[m, 5]
                glance = max(nx * hx + ny * hy + nz * hz, 0.0)
                edge = 1.0 - max(nz, 0.0)
                shine = glance
                for _ in range(squarings):
                    shine *= shine
                edge *= edge
                shine *= gloss * (1.0 + 4.0 * edge * edge)
                shine *= min(max(4.0 * facing, 0.0), 1.0)
                # What is wet mirrors the light itself, also where a brow or lash dims it.
                shine *= 0.6 + 0.4 * passed if kind == WET else passed
            shine_r += shine * lights[m, 3]
            shine_g += shine * lights[m, 4]
            shine_b += shine * lights[m, 5]
        if kind == HAIR:
            red, green, blue = sky_share * red, sky_share * green, sky_share * blue
            shine_r = shine_r * (0.5 * red + 0.02 * sky_share)
            shine_g = shine_g * (0.5 * green + 0.02 * sky_share)
            shine_b = shine_b * (0.5 * blue + 0.02 * sky_share)
        # Creases keep a reddish glow: what light reaches their ground has passed through skin.
        image[py, px, 0] += share * (red * light_r * (1.0 - 0.75 * dark) + shine_r * (1.0 - dark))
        image[py, px, 1] += share * (green * light_g * (1.0 - dark) + shine_g * (1.0 - dark))
        image[py, px, 2] += share * (blue * light_b * (1.0 - dark) + shine_b * (1.0 - dark))


@_kernel(fastmath=True, error_model="numpy")
def develop(image, gains, noise, shift_y, shift_x, strength, table, out):  # type: ignore[no-untyped-def]
    """Turn linear light into the camera's picture: gains, soft shoulder, sRGB, noise.

    image : float32 [H, W, 3]; noise : int8 [h, w, 3], in 32nds of its standard deviation, read
    from (shift_y, shift_x) on and wrapped; table : float32 [4097], sRGB of linear 0 to 1 in grey
    levels; out : uint8 [H, W, 3].
    """
    height, width = image.shape[0], image.shape[1]
    scale = strength / 32.0
    for y in range(height):
        ny = (y + shift_y) % noise.shape[0]
        nx = shift_x % noise.shape[1]
        for x in range(width):
            nx = nx + 1 if nx + 1 < noise.shape[1] else 0
            for c in range(3):
                v = image[y, x, c] * gains[c]
                if v > 0.65:
                    v = 1.0 - 0.35 * np.exp(-(v - 0.65) / 0.35)
                grey = table[int(max(v, 0.0) * 4096.0)] + scale * noise[ny, nx, c]
                out[y, x, c] = np.uint8(min(max(grey + 0.5, 0.0), 255.0))
