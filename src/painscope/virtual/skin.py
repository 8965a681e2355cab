"""What is painted on a face: skin with its blood and melanin, lips, brows, lids, stubble, scalp."""

from __future__ import annotations

import numpy as np

from painscope.virtual.anatomy import (
    EYE_HALF,
    EYE_X,
    MOUTH_Y,
    bump,
    smoothstep,
    twin_bump,
)
from painscope.virtual.canvas import (
    CANVAS_P,
    CANVAS_Q,
    SHAPE,
    blur,
    cover,
    linear,
    noise,
    strokes,
    tint,
    window,
)
from painscope.virtual.hair import beard_cover, scalp_cover
from painscope.virtual.head import lip_edges
from painscope.virtual.people import HAIR_COLOURS, MONK_SCALE, Person
from painscope.virtual.wrinkles import slopes

__all__ = ["brow_line", "paint_skin", "skin_colour"]

#: Skin's albedo over the swatch's, at tones 1, 3, 5, 6, 8 and 10: pale skin is darker than its
#: swatch, and the darkest lighter, for a camera exposes for the face.
_BLOOD = (
    (1.02, 1.02, 1.0, 1.02, 1.1, 1.14),
    (0.76, 0.79, 0.86, 0.88, 0.82, 0.80),
    (0.65, 0.68, 0.80, 0.80, 0.66, 0.64),
)
_STRENGTH = [0.62, 0.66, 0.80, 1.05, 1.35, 2.6]


def _rgb(red: float, green: float, blue: float) -> np.ndarray:
    return np.array([red, green, blue], np.float32)


def skin_colour(person: Person) -> np.ndarray:
    """Return the person's mean skin albedo, linear float64 [3].

    The Monk swatches are appearances in print and on screen, paler and greyer than skin under
    white light; a little blood is added, more where little melanin hides it.
    """
    rng = np.random.default_rng([person.seed, 0x51])
    swatch = linear(MONK_SCALE[person.monk_tone - 1])
    blood = [np.interp(person.monk_tone, [1, 5, 7, 8, 9, 10], row) for row in _BLOOD]
    colour = swatch * blood * np.interp(person.monk_tone, [1, 3, 5, 6, 8, 10], _STRENGTH)
    warm = person.undertone
    colour = colour * np.array([1 - 0.02 * warm, 1 + 0.025 * warm, 1 - 0.06 * warm])
    return np.clip(colour * (1 + rng.normal(0, 0.04)), 0.006, 0.75)


