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
    "GLOW",
    "HAIR",
    "NOTHING",
    "PLAIN",
    "SKIN",
    "STEPS_PER_MM",
    "WET",
    "depth_mm",
    "rasterise",
    "resolve",
    "triangle",
]

#: Kinds of material: what a triangle's light depends on besides its normal.
PLAIN, SKIN, HAIR, GLOW, WET = 0, 1, 2, 3, 4

#: What a sample holds is one number, so that the nearest is the least: the depth in these steps in
#: the upper 32 bits, the triangle in the lower.
STEPS_PER_MM = np.float32(16384.0)
NOTHING = np.int64(2**62 - 1)
#: Numba takes a bare decimal for float64; every number in a kernel must say that it is not.
f32 = np.float32


def triangle(front: np.ndarray) -> np.ndarray:
    """Return the triangle that each sample shows, −1 where there is none: int64 as `front`."""
    return np.where(front == NOTHING, -1, front & 0xFFFFFFFF)


def depth_mm(front: np.ndarray) -> np.ndarray:
    """Return how far away what each sample shows is: float64 as `front`, infinite for nothing."""
    return np.where(front == NOTHING, np.inf, (front >> 32) / float(STEPS_PER_MM))


@kernel(fastmath=True, inline="always")
def _offer(front, y, x, s, w1, w2, z, k):  # type: ignore[no-untyped-def]
    """Let a sample keep the nearer of what it holds and triangle `k`, if that covers it.

    Outside the triangle its depth is pushed out of sight: no branch, so that a pixel's four samples
    are worked out at once.
    """
    outside = max(f32(-1e-4) - min(min(w1, w2), f32(1.0) - w1 - w2), f32(0.0))
    steps = np.int32(min(z + outside * f32(1e9), f32(1.3e5)) * STEPS_PER_MM)
    front[y, x, s] = min(front[y, x, s], (np.int64(steps) << 32) | k)


@kernel(fastmath=True)
def rasterise(screen, triangles, one_sided, front):  # type: ignore[no-untyped-def]
    """Find the nearest triangle at every sample.

    screen : float32 [N, 3], pixels right and down, and distance; triangles : int32 [M, 3], the
    first `one_sided` of them shown from the front only. front : int64 [H, W, 1 or 4], `NOTHING`
    where nothing is yet, is written where something is nearer than what it holds. A pixel's four
    samples lie on a rotated grid, which smooths upright edges best.
    """
    height, width, samples = front.shape
    # How far samples lie from a pixel's middle, and a triangle from being missed by rounding.
    reach = f32(0.375) if samples == 4 else f32(0.0)
    half, zero = f32(0.5), f32(0.0)
    for k in range(triangles.shape[0]):
        a, b, c = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0] - x0, screen[b, 1] - y0
        x2, y2 = screen[c, 0] - x0, screen[c, 1] - y0
        area = x1 * y2 - x2 * y1
        if area > f32(-1e-6) and (k < one_sided or area < f32(1e-6)):
            continue
        left = max(0, int(x0 + half - reach + min(zero, min(x1, x2))))
        right = min(width, int(x0 + half + reach + max(zero, max(x1, x2))))
        top = max(0, int(y0 + half - reach + min(zero, min(y1, y2))))
        bottom = min(height, int(y0 + half + reach + max(zero, max(y1, y2))))
        if left >= right or top >= bottom:
            continue
        # The weights of b and c, and the depth, are linear in the sample's place.
        scale = f32(1.0) / area
        b_x, b_y = y2 * scale, -x2 * scale
        c_x, c_y = -y1 * scale, x1 * scale
        z0 = screen[a, 2]
        z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
        z_x, z_y = z1 * b_x + z2 * c_x, z1 * b_y + z2 * c_y
        for y in range(top, bottom):
            first, last = left, right
            dx, dy = half - x0, f32(y) + half - y0
            w1_row, w2_row = dx * b_x + dy * b_y, dx * c_x + dy * c_y
            z_row = z0 + dx * z_x + dy * z_y
            if right - left > 3:  # a long sliver fills little of its box: keep to its row
                for edge in range(3):
                    if edge == 0:
                        across, down, value = b_x, b_y, w1_row
                    elif edge == 1:
                        across, down, value = c_x, c_y, w2_row
                    else:
                        across, down, value = -b_x - c_x, b_y + c_y, f32(1.0) - w1_row - w2_row
                    value += reach * (abs(across) + abs(down)) + f32(1e-4)
                    if across > f32(1e-9):
                        first = max(first, int(f32(1.0) - value / across))
                    elif across < f32(-1e-9):
                        last = min(last, int(f32(1.0) - value / across))
            for x in range(first, last):
                w1, w2 = w1_row + f32(x) * b_x, w2_row + f32(x) * c_x
                z = z_row + f32(x) * z_x
                if samples == 1:
                    _offer(front, y, x, 0, w1, w2, z, k)
                    continue
                # The grid: steps of an eighth across and three eighths down, turned four ways.
                p, q, r = f32(0.125), f32(0.375), f32(0.375)
                b_1, c_1, z_1 = p * b_x + q * b_y, p * c_x + q * c_y, p * z_x + q * z_y
                b_2, c_2, z_2 = r * b_x - p * b_y, r * c_x - p * c_y, r * z_x - p * z_y
                _offer(front, y, x, 0, w1 - b_1, w2 - c_1, z - z_1, k)
                _offer(front, y, x, 1, w1 + b_2, w2 + c_2, z + z_2, k)
                _offer(front, y, x, 2, w1 - b_2, w2 - c_2, z - z_2, k)
                _offer(front, y, x, 3, w1 + b_1, w2 + c_1, z + z_1, k)


