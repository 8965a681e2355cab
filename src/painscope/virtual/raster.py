"""The compiled part of drawing: which surface each pixel shows.

`rasterise` finds, for one or four samples per pixel, which triangle lies in front. `resolve` then
lists what each pixel shows: one fragment where its samples lie on the same smooth surface, several
only where they differ. `shading` lights each fragment once: smooth edges at little more than the
price of none.
"""

from __future__ import annotations

import numpy as np

from painscope.compiled import kernel

__all__ = [
    "BITS",
    "GLOW",
    "HAIR",
    "NOTHING",
    "PLAIN",
    "REACH",
    "SKIN",
    "STEPS_PER_MM",
    "WET",
    "rasterise",
    "resolve",
    "triangle",
]

#: Kinds of material: what a triangle's light depends on besides its normal.
PLAIN, SKIN, HAIR, GLOW, WET = 0, 1, 2, 3, 4

#: What a sample holds is one number, so that the nearest is the least: in the upper bits how far
#: behind a view's near end, in these steps; in the lower the triangle, from 1 on. Small numbers, so
#: that a pixel's four samples fill one of the processor's registers.
STEPS_PER_MM = np.float32(40.0)
BITS = 17
NOTHING = np.uint32(0xFFFFFFFF >> BITS << BITS)
_TRIANGLE, _FARTHEST = (1 << BITS) - 1, float(0xFFFFFFFF >> BITS)
#: How far a view reaches before and behind its middle, in mm.
REACH = 400.0
#: Numba takes a bare decimal for float64, and what might be negative for a place counted from an
#: array's end; kernels say that their numbers are neither.
f32, u32 = np.float32, np.uint32


def triangle(front: np.ndarray) -> np.ndarray:
    """Return the triangle that each sample shows, −1 where there is none: int64 as `front`."""
    return (front & _TRIANGLE).astype(np.int64) - 1


@kernel(fastmath=True, inline="always")
def _held(held, w0, w1, w2, steps, k):  # type: ignore[no-untyped-def]
    """Return the nearer of what a sample holds and triangle `k`, if that covers it.

    Outside the triangle its depth is pushed out of sight: no branch, so that a pixel's four samples
    are worked out at once.
    """
    inside = min(min(w1, w2), w0)
    away = min(max(steps, steps - inside * f32(1e11)), f32(_FARTHEST))
    return min(held, u32(u32(u32(np.int32(away)) << u32(BITS)) | k))


@kernel(fastmath=True)
def rasterise(screen, triangles, one_sided, near, front):  # type: ignore[no-untyped-def]
    """Find the nearest triangle at every sample.

    screen : float32 [N, 3], pixels right and down, and distance; triangles : int32 [M, 3], fewer
    than 2**`BITS`, the first `one_sided` of them shown from the front only; near : float32, the
    distance where the view begins, which reaches to twice `REACH` beyond. front : uint32
    [H, W, 1 or 4], `NOTHING` where nothing is yet, is written where something is nearer than what
    it holds. A pixel's four samples lie on a rotated grid, which smooths upright edges best.
    """
    height, width, samples = front.shape
    # How far samples lie from a pixel's middle, and a triangle from being missed by rounding.
    reach = f32(0.375) if samples == 4 else f32(0.0)
    half, zero = f32(0.5), f32(0.0)
    flat = front.reshape(height * width, samples)
    for number in range(triangles.shape[0]):
        k = u32(number + 1)
        a, b, c = u32(triangles[number, 0]), u32(triangles[number, 1]), u32(triangles[number, 2])
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0] - x0, screen[b, 1] - y0
        x2, y2 = screen[c, 0] - x0, screen[c, 1] - y0
        area = x1 * y2 - x2 * y1
        if area > f32(-1e-6) and (number < one_sided or area < f32(1e-6)):
            continue
        left = max(0, int(x0 + half - reach + min(zero, min(x1, x2))))
        right = min(width, int(x0 + half + reach + max(zero, max(x1, x2))))
        top = max(0, int(y0 + half - reach + min(zero, min(y1, y2))))
        bottom = min(height, int(y0 + half + reach + max(zero, max(y1, y2))))
        if left >= right or top >= bottom:
            continue
        # The weights of b and c, and the depth in steps, are linear in the sample's place.
        scale = f32(1.0) / area
        b_x, b_y = y2 * scale, -x2 * scale
        c_x, c_y = -y1 * scale, x1 * scale
        z0 = (screen[a, 2] - near) * STEPS_PER_MM
        z1 = (screen[b, 2] - screen[a, 2]) * STEPS_PER_MM
        z2 = (screen[c, 2] - screen[a, 2]) * STEPS_PER_MM
        z_x, z_y = z1 * b_x + z2 * c_x, z1 * b_y + z2 * c_y
        # So is that of a; and all three are taken for a little more than they are, lest rounding
        # leave a crack.
        a_x, a_y = -b_x - c_x, -b_y - c_y
        slack = f32(1e-4)
        dx, dy = f32(left) + half - x0, f32(top) + half - y0
        w1 = dx * b_x + dy * b_y + slack
        w2 = dx * c_x + dy * c_y + slack
        w0 = f32(1.0) + f32(3.0) * slack - w1 - w2
        z = z0 + dx * z_x + dy * z_y
        # How a pixel's four samples differ from its middle: steps of an eighth across and three
        # eighths down, turned four ways.
        p, q = f32(0.125), f32(0.375)
        a_1, b_1, c_1, z_1 = (
            p * a_x + q * a_y,
            p * b_x + q * b_y,
            p * c_x + q * c_y,
            p * z_x + q * z_y,
        )
        a_2, b_2, c_2, z_2 = (
            q * a_x - p * a_y,
            q * b_x - p * b_y,
            q * c_x - p * c_y,
            q * z_x - p * z_y,
        )
        # One loop over all of the box: rows that end here and there would cost more, for the
        # processor cannot foresee where.
        wide = right - left
        back = f32(wide - 1)
        a_row, b_row, c_row, z_row = (
            a_y - back * a_x,
            b_y - back * b_x,
            c_y - back * c_x,
            z_y - back * z_x,
        )
        at, left_over, jump = top * width + left, wide, 1 + width - wide
        for _ in range((bottom - top) * wide):
            pixel = u32(at)
            if samples == 1:
                flat[pixel, 0] = _held(flat[pixel, 0], w0, w1, w2, z, k)
            else:
                flat[pixel, 0], flat[pixel, 1], flat[pixel, 2], flat[pixel, 3] = (
                    _held(flat[pixel, 0], w0 - a_1, w1 - b_1, w2 - c_1, z - z_1, k),
                    _held(flat[pixel, 1], w0 + a_2, w1 + b_2, w2 + c_2, z + z_2, k),
                    _held(flat[pixel, 2], w0 - a_2, w1 - b_2, w2 - c_2, z - z_2, k),
                    _held(flat[pixel, 3], w0 + a_1, w1 + b_1, w2 + c_1, z + z_1, k),
                )
            left_over -= 1
            ends = left_over == 0
            w0 += a_row if ends else a_x
            w1 += b_row if ends else b_x
            w2 += c_row if ends else c_x
            z += z_row if ends else z_x
            at += jump if ends else 1
            left_over = wide if ends else left_over


