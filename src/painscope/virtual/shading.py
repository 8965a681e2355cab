"""The compiled part of drawing, second half: light on what can be seen, and the camera's picture.

Each fragment that `raster.resolve` listed is lit once: two lamps and a sky, cast shadows, skin that
light bleeds through, hair that shines along its strands. Fragments are taken `_BLOCK` at a time:
first what each needs is gathered from its triangle, then one plain loop over the block, which the
processor works off eight at a time, does the sums.
"""

from __future__ import annotations

import numpy as np

from painscope.compiled import kernel
from painscope.virtual.raster import GLOW, WET

__all__ = ["TABLE_STEPS", "develop", "shade_hair", "shade_surfaces"]

f32 = np.float32
_BLOCK = 128
#: Entries of `develop`'s table per unit of light.
TABLE_STEPS = 4096


@kernel(fastmath=True, inline="always")
def _weights(screen, a, b, c, x, y):  # type: ignore[no-untyped-def]
    """Return how near (x, y) is to a triangle's corners, adding up to 1.

    A pixel's middle may lie just outside a triangle that covers its edge.
    """
    x0, y0 = screen[a, 0], screen[a, 1]
    x1, y1 = screen[b, 0] - x0, screen[b, 1] - y0
    x2, y2 = screen[c, 0] - x0, screen[c, 1] - y0
    area = x1 * y2 - x2 * y1
    scale = f32(1.0) / area
    w1 = max(((x - x0) * y2 - x2 * (y - y0)) * scale, f32(0.0))
    w2 = max((x1 * (y - y0) - (x - x0) * y1) * scale, f32(0.0))
    w0 = max(f32(1.0) - w1 - w2, f32(0.0))
    scale = f32(1.0) / (w0 + w1 + w2)
    return w0 * scale, w1 * scale, w2 * scale


