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

f32, u32 = np.float32, np.uint32
_BLOCK = 128
#: Entries of `develop`'s table per unit of the light's square root.
TABLE_STEPS = 1024


@kernel(fastmath=True, inline="always")
def _gather_corners(  # type: ignore[no-untyped-def]
    start, many, places, found, screen, triangles, parts, ids, x1, y1, x2, y2, x, y
):
    """Find a block's triangles: corners and part, and where all lies from the first corner."""
    for i in range(many):
        f = u32(start + i)
        k, place = u32(found[f]), u32(places[f])
        a, b, c = u32(triangles[k, 0]), u32(triangles[k, 1]), u32(triangles[k, 2])
        ids[0, i], ids[1, i], ids[2, i], ids[3, i] = a, b, c, u32(parts[k])
        x0, y0 = screen[a, 0], screen[a, 1]
        x1[i], y1[i] = screen[b, 0] - x0, screen[b, 1] - y0
        x2[i], y2[i] = screen[c, 0] - x0, screen[c, 1] - y0
        x[i] = f32(place & u32(0xFFFF)) + f32(0.5) - x0
        y[i] = f32(place >> u32(16)) + f32(0.5) - y0


@kernel(fastmath=True, inline="always")
def _weigh_corners(many, x1, y1, x2, y2, x, y, w0, w1, w2):  # type: ignore[no-untyped-def]
    """Say how near each fragment is to its triangle's corners, adding up to 1.

    A pixel's middle may lie just outside a triangle that covers its edge.
    """
    zero, one = f32(0.0), f32(1.0)
    for i in range(many):
        scale = one / (x1[i] * y2[i] - x2[i] * y1[i])
        of_b = max((x[i] * y2[i] - x2[i] * y[i]) * scale, zero)
        of_c = max((x1[i] * y[i] - x[i] * y1[i]) * scale, zero)
        of_a = max(one - of_b - of_c, zero)
        scale = one / (of_a + of_b + of_c)
        w0[i], w1[i], w2[i] = of_a * scale, of_b * scale, of_c * scale


@kernel(fastmath=True, inline="always")
def _blend_looks(many, ids, looks, w0, w1, w2, look, nx, ny, nz, sky, lit, u, v):  # type: ignore[no-untyped-def]
    """Blend the corners' looks.

    All eight numbers are worked out before any is written: so the processor does them at once.
    """
    for i in range(many):
        a, b, c = ids[0, i], ids[1, i], ids[2, i]
        p, q, r = w0[i], w1[i], w2[i]
        look[0], look[1], look[2], look[3], look[4], look[5], look[6], look[7] = (
            p * looks[a, 0] + q * looks[b, 0] + r * looks[c, 0],
            p * looks[a, 1] + q * looks[b, 1] + r * looks[c, 1],
            p * looks[a, 2] + q * looks[b, 2] + r * looks[c, 2],
            p * looks[a, 3] + q * looks[b, 3] + r * looks[c, 3],
            p * looks[a, 4] + q * looks[b, 4] + r * looks[c, 4],
            p * looks[a, 5] + q * looks[b, 5] + r * looks[c, 5],
            p * looks[a, 6] + q * looks[b, 6] + r * looks[c, 6],
            p * looks[a, 7] + q * looks[b, 7] + r * looks[c, 7],
        )
        nx[i], ny[i], nz[i], sky[i], lit[i] = look[0], look[1], look[2], look[3], look[4]
        u[i], v[i] = look[5], look[6]


@kernel(fastmath=True, inline="always")
def _find_texels(many, u, v, height, width, first):  # type: ignore[no-untyped-def]
    """Turn places in the texture into the number of the first of four texels, and shares."""
    for i in range(many):
        across = min(max(u[i], f32(0.0)), f32(width) - f32(1.01))
        down = min(max(v[i], f32(0.0)), f32(height) - f32(1.01))
        left, top = np.int32(across), np.int32(down)
        first[i] = top * np.int32(width) + left
        u[i], v[i] = across - f32(left), down - f32(top)


