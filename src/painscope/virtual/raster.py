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
#: From how many pixels of a box's row on, left empty by a triangle, its rows are worth trimming.
_SPARSE = 8
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


@kernel(fastmath=True, inline="always")
def _offer(  # type: ignore[no-untyped-def]
    flat, samples, pixel, k, w0, w1, w2, z, a_1, b_1, c_1, z_1, a_2, b_2, c_2, z_2
):
    """Let a pixel's samples keep the nearer of what they hold and triangle `k`."""
    if samples == 1:
        flat[pixel, 0] = _held(flat[pixel, 0], w0, w1, w2, z, k)
    else:
        flat[pixel, 0], flat[pixel, 1], flat[pixel, 2], flat[pixel, 3] = (
            _held(flat[pixel, 0], w0 - a_1, w1 - b_1, w2 - c_1, z - z_1, k),
            _held(flat[pixel, 1], w0 + a_2, w1 + b_2, w2 + c_2, z + z_2, k),
            _held(flat[pixel, 2], w0 - a_2, w1 - b_2, w2 - c_2, z - z_2, k),
            _held(flat[pixel, 3], w0 + a_1, w1 + b_1, w2 + c_1, z + z_1, k),
        )


@kernel(fastmath=True, inline="always")
def _turn(across):  # type: ignore[no-untyped-def]
    """Return −1 / `across`, large where that is nearly 0."""
    return f32(-1.0) / (across if abs(across) > f32(1e-9) else f32(1e-9))


@kernel(fastmath=True, inline="always")
def _within(low, high, value, turn):  # type: ignore[no-untyped-def]
    """Return the part of a row from `low` to `high` where a weight is not negative.

    The weight is `value` where the row begins, and 0 at `value` times `turn`.
    """
    edge = min(max(value * turn, f32(-1.0)), f32(1e6)) + f32(1.0)
    rising = turn < f32(0.0)
    return (max(low, edge) if rising else low), (high if rising else min(high, edge))


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
        wide, tall = right - left, bottom - top
        if f32(wide * tall) - f32(0.5) * abs(area) > f32(_SPARSE * tall):
            # A long sliver fills little of its box: each row begins and ends where its edges say.
            a_slack = reach * (abs(a_x) + abs(a_y))
            b_slack = reach * (abs(b_x) + abs(b_y))
            c_slack = reach * (abs(c_x) + abs(c_y))
            a_turn, b_turn, c_turn = _turn(a_x), _turn(b_x), _turn(c_x)
            for row in range(tall):
                t = f32(row)
                w0_r, w1_r, w2_r, z_r = w0 + t * a_y, w1 + t * b_y, w2 + t * c_y, z + t * z_y
                low, high = _within(f32(0.0), f32(wide), w0_r + a_slack, a_turn)
                low, high = _within(low, high, w1_r + b_slack, b_turn)
                low, high = _within(low, high, w2_r + c_slack, c_turn)
                first, last = int(low), int(high)
                s = f32(first)
                w0_r, w1_r, w2_r = w0_r + s * a_x, w1_r + s * b_x, w2_r + s * c_x
                z_r += s * z_x
                at = (top + row) * width + left
                for pixel in range(at + first, at + last):
                    _offer(
                        flat, samples, u32(pixel), k, w0_r, w1_r, w2_r, z_r, a_1, b_1, c_1, z_1,
                        a_2, b_2, c_2, z_2,
                    )  # fmt: skip
                    w0_r, w1_r, w2_r, z_r = w0_r + a_x, w1_r + b_x, w2_r + c_x, z_r + z_x
            continue
        # One loop over all of the box: rows that end here and there would cost more, for the
        # processor cannot foresee where.
        back = f32(wide - 1)
        a_row, b_row = a_y - back * a_x, b_y - back * b_x
        c_row, z_row = c_y - back * c_x, z_y - back * z_x
        at, left_over, jump = top * width + left, wide, 1 + width - wide
        for _ in range(tall * wide):
            _offer(flat, samples, u32(at), k, w0, w1, w2, z, a_1, b_1, c_1, z_1, a_2, b_2, c_2, z_2)
            left_over -= 1
            ends = left_over == 0
            w0 += a_row if ends else a_x
            w1 += b_row if ends else b_x
            w2 += c_row if ends else c_x
            z += z_row if ends else z_x
            at += jump if ends else 1
            left_over = wide if ends else left_over


@kernel(inline="always")
def _apart(one, other):  # type: ignore[no-untyped-def]
    """Return how many steps of depth two samples' surfaces lie apart."""
    return abs(np.int64(one >> u32(BITS)) - np.int64(other >> u32(BITS)))


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
    held, light = front.reshape(height * width, samples), image.reshape(height * width, 3)
    behind = background.reshape(height * width, 3)
    count, hair = 0, len(places)
    each, zero, one = f32(1.0) / f32(samples), f32(0.0), f32(1.0)
    first_strand = u32(first_hair)
    surface, strand = np.int64(f32(4.0) * STEPS_PER_MM), np.int64(f32(1.2) * STEPS_PER_MM)
    s1, s2, s3 = u32(min(1, samples - 1)), u32(min(2, samples - 1)), u32(min(3, samples - 1))
    for row in range(height):
        for column in range(width):
            at, pixel = (row << 16) + column, u32(row * width + column)
            a, b, c, d = held[pixel, 0], held[pixel, s1], held[pixel, s2], held[pixel, s3]
            if a & b & c & d == NOTHING and (a | b | c | d) == NOTHING:
                continue
            if ((a ^ b) | (a ^ c) | (a ^ d)) & u32(_TRIANGLE) == 0:
                light[pixel, 0], light[pixel, 1], light[pixel, 2] = zero, zero, zero
                k = u32((a & u32(_TRIANGLE)) - u32(1))
                if k >= first_strand:
                    hair -= 1
                    at_f = u32(hair)
                else:
                    at_f = u32(count)
                    count += 1
                places[at_f], found[at_f], shares[at_f] = at, k, one
                continue
            # Most pixels of a smooth surface show several of its triangles.
            k = u32((a & u32(_TRIANGLE)) - u32(1))
            if max(max(a, b), max(c, d)) < NOTHING and k < first_strand:
                part = parts[k]
                if (
                    _apart(a, b) < surface
                    and _apart(a, c) < surface
                    and _apart(a, d) < surface
                    and parts[u32((b & u32(_TRIANGLE)) - u32(1))] == part
                    and parts[u32((c & u32(_TRIANGLE)) - u32(1))] == part
                    and parts[u32((d & u32(_TRIANGLE)) - u32(1))] == part
                ):
                    light[pixel, 0], light[pixel, 1], light[pixel, 2] = zero, zero, zero
                    places[u32(count)], found[u32(count)], shares[u32(count)] = at, k, one
                    count += 1
                    continue
            rest = f32(1.0)
            taken = 0
            for s in range(samples):
                mine = held[pixel, u32(s)]
                if mine == NOTHING or taken >> s & 1:
                    continue
                k = u32((mine & u32(_TRIANGLE)) - u32(1))
                of_hair = k >= first_strand
                near = strand if of_hair else surface
                share = each
                for other in range(s + 1, samples):
                    next_ = held[pixel, u32(other)]
                    if next_ == NOTHING or taken >> other & 1:
                        continue
                    j = u32((next_ & u32(_TRIANGLE)) - u32(1))
                    if j == k or (_apart(mine, next_) < near and parts[j] == parts[k]):
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
            for channel in range(3):
                light[pixel, channel] = rest * behind[pixel, channel]
    return count, hair
