"""The compiled part of drawing, second half: light on what can be seen, and the camera's picture.

Each fragment that `raster.resolve` listed is lit once: two lamps and a sky, cast shadows, skin that
light bleeds through, hair that shines along its strands.
"""

from __future__ import annotations

import numpy as np

from painscope.virtual.raster import GLOW, HAIR, SKIN, WET, kernel

__all__ = ["develop", "shade"]


@kernel(fastmath=True, error_model="numpy")
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


@kernel(fastmath=True, error_model="numpy")
def _texel(texture, u, v, channel, q00, q10, q01, q11):  # type: ignore[no-untyped-def]
    """Return a channel of `texture` between four texels."""
    return (
        q00 * texture[v, u, channel]
        + q10 * texture[v, u + 1, channel]
        + q01 * texture[v + 1, u, channel]
        + q11 * texture[v + 1, u + 1, channel]
    )


@kernel(fastmath=True, error_model="numpy")
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


@kernel(fastmath=True, error_model="numpy")
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