@kernel(fastmath=True, inline="always")
def _blend_texels(  # type: ignore[no-untyped-def]
    many, texels, width, first, u, v, ids, materials, texel, red, green, blue, gloss, across, up,
    dark,
):  # fmt: skip
    """Blend four texels, where a material is painted, or take the material's own colour."""
    one, zero = f32(1.0), f32(0.0)
    for i in range(many):
        part = ids[3, i]
        if materials[part, 4] > zero:
            a = u32(first[i])
            b, c, d = u32(a + u32(1)), u32(a + u32(width)), u32(a + u32(width) + u32(1))
            p, q = (one - u[i]) * (one - v[i]), u[i] * (one - v[i])
            r, s = (one - u[i]) * v[i], u[i] * v[i]
            (
                texel[0], texel[1], texel[2], texel[3], texel[4], texel[5], texel[6], texel[7]
            ) = (
                p * texels[a, 0] + q * texels[b, 0] + r * texels[c, 0] + s * texels[d, 0],
                p * texels[a, 1] + q * texels[b, 1] + r * texels[c, 1] + s * texels[d, 1],
                p * texels[a, 2] + q * texels[b, 2] + r * texels[c, 2] + s * texels[d, 2],
                p * texels[a, 3] + q * texels[b, 3] + r * texels[c, 3] + s * texels[d, 3],
                p * texels[a, 4] + q * texels[b, 4] + r * texels[c, 4] + s * texels[d, 4],
                p * texels[a, 5] + q * texels[b, 5] + r * texels[c, 5] + s * texels[d, 5],
                p * texels[a, 6] + q * texels[b, 6] + r * texels[c, 6] + s * texels[d, 6],
                p * texels[a, 7] + q * texels[b, 7] + r * texels[c, 7] + s * texels[d, 7],
            )  # fmt: skip
            red[i], green[i], blue[i] = texel[0], texel[1], texel[2]
            gloss[i] = materials[part, 8] * texel[3]
            across[i], up[i], dark[i] = texel[4], texel[5], texel[6]
        else:
            red[i], green[i] = materials[part, 1], materials[part, 2]
            blue[i], gloss[i] = materials[part, 3], materials[part, 8]
            across[i], up[i], dark[i] = zero, zero, zero


@kernel(fastmath=True, inline="always")
def _sharpened(value, squarings):  # type: ignore[no-untyped-def]
    """Return `value` squared so many times, at most seven."""
    for level in range(7):
        value = value * value if f32(level) < squarings else value
    return value


@kernel(fastmath=True, inline="always")
def _lamp_on_skin(x, y, z, passed, wrap_r, wrap_g, wrap_b, lx, ly, lz, hx, hy, hz, sharp, wet):  # type: ignore[no-untyped-def]
    """Return how much of a lamp's red, green and blue a surface scatters, and mirrors.

    Light bleeds through skin, red furthest: it wraps round and softens the shadows' edges.
    """
    zero, one = f32(0.0), f32(1.0)
    facing = x * lx + y * ly + z * lz
    red = max(facing + wrap_r, zero) / (one + wrap_r) * (one + wrap_r * (one - passed)) * passed
    green = max(facing + wrap_g, zero) / (one + wrap_g) * passed
    blue = max(facing + wrap_b, zero) / (one + wrap_b) * passed
    shine = _sharpened(max(x * hx + y * hy + z * hz, zero), sharp)
    # What is wet mirrors the light itself, also where a brow or lash dims it.
    shine *= min(max(f32(4.0) * facing, zero), one) * (passed + wet * f32(0.6) * (one - passed))
    return red, green, blue, shine