@kernel(fastmath=True)
def resolve(front, parts, materials, background, image, places, found, shares):  # type: ignore[no-untyped-def]
    """List what each pixel shows: one fragment per surface, with its share of the samples.

    Samples on the same part at like depths are one surface; hair's wisps soon are not. `image`,
    float32 [H, W, 3], becomes `background`, less what will be laid over it. places, found : int32
    and shares : float32, all [H * W * samples], are written with the pixel (row in the upper 16
    bits, column in the lower), the triangle and the share of each fragment: hair from the end
    backwards, all else from the start. Returns how many there are from the start, and where hair
    begins.
    """
    height, width, samples = front.shape
    count, hair = 0, len(places)
    each = f32(1.0) / f32(samples)
    for py in range(height):
        for px in range(width):
            at = (py << 16) + px
            nearest = front[py, px, 0]
            same = True
            for s in range(1, samples):
                same &= (front[py, px, s] & 0xFFFFFFFF) == (nearest & 0xFFFFFFFF)
            if same:
                rest = f32(0.0)
                if nearest == NOTHING:
                    rest = f32(1.0)
                else:
                    k = nearest & 0xFFFFFFFF
                    if materials[parts[k], 0] == HAIR:
                        hair -= 1
                        places[hair], found[hair], shares[hair] = at, k, f32(1.0)
                    else:
                        places[count], found[count], shares[count] = at, k, f32(1.0)
                        count += 1
                for c in range(3):
                    image[py, px, c] = rest * background[py, px, c]
                continue
            rest = f32(1.0)
            taken = 0
            for s in range(samples):
                held = front[py, px, s]
                if held == NOTHING or taken >> s & 1:
                    continue
                k = held & 0xFFFFFFFF
                part = parts[k]
                of_hair = materials[part, 0] == HAIR
                near = np.int64(f32(1.2 if of_hair else 4.0) * STEPS_PER_MM)
                share = each
                for other in range(s + 1, samples):
                    next_ = front[py, px, other]
                    if next_ == NOTHING or taken >> other & 1:
                        continue
                    j = next_ & 0xFFFFFFFF
                    if j == k or (parts[j] == part and abs((next_ >> 32) - (held >> 32)) < near):
                        share += each
                        taken |= 1 << other
                rest -= share
                if of_hair:
                    hair -= 1
                    places[hair], found[hair], shares[hair] = at, k, share
                else:
                    places[count], found[count], shares[count] = at, k, share
                    count += 1
            for c in range(3):
                image[py, px, c] = rest * background[py, px, c]
    return count, hair