@kernel(fastmath=True)
def shade_surfaces(  # type: ignore[no-untyped-def]
    count, places, found, shares, screen, looks, triangles, parts, materials, texels, lights, axes,
    image,
):  # fmt: skip
    """Light the first `count` fragments and add them to `image`, in linear light.

    looks : float32 [N, 8] per vertex: normal in camera axes, share of the sky seen, share of the
    key light, and the place in `texels`, float32 [h, w, 8] (square roots of linear colour, gloss,
    slope across, slope up, darkness). parts : int32 [M] and materials : float32 [parts, 10] (kind,
    red, green, blue, textured, wrap of light per channel, gloss, and how often to square for its
    sharpness). lights : float32 [4, 9]: direction, colour and half vector of key and fill; then the
    colours of sky and floor. axes : float32 [3, 3], the head's axes in columns. image : float32
    [H, W, 3].
    """
    (
        nx,
        ny,
        nz,
        sky,
        lit,
        red,
        green,
        blue,
        gloss,
        dark,
        sharp,
        wet,
        glow,
        wrap_r,
        wrap_g,
        wrap_b,
    ) = np.empty((16, _BLOCK), np.float32)
    out = np.empty((3, _BLOCK), np.float32)
    look, texel = np.empty(8, np.float32), np.empty(8, np.float32)
    one, zero = f32(1.0), f32(0.0)
    for start in range(0, count, _BLOCK):
        stop = min(count, start + _BLOCK)
        for f in range(start, stop):
            i = f - start
            k = found[f]
            part = parts[k]
            a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
            x, y = f32(places[f] & 0xFFFF) + f32(0.5), f32(places[f] >> 16) + f32(0.5)
            w0, w1, w2 = _weights(screen, a, b, c, x, y)
            for j in range(8):
                look[j] = w0 * looks[a, j] + w1 * looks[b, j] + w2 * looks[c, j]
            if materials[part, 4] > zero:
                u = min(max(look[5], zero), f32(texels.shape[1]) - f32(1.01))
                v = min(max(look[6], zero), f32(texels.shape[0]) - f32(1.01))
                iu, iv = max(0, int(u)), max(0, int(v))
                u, v = u - f32(iu), v - f32(iv)
                q00, q10, q01, q11 = (one - u) * (one - v), u * (one - v), (one - u) * v, u * v
                for j in range(8):
                    texel[j] = (
                        q00 * texels[iv, iu, j]
                        + q10 * texels[iv, iu + 1, j]
                        + q01 * texels[iv + 1, iu, j]
                        + q11 * texels[iv + 1, iu + 1, j]
                    )
                red[i] = texel[0] * texel[0]
                green[i] = texel[1] * texel[1]
                blue[i] = texel[2] * texel[2]
                gloss[i] = materials[part, 8] * texel[3]
                across, up, dark[i] = texel[4], texel[5], texel[6]
            else:
                red[i], green[i], blue[i] = (
                    materials[part, 1],
                    materials[part, 2],
                    materials[part, 3],
                )
                gloss[i] = materials[part, 8]
                across, up, dark[i] = zero, zero, zero
            # The surface tilts against its slope along the head's own right and up.
            nx[i] = look[0] - across * axes[0, 0] - up * axes[0, 1]
            ny[i] = look[1] - across * axes[1, 0] - up * axes[1, 1]
            nz[i] = look[2] - across * axes[2, 0] - up * axes[2, 1]
            sky[i], lit[i], sharp[i] = look[3], look[4], materials[part, 9]
            wrap_r[i], wrap_g[i] = materials[part, 5], materials[part, 6]
            wrap_b[i] = materials[part, 7]
            wet[i] = one if materials[part, 0] == WET else zero
            glow[i] = one if materials[part, 0] == GLOW else zero
        for i in range(stop - start):
            length = one / np.sqrt(nx[i] * nx[i] + ny[i] * ny[i] + nz[i] * nz[i] + f32(1e-12))
            length = -length if nz[i] < zero else length  # seen from behind
            x, y, z = nx[i] * length, ny[i] * length, nz[i] * length
            above = f32(0.5) + f32(0.5) * y
            light_r = sky[i] * (above * lights[2, 3] + (one - above) * lights[3, 3])
            light_g = sky[i] * (above * lights[2, 4] + (one - above) * lights[3, 4])
            light_b = sky[i] * (above * lights[2, 5] + (one - above) * lights[3, 5])
            shine_r, shine_g, shine_b = zero, zero, zero
            edge = one - z
            edge *= edge
            gleam = gloss[i] * (one + f32(4.0) * edge * edge)
            for m in range(2):
                facing = x * lights[m, 0] + y * lights[m, 1] + z * lights[m, 2]
                passed = lit[i] if m == 0 else f32(0.4) + f32(0.6) * sky[i]
                # Light bleeds through skin, red furthest: it wraps round and softens the shadows'
                # edges.
                w = wrap_r[i]
                reach = max(facing + w, zero) / (one + w) * (one + w * (one - passed))
                light_r += reach * passed * lights[m, 3]
                light_g += max(facing + wrap_g[i], zero) / (one + wrap_g[i]) * passed * lights[m, 4]
                light_b += max(facing + wrap_b[i], zero) / (one + wrap_b[i]) * passed * lights[m, 5]
                shine = max(x * lights[m, 6] + y * lights[m, 7] + z * lights[m, 8], zero)
                for level in range(7):
                    shine = shine * shine if f32(level) < sharp[i] else shine
                shine *= gleam * min(max(f32(4.0) * facing, zero), one)
                # What is wet mirrors the light itself, also where a brow or lash dims it.
                shine *= passed + wet[i] * f32(0.6) * (one - passed)
                shine_r += shine * lights[m, 3]
                shine_g += shine * lights[m, 4]
                shine_b += shine * lights[m, 5]
            # Creases keep a reddish glow: what light reaches their ground has passed through skin.
            bright = one - dark[i]
            glows = glow[i] > zero
            light_r, light_g, light_b = (
                sky[i] if glows else light_r * (one - f32(0.75) * dark[i]),
                sky[i] if glows else light_g * bright,
                sky[i] if glows else light_b * bright,
            )
            out[0, i] = red[i] * light_r + shine_r * bright
            out[1, i] = green[i] * light_g + shine_g * bright
            out[2, i] = blue[i] * light_b + shine_b * bright
        for f in range(start, stop):
            py, px = places[f] >> 16, places[f] & 0xFFFF
            for c in range(3):
                image[py, px, c] += shares[f] * out[c, f - start]