@kernel(fastmath=True)
def shade_surfaces(  # type: ignore[no-untyped-def]
    count, places, found, shares, screen, looks, triangles, parts, materials, texels, lights, axes,
    image,
):  # fmt: skip
    """Light the first `count` fragments and add them to `image`, in linear light.

    looks : float32 [N, 8] per vertex: normal in camera axes, share of the sky seen, share of the
    key light, and the place in `texels`, float32 [h, w, 8] (square roots of linear colour, gloss,
    slope across, slope up, darkness). parts : int32 [M] and materials : float32 [parts, 10] (kind,
    square roots of red, green and blue, textured, wrap of light per channel, gloss, and how often
    to square for its sharpness). lights : float32 [4, 9]: direction, colour and half vector of key
    and fill; then the colours of sky and floor. axes : float32 [3, 3], the head's axes in columns.
    image : float32 [H, W, 3].
    """
    (
        nx, ny, nz, sky, lit, u, v, red, green, blue, gloss, dark, sharp, wet, glow, wrap_r, wrap_g,
        wrap_b, out_r, out_g, out_b, x1, y1, x2, y2, px, py, w0, w1, w2, across, up,
    ) = np.empty((32, _BLOCK), np.float32)  # fmt: skip
    ids, first = np.empty((4, _BLOCK), np.uint32), np.empty(_BLOCK, np.int32)
    vector = np.empty(8, np.float32)
    one, zero = f32(1.0), f32(0.0)
    height, width, _ = texels.shape
    flat = texels.reshape(height * width, 8)
    right_x, right_y, right_z = axes[0, 0], axes[1, 0], axes[2, 0]
    up_x, up_y, up_z = axes[0, 1], axes[1, 1], axes[2, 1]
    # Plain numbers, which the loop below keeps at hand.
    kx, ky, kz, kr, kg, kb, khx, khy, khz = _row(lights, 0)
    fx, fy, fz, fr, fg, fb, fhx, fhy, fhz = _row(lights, 1)
    _, _, _, sky_r, sky_g, sky_b, _, _, _ = _row(lights, 2)
    _, _, _, floor_r, floor_g, floor_b, _, _, _ = _row(lights, 3)
    for start in range(0, count, _BLOCK):
        many = min(count - start, _BLOCK)
        _gather_corners(
            start, many, places, found, screen, triangles, parts, ids, x1, y1, x2, y2, px, py
        )
        _weigh_corners(many, x1, y1, x2, y2, px, py, w0, w1, w2)
        _blend_looks(many, ids, looks, w0, w1, w2, vector, nx, ny, nz, sky, lit, u, v)
        _find_texels(many, u, v, height, width, first)
        _blend_texels(
            many, flat, width, first, u, v, ids, materials, vector, red, green, blue, gloss, across,
            up, dark,
        )  # fmt: skip
        for i in range(many):
            part = ids[3, i]
            sharp[i], wrap_r[i], wrap_g[i] = (
                materials[part, 9],
                materials[part, 5],
                materials[part, 6],
            )
            wrap_b[i] = materials[part, 7]
            wet[i] = one if materials[part, 0] == f32(WET) else zero
            glow[i] = one if materials[part, 0] == f32(GLOW) else zero
        for i in range(many):
            # The surface tilts against its slope along the head's own right and up.
            x = nx[i] - across[i] * right_x - up[i] * up_x
            y = ny[i] - across[i] * right_y - up[i] * up_y
            z = nz[i] - across[i] * right_z - up[i] * up_z
            length = one / np.sqrt(x * x + y * y + z * z + f32(1e-12))
            length = -length if z < zero else length  # seen from behind
            x, y, z = x * length, y * length, z * length
            edge = one - z
            edge *= edge
            gleam = gloss[i] * (one + f32(4.0) * edge * edge)
            key_r, key_g, key_b, key_shine = _lamp_on_skin(
                x, y, z, lit[i], wrap_r[i], wrap_g[i], wrap_b[i], kx, ky, kz, khx, khy, khz,
                sharp[i], wet[i],
            )  # fmt: skip
            fill_r, fill_g, fill_b, fill_shine = _lamp_on_skin(
                x, y, z, f32(0.4) + f32(0.6) * sky[i], wrap_r[i], wrap_g[i], wrap_b[i],
                fx, fy, fz, fhx, fhy, fhz, sharp[i], wet[i],
            )  # fmt: skip
            above = f32(0.5) + f32(0.5) * y
            light_r = sky[i] * (floor_r + above * (sky_r - floor_r)) + key_r * kr + fill_r * fr
            light_g = sky[i] * (floor_g + above * (sky_g - floor_g)) + key_g * kg + fill_g * fg
            light_b = sky[i] * (floor_b + above * (sky_b - floor_b)) + key_b * kb + fill_b * fb
            # Creases keep a reddish glow: what light reaches their ground has passed through skin.
            bright = one - dark[i]
            own = glow[i] * sky[i]
            light_r = own + (one - glow[i]) * light_r * (one - f32(0.75) * dark[i])
            light_g = own + (one - glow[i]) * light_g * bright
            light_b = own + (one - glow[i]) * light_b * bright
            key_shine *= gleam * bright
            fill_shine *= gleam * bright
            out_r[i] = red[i] * red[i] * light_r + key_shine * kr + fill_shine * fr
            out_g[i] = green[i] * green[i] * light_g + key_shine * kg + fill_shine * fg
            out_b[i] = blue[i] * blue[i] * light_b + key_shine * kb + fill_shine * fb
        _add(image, start, many, places, shares, out_r, out_g, out_b)