def brow_line(person: Person, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (p, q) of the brow's middle on the left, u from 0 at the nose to 1 outside."""
    p = 10.5 + 36.0 * u
    rise = person.brow_arch * np.sin(np.pi * np.minimum(1.0, 0.85 * u + 0.1)) * 1.2
    return p, person.brow_height - 1.0 + rise - 12.0 * np.maximum(0.0, u - 0.62)


def paint_skin(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Paint a face.

    Returns
    -------
    atlas : uint8 [H, W, 4]
        Square root of the linear colour, and gloss (128 = average).
    relief : float32 [H, W, 3]
        Slope across, slope up and darkness of what is always there: pores, creases, age.
    """
    rng = np.random.default_rng([person.seed, 0x5C1])
    base = skin_colour(person)
    colour = _complexion(rng, person) * base.astype(np.float32)
    tint(colour, _shade_marks(person), _rgb(-1, -1, -1))
    lips = _paint_lips(rng, person, colour, base)
    _paint_eyelids(person, colour)
    _paint_brows(rng, person, colour, base)
    beard = beard_cover(person, CANVAS_P, CANVAS_Q)
    scalp = scalp_cover(person, CANVAS_P + 0.8 * noise(rng, 3), CANVAS_Q + 1.2 * noise(rng, 2.5))
    _paint_hair_grounds(rng, person, colour, base, beard, scalp)
    gloss = (
        0.75
        + 0.45 * bump(CANVAS_P, CANVAS_Q, (0, -22), (7, 20))
        + 0.35 * bump(CANVAS_P, CANVAS_Q, (0, 48), (26, 12))
    )
    gloss += 0.25 * twin_bump(CANVAS_P, CANVAS_Q, (42, -16), (10, 7))
    gloss = gloss * (1 - 0.8 * scalp) * (1 - 0.4 * beard) + 0.8 * lips * (CANVAS_Q < MOUTH_Y)
    gloss *= 1 + 0.12 * noise(rng, 1.2)
    encoded = np.sqrt(np.clip(colour, 0, 1, out=colour), out=colour) * 255
    atlas = np.dstack([encoded, np.clip(gloss * 128, 0, 255)]).astype(np.uint8)
    return np.ascontiguousarray(atlas), _lasting_relief(rng, person, lips, scalp)


def _complexion(rng: np.random.Generator, person: Person) -> np.ndarray:
    """Return factors [H, W, 3] on the base colour: blotches, blood, freckles, spots."""
    light = (10 - person.monk_tone) / 9
    mottle = 0.030 * noise(rng, 12) + 0.022 * noise(rng, 3.5) + 0.016 * noise(rng, 0.8)
    factor = (1 + mottle)[..., None] * np.ones(3, np.float32)
    blood = 0.75 * twin_bump(CANVAS_P, CANVAS_Q, (42, -28), (16, 12)) + 0.7 * bump(
        CANVAS_P, CANVAS_Q, (0, -38), (11, 7)
    )
    blood += 0.3 * bump(CANVAS_P, CANVAS_Q, (0, -100), (16, 9)) + 0.4 * twin_bump(
        CANVAS_P, CANVAS_Q, (88, -5), (14, 24)
    )
    blood += 0.18 * noise(rng, 5) + 0.10 * noise(rng, 2)
    rouge = person.make_up * 0.5 * twin_bump(CANVAS_P, CANVAS_Q, (50, -26), (12, 9))
    blood = blood + rouge
    tint(factor, blood, _rgb(0.05, -0.11, -0.10) * np.float32(0.45 + 0.75 * light))
    melanin = 0.16 * twin_bump(CANVAS_P, CANVAS_Q, (17, 3), (7, 8)) + 0.13 * twin_bump(
        CANVAS_P, CANVAS_Q, (31, 8), (14, 5)
    )
    melanin += (0.10 + 0.08 * person.wrinkles) * twin_bump(CANVAS_P, CANVAS_Q, (29, -10), (13, 4))
    melanin += (
        0.10 * bump(CANVAS_P, CANVAS_Q, (0, -57), (20, 6)) * (0.6 + 0.4 * (not person.female))
    )
    melanin += (0.06 + 0.05 * (1 - light)) * (1 - bump(CANVAS_P, CANVAS_Q, (0, -10), (55, 75)))
    tint(factor, np.clip(melanin, 0, 0.6), _rgb(-0.85, -1.0, -1.1))
    dots = np.zeros(SHAPE, np.float32)
    count = int(500 * person.freckles) + int(40 * person.wrinkles)
    where = np.stack([rng.normal(0, 36, count), rng.normal(-14, 22, count)], -1)
    strokes(dots, np.repeat(where[:, None], 2, 1), 0.6, rng.uniform(0.2, 0.8, count))
    if count:
        tint(factor, blur(dots, 0.5), _rgb(-0.25, -0.4, -0.45))
    for _ in range(int(rng.integers(0, 5))):
        p, q = rng.uniform(-62, 62), rng.uniform(-100, 55)
        rows, columns = window(p - 4, p + 4, q - 4, q + 4)
        mole = bump(CANVAS_P[:, columns], CANVAS_Q[rows], (p, q), (0.7, 0.7))
        tint(factor[rows, columns], mole, _rgb(-0.5, -0.5, -0.5))
    return factor


def _shade_marks(person: Person) -> np.ndarray:
    """Return the darkness [H, W] of hollows too small for the mesh: nostrils, wings, philtrum."""
    wide = person.nose_width
    nostril = 0.95 * twin_bump(CANVAS_P, CANVAS_Q, (6.7 * wide, -46.3), (2.3 * wide, 1.25))
    tilt = twin_bump(CANVAS_P, CANVAS_Q, (8.4 * wide, -45.4), (1.6, 0.9))
    mark = np.clip(nostril + 0.5 * tilt, 0, 0.93)
    wings = np.zeros(SHAPE, np.float32)
    angle = np.linspace(-1.25, 1.3, 12)
    for side in (1, -1):
        arc = np.stack(
            [side * (17.6 * wide + 1.4 * np.cos(angle) - 1.2), -40.8 + 6.2 * np.sin(angle)], -1
        )
        strokes(wings, arc[None], 1.0, [1.0])
    dark = 0.30 * blur(wings, 1.0) + 0.10 * bump(CANVAS_P, CANVAS_Q, (0, -51), (12, 2.4))
    dark += 0.10 * bump(CANVAS_P, CANVAS_Q, (0, -87), (15, 3)) + 0.16 * twin_bump(
        CANVAS_P, CANVAS_Q, (26.5, -70), (2.4, 2)
    )
    return 1 - (1 - mark) * (1 - np.clip(dark, 0, 0.7))


def _paint_lips(
    rng: np.random.Generator, person: Person, colour: np.ndarray, base: np.ndarray
) -> np.ndarray:
    """Paint the lips, in place; return their cover [H, W]."""
    soft = 0.8
    rows, columns = window(-32, 32, MOUTH_Y - 22, MOUTH_Y + 22)
    p, q = CANVAS_P[:, columns], CANVAS_Q[rows]
    upper, lower = lip_edges(person, p)
    lips = smoothstep(-soft, soft, upper - q) * smoothstep(-soft, soft, q - lower)
    lips = blur((lips * (np.abs(p) < 26.5)).astype(np.float32), 0.55)
    light = (10 - person.monk_tone) / 9
    red = base * (np.array([0.80, 0.40, 0.43]) * light + np.array([0.92, 0.68, 0.70]) * (1 - light))
    if person.make_up > 0.3:
        shade = np.array([0.42, 0.06, 0.09]) * rng.uniform(0.6, 1.2)
        red = red * (1 - 0.6 * person.make_up) + 0.6 * person.make_up * shade * (
            0.35 + 0.65 * light
        )
    streaks = 1 + 0.07 * noise(rng, 0.5, stretch=5, shape=lips.shape)
    streaks += 0.05 * noise(rng, 2, shape=lips.shape)
    tone = np.where(q > MOUTH_Y, 0.84, 1.04) * streaks
    part = colour[rows, columns]
    cover(part, 0.88 * lips, tone.astype(np.float32), _rgb(*red))
    seam = np.exp(-(((q - MOUTH_Y) / 0.9) ** 2)) * smoothstep(28, 24, np.abs(p))
    tint(part, seam, _rgb(-0.6, -0.6, -0.6))
    every = np.zeros(SHAPE, np.float32)
    every[rows, columns] = lips
    return every


def _paint_eyelids(person: Person, colour: np.ndarray) -> None:
    """Paint lash lines, lids and the crease above them, in place."""
    for side in (1, -1):
        rows, columns = window(side * EYE_X - 24, side * EYE_X + 24, -12, 24)
        q = CANVAS_Q[rows]
        x = (CANVAS_P[:, columns] - side * EYE_X) / EYE_HALF
        above, below = q >= 0, q < 0
        ends = smoothstep(1.15, 0.92, np.abs(x))
        lashes = above * np.exp(-((q / (1.1 + 0.5 * person.make_up)) ** 2)) * ends
        lashes = lashes * (0.9 + 0.1 * side * x)
        line = below * np.exp(-((q / 0.8) ** 2)) * ends
        dark = np.clip((0.85 + 0.12 * person.make_up) * lashes, 0, 0.96)
        dark = dark + (0.30 + 0.25 * person.make_up) * line
        fold_q = 7.4 * np.clip(1 - (0.90 * x) ** 2, 0, 1) ** 0.7 + 0.2
        crease = above * np.exp(-(((q - fold_q) / 0.9) ** 2)) * ends * person.lid_fold
        part = colour[rows, columns]
        part *= ((1 - dark) * (1 - 0.30 * crease))[..., None].astype(np.float32)
        lid = above * np.exp(-(((q - 4) / 4.5) ** 2)) * np.clip(1 - x**2, 0, 1)
        shadow = (0.05 + 0.35 * person.make_up) * lid
        part *= 1 - shadow[..., None] * np.array([0.8, 1.0, 0.9], np.float32)


def _paint_brows(
    rng: np.random.Generator, person: Person, colour: np.ndarray, base: np.ndarray
) -> None:
    """Paint the brows hair by hair, in place."""
    hairs = np.zeros(SHAPE, np.float32)
    thick = person.brow_thickness
    for side in (1, -1):
        count = int(150 * thick)
        u = rng.uniform(0, 1, count)
        p, q = brow_line(person, u)
        spread = thick * (1 - 0.72 * u**1.6) * np.where(u < 0.08, 0.75, 1)
        q = q + 0.45 * rng.normal(0, 1, count) * spread + 0.25 * side * person.skew
        turn = np.radians(
            np.interp(u, [0, 0.25, 0.7, 1], [75, 38, 8, -28]) + rng.normal(0, 9, count)
        )
        length = rng.uniform(2.6, 4.8, count) * (1 - 0.3 * u)
        start = np.stack([side * p, q], -1)
        end = np.stack([side * (p + length * np.cos(turn)), q + length * np.sin(turn)], -1)
        strokes(hairs, np.stack([start, end], 1), 0.4, rng.uniform(0.45, 0.9, count))
    rows, columns = window(-60, 60, -15, 45)
    hairs = hairs[rows, columns]
    density = np.clip(0.75 * blur(hairs, 0.28) + 0.42 * blur(hairs, 1.4), 0, 0.94)
    hair = linear(HAIR_COLOURS[person.hair_colour])
    ink = np.minimum(hair * 0.7, base * 0.32)
    cover(colour[rows, columns], density, np.ones_like(density), _rgb(*ink))


def _paint_hair_grounds(
    rng: np.random.Generator,
    person: Person,
    colour: np.ndarray,
    base: np.ndarray,
    beard: np.ndarray,
    scalp: np.ndarray,
) -> None:
    """Paint stubble and what shows between the scalp's strands, in place."""
    hair = linear(HAIR_COLOURS[person.hair_colour]).astype(np.float32)
    grain = np.clip(0.8 + 0.35 * noise(rng, 0.5), 0, 1.4)
    strength = {"none": 0.0, "stubble": 0.42}.get(person.facial_hair, 0.85)
    if person.facial_hair == "none" and not person.female:
        strength = 0.10
    shadow = np.clip(strength * beard * grain, 0, 0.9)
    full = np.ones(SHAPE, np.float32)
    cover(colour, shadow, full, _rgb(*np.minimum(hair * 0.9 + 0.01, base * 0.5)))
    # Contact shadow of the hair's edge on the skin, then the ground itself.
    tint(colour, np.clip(blur(scalp, 4) - scalp, 0, 1), _rgb(-0.16, -0.16, -0.16))
    if person.hair_style in ("cropped", "receding"):
        ground = scalp * np.clip(0.8 + 0.25 * noise(rng, 0.5), 0, 1)
    else:
        ground = scalp
    streak = 1 + 0.25 * noise(rng, 0.8, stretch=8) + 0.15 * noise(rng, 3, stretch=5)
    cover(colour, ground, np.clip(streak, 0.3, 2), _rgb(*(hair * 0.75)))


def _lasting_relief(
    rng: np.random.Generator, person: Person, lips: np.ndarray, scalp: np.ndarray
) -> np.ndarray:
    pores = (0.012 + 0.012 * person.wrinkles) * noise(rng, 0.45) + 0.03 * noise(rng, 1.6)
    pores += 0.05 * person.wrinkles * noise(rng, 2.5)
    height = pores * (1 - lips) + 0.05 * lips * noise(rng, 0.45, stretch=6)
    height += scalp * 0.12 * noise(rng, 0.7, stretch=7)
    across, up = slopes(height)
    return np.stack([across, up, np.zeros(SHAPE, np.float32)], axis=-1).astype(np.float32)