@kernel(fastmath=True)
def shade_hair(  # type: ignore[no-untyped-def]
    first, places, found, shares, screen, looks, triangles, parts, materials, lights, camera, image
):
    """Light the fragments from `first` on, which are hair, and add them to `image`.

    As `shade_surfaces`; here a normal says which way the head of hair faces, the share of the sky
    is a strand's brightness, and strands run along each triangle's first edge. camera : float32
    [4]: principal point, focal length in pixels, distance.
    """
    nx, ny, nz, sky, lit, tx, ty, tz, red, green, blue = np.empty((11, _BLOCK), np.float32)
    out = np.empty((3, _BLOCK), np.float32)
    look = np.empty(8, np.float32)
    one, zero = f32(1.0), f32(0.0)
    for start in range(first, len(places), _BLOCK):
        stop = min(len(places), start + _BLOCK)
        for f in range(start, stop):
            i = f - start
            k = found[f]
            part = parts[k]
            a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
            x, y = f32(places[f] & 0xFFFF) + f32(0.5), f32(places[f] >> 16) + f32(0.5)
            w0, w1, w2 = _weights(screen, a, b, c, x, y)
            for j in range(8):
                look[j] = w0 * looks[a, j] + w1 * looks[b, j] + w2 * looks[c, j]
            nx[i], ny[i], nz[i], sky[i], lit[i] = look[0], look[1], look[2], look[3], look[4]
            tx[i], ty[i] = screen[b, 0] - screen[a, 0], screen[a, 1] - screen[b, 1]
            tz[i] = (screen[a, 2] - screen[b, 2]) * camera[2] / screen[a, 2]
            red[i], green[i], blue[i] = materials[part, 1], materials[part, 2], materials[part, 3]
        squarings, gloss = int(materials[part, 9]) - 1, materials[part, 8]
        for i in range(stop - start):
            length = one / np.sqrt(nx[i] * nx[i] + ny[i] * ny[i] + nz[i] * nz[i] + f32(1e-12))
            x, y, z = nx[i] * length, ny[i] * length, nz[i] * length
            length = one / np.sqrt(tx[i] * tx[i] + ty[i] * ty[i] + tz[i] * tz[i] + f32(1e-12))
            along_x, along_y, along_z = tx[i] * length, ty[i] * length, tz[i] * length
            above = f32(0.5) + f32(0.5) * y
            light_r = sky[i] * (above * lights[2, 3] + (one - above) * lights[3, 3])
            light_g = sky[i] * (above * lights[2, 4] + (one - above) * lights[3, 4])
            light_b = sky[i] * (above * lights[2, 5] + (one - above) * lights[3, 5])
            shine_r, shine_g, shine_b = zero, zero, zero
            for m in range(2):
                # Kajiya and Kay (1989): a strand is brightest across the light, and shines along a
                # cone.
                passed = lit[i] if m == 0 else f32(0.4) + f32(0.6) * sky[i]
                facing = x * lights[m, 0] + y * lights[m, 1] + z * lights[m, 2]
                along = along_x * lights[m, 0] + along_y * lights[m, 1] + along_z * lights[m, 2]
                diffuse = passed * np.sqrt(max(one - along * along, zero))
                diffuse *= min(max(f32(0.35) + f32(0.75) * facing, zero), one)
                light_r += diffuse * lights[m, 3]
                light_g += diffuse * lights[m, 4]
                light_b += diffuse * lights[m, 5]
                half = along_x * lights[m, 6] + along_y * lights[m, 7] + along_z * lights[m, 8]
                shine = max(one - half * half, zero)
                for level in range(7):
                    shine = shine * shine if level < squarings else shine
                shine *= gloss * passed * min(max(f32(0.25) + facing, zero), one)
                shine_r += shine * lights[m, 3]
                shine_g += shine * lights[m, 4]
                shine_b += shine * lights[m, 5]
            pale = f32(0.02)  # a strand's surface mirrors a little of the light as it is
            out[0, i] = sky[i] * (red[i] * light_r + shine_r * (f32(0.5) * red[i] + pale))
            out[1, i] = sky[i] * (green[i] * light_g + shine_g * (f32(0.5) * green[i] + pale))
            out[2, i] = sky[i] * (blue[i] * light_b + shine_b * (f32(0.5) * blue[i] + pale))
        for f in range(start, stop):
            py, px = places[f] >> 16, places[f] & 0xFFFF
            for c in range(3):
                image[py, px, c] += shares[f] * out[c, f - start]


@kernel(fastmath=True)
def develop(image, gains, noise, shift_y, shift_x, strength, table, out):  # type: ignore[no-untyped-def]
    """Turn linear light into the camera's picture: gains, tone curve, noise.

    image : float32 [H, W, 3]; noise : int8 [h, w, 3], in 32nds of its standard deviation, read
    from (shift_y, shift_x) on and repeated; table : float32, the grey level of light in steps of
    1 / `TABLE_STEPS`; out : uint8 [H, W, 3].
    """
    height, width = image.shape[0], image.shape[1]
    scale, top = strength / f32(32.0), f32(len(table) - 1)
    for y in range(height):
        ny = (y + shift_y) % noise.shape[0]
        for left in range(-shift_x, width, noise.shape[1]):  # the pattern's repeats
            for x in range(max(left, 0), min(left + noise.shape[1], width)):
                for c in range(3):
                    light = image[y, x, c] * gains[c] * f32(TABLE_STEPS)
                    grey = table[int(min(max(light, f32(0.0)), top))]
                    grey += scale * f32(noise[ny, x - left, c]) + f32(0.5)
                    out[y, x, c] = np.uint8(min(max(grey, f32(0.0)), f32(255.0)))