@kernel(fastmath=True, inline="always")
def _row(lights, k):  # type: ignore[no-untyped-def]
    """Return a light's nine numbers."""
    return (
        lights[k, 0], lights[k, 1], lights[k, 2], lights[k, 3], lights[k, 4], lights[k, 5],
        lights[k, 6], lights[k, 7], lights[k, 8],
    )  # fmt: skip


@kernel(fastmath=True, inline="always")
def _add(image, start, many, places, shares, red, green, blue):  # type: ignore[no-untyped-def]
    """Add a block's light to the image, by each fragment's share."""
    for i in range(many):
        f = u32(start + i)
        place = u32(places[f])
        py, px = u32(place >> u32(16)), u32(place & u32(0xFFFF))
        image[py, px, 0] += shares[f] * red[i]
        image[py, px, 1] += shares[f] * green[i]
        image[py, px, 2] += shares[f] * blue[i]


@kernel(fastmath=True, inline="always")
def _lamp_on_hair(x, y, z, ax, ay, az, passed, lx, ly, lz, hx, hy, hz, sharp):  # type: ignore[no-untyped-def]
    """Return how much of a lamp's light a strand along (ax, ay, az) scatters, and mirrors.

    Kajiya and Kay (1989): it is brightest across the light, and shines along a cone.
    """
    zero, one = f32(0.0), f32(1.0)
    facing = x * lx + y * ly + z * lz
    along = ax * lx + ay * ly + az * lz
    diffuse = passed * np.sqrt(max(one - along * along, zero))
    diffuse *= min(max(f32(0.35) + f32(0.75) * facing, zero), one)
    half = ax * hx + ay * hy + az * hz
    shine = _sharpened(max(one - half * half, zero), sharp - one)
    return diffuse, shine * passed * min(max(f32(0.25) + facing, zero), one)