@kernel(fastmath=True)
def resolve(front, parts, first_hair, background, image, places, found, shares):  # type: ignore[no-untyped-def]
    """List what each pixel shows: one fragment per surface, with its share of the samples.

    Samples on the same part at like depths are one surface; hair's wisps, the triangles from
    `first_hair` on, soon are not. `image`, float32 [H, W, 3], which holds the `background`, loses
    what will be laid over it. places, found : int32 and shares : float32, all [H * W * samples],
    are written with the pixel (row in the upper 16 bits, column in the lower), the triangle and the
    share of each fragment: hair from the end backwards, all else from the start. Returns how many
    there are from the start, and where hair begins.
    """
    height, width, samples = front.shape
    count, hair = 0, len(places)
    each, zero = f32(1.0) / f32(samples), f32(0.0)
    first_strand = u32(first_hair)
    surface, strand = np.int64(f32(4.0) * STEPS_PER_MM), np.int64(f32(1.2) * STEPS_PER_MM)
    for row in range(height):
        py = u32(row)
        for column in range(width):
            px = u32(column)
            at = (row << 16) + column
            nearest = front[py, px, 0]
            differ = u32(0)
            for s in range(1, samples):
                differ |= front[py, px, s] ^ nearest
            if differ & u32(_TRIANGLE) == 0:
                if nearest != NOTHING:
                    image[py, px, 0], image[py, px, 1], image[py, px, 2] = zero, zero, zero
                    k = u32((nearest & u32(_TRIANGLE)) - u32(1))
                    if k >= first_strand:
                        hair -= 1
                        at_f = u32(hair)
                    else:
                        at_f = u32(count)
                        count += 1
                    places[at_f], found[at_f], shares[at_f] = at, k, f32(1.0)
                continue
            # Most pixels of a smooth surface show several of its triangles.
            k = u32((nearest & u32(_TRIANGLE)) - u32(1))
            one_surface = nearest != NOTHING and k < first_strand
            if one_surface:
                for s in range(1, samples):
                    next_ = front[py, px, s]
                    apart = np.int64(next_ >> u32(BITS)) - np.int64(nearest >> u32(BITS))
                    j = u32((max(next_ & u32(_TRIANGLE), u32(1))) - u32(1))
                    one_surface &= abs(apart) < surface and parts[j] == parts[k]
            if one_surface:
                image[py, px, 0], image[py, px, 1], image[py, px, 2] = zero, zero, zero
                places[u32(count)], found[u32(count)], shares[u32(count)] = at, k, f32(1.0)
                count += 1
                continue
            rest = f32(1.0)
            taken = 0
            for s in range(samples):
                held = front[py, px, s]
                if held == NOTHING or taken >> s & 1:
                    continue
                k = u32((held & u32(_TRIANGLE)) - u32(1))
                of_hair = k >= first_strand
                near = strand if of_hair else surface
                share = each
                for other in range(s + 1, samples):
                    next_ = front[py, px, other]
                    if next_ == NOTHING or taken >> other & 1:
                        continue
                    j = u32((next_ & u32(_TRIANGLE)) - u32(1))
                    apart = np.int64(next_ >> u32(BITS)) - np.int64(held >> u32(BITS))
                    if j == k or (abs(apart) < near and parts[j] == parts[k]):
                        share += each
                        taken |= 1 << other
                rest -= share
                if of_hair:
                    hair -= 1
                    at_f = u32(hair)
                else:
                    at_f = u32(count)
                    count += 1
                places[at_f], found[at_f], shares[at_f] = at, k, share
            for c in range(3):
                image[py, px, c] = rest * background[py, px, c]
    return count, hair