@kernel(fastmath=True)
def shade_hair(  # type: ignore[no-untyped-def]
    first, places, found, shares, screen, looks, triangles, parts, materials, lights, camera, image
):
    """Light the fragments from `first` on, which are hair, and add them to `image`.

    As `shade_surfaces`; here a normal says which way the head of hair faces, the share of the sky
    is a strand's brightness, and strands run along each triangle's first edge. camera : float32
    [4]: principal point, focal length in pixels, distance.
    """
    (
        nx, ny, nz, sky, lit, u, v, tx, ty, tz, red, green, blue, gloss, sharp, out_r, out_g, out_b,
        x1, y1, x2, y2, px, py, w0, w1, w2,
    ) = np.empty((27, _BLOCK), np.float32)  # fmt: skip
    ids, vector = np.empty((4, _BLOCK), np.uint32), np.empty(8, np.float32)
    one = f32(1.0)
    focal = camera[2]
    kx, ky, kz, kr, kg, kb, khx, khy, khz = _row(lights, 0)
    fx, fy, fz, fr, fg, fb, fhx, fhy, fhz = _row(lights, 1)
    _, _, _, sky_r, sky_g, sky_b, _, _, _ = _row(lights, 2)
    _, _, _, floor_r, floor_g, floor_b, _, _, _ = _row(lights, 3)
    for start in range(first, len(places), _BLOCK):
        many = min(len(places) - start, _BLOCK)
        _gather_corners(
            start, many, places, found, screen, triangles, parts, ids, x1, y1, x2, y2, px, py
        )
        _weigh_corners(many, x1, y1, x2, y2, px, py, w0, w1, w2)
        _blend_looks(many, ids, looks, w0, w1, w2, vector, nx, ny, nz, sky, lit, u, v)
        for i in range(many):
            a, b, part = ids[0, i], ids[1, i], ids[3, i]
            tx[i], ty[i] = x1[i], -y1[i]
            tz[i] = (screen[a, 2] - screen[b, 2]) * focal / screen[a, 2]
            red[i], green[i], blue[i] = materials[part, 1], materials[part, 2], materials[part, 3]
            gloss[i], sharp[i] = materials[part, 8], materials[part, 9]
        for i in range(many):
            own_r, own_g, own_b = red[i] * red[i], green[i] * green[i], blue[i] * blue[i]
            length = one / np.sqrt(nx[i] * nx[i] + ny[i] * ny[i] + nz[i] * nz[i] + f32(1e-12))
            x, y, z = nx[i] * length, ny[i] * length, nz[i] * length
            length = one / np.sqrt(tx[i] * tx[i] + ty[i] * ty[i] + tz[i] * tz[i] + f32(1e-12))
            ax, ay, az = tx[i] * length, ty[i] * length, tz[i] * length
            key, key_shine = _lamp_on_hair(
                x, y, z, ax, ay, az, lit[i], kx, ky, kz, khx, khy, khz, sharp[i]
            )
            fill, fill_shine = _lamp_on_hair(
                x, y, z, ax, ay, az, f32(0.4) + f32(0.6) * sky[i], fx, fy, fz, fhx, fhy, fhz,
                sharp[i],
            )  # fmt: skip
            above = f32(0.5) + f32(0.5) * y
            light_r = sky[i] * (floor_r + above * (sky_r - floor_r)) + key * kr + fill * fr
            light_g = sky[i] * (floor_g + above * (sky_g - floor_g)) + key * kg + fill * fg
            light_b = sky[i] * (floor_b + above * (sky_b - floor_b)) + key * kb + fill * fb
            key_shine *= gloss[i]
            fill_shine *= gloss[i]
            pale = f32(0.02)  # a strand's surface mirrors a little of the light as it is
            shine_r = (key_shine * kr + fill_shine * fr) * (f32(0.5) * own_r + pale)
            shine_g = (key_shine * kg + fill_shine * fg) * (f32(0.5) * own_g + pale)
            shine_b = (key_shine * kb + fill_shine * fb) * (f32(0.5) * own_b + pale)
            out_r[i] = sky[i] * (own_r * light_r + shine_r)
            out_g[i] = sky[i] * (own_g * light_g + shine_g)
            out_b[i] = sky[i] * (own_b * light_b + shine_b)
        _add(image, start, many, places, shares, out_r, out_g, out_b)


@kernel(fastmath=True)
def develop(image, gains, noise, shift_y, shift_x, strength, table, out):  # type: ignore[no-untyped-def]
    """Turn linear light into the camera's picture: gains, tone curve, noise.

    image : float32 [H, W, 3]; gains : float32 [W * 3], one per value of a row; noise : int8
    [h, w, 3], in 32nds of its standard deviation, read from (shift_y, shift_x) on and repeated;
    table : float32, the grey level of light's square root in steps of 1 / `TABLE_STEPS`; out :
    uint8 [H, W, 3].
    """
    height, values = image.shape[0], image.shape[1] * 3
    light, pictures = image.reshape(height, values), out.reshape(height, values)
    pattern = noise.reshape(noise.shape[0], noise.shape[1] * 3)
    period = pattern.shape[1]
    grey, at = np.empty(values, np.float32), np.empty(values, np.int32)
    scale, top, zero = strength / f32(32.0), f32(len(table) - 1), f32(0.0)
    for y in range(height):
        row, target, grain = light[y], pictures[y], pattern[(y + shift_y) % noise.shape[0]]
        for i in range(values):
            root = np.sqrt(max(row[i] * gains[i], zero)) * f32(TABLE_STEPS)
            at[i] = np.int32(min(root, top))
        for i in range(values):
            grey[i] = table[u32(at[i])]
        for begin in range(-3 * shift_x, values, period):  # the pattern's repeats
            first = max(begin, 0)
            part, seeds = grey[first:], grain[first - begin :]
            for i in range(min(begin + period, values) - first):
                part[i] += scale * f32(seeds[i])
        for i in range(values):
            target[i] = np.uint8(np.int32(min(max(grey[i] + f32(0.5), zero), f32(255.0))))
