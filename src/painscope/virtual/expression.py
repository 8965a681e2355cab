"""From action units to a moved face: vertices, lids and jaw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from painscope.virtual import vertices
from painscope.virtual.action_units import Field, unit_fields
from painscope.virtual.anatomy import (
    ABOVE_EYES,
    ABOVE_MOUTH,
    COLUMNS,
    EYE_ROW,
    EYE_SLIT,
    EYE_X,
    MOUTH_ROW,
    MOUTH_SLIT,
    MOUTH_Y,
    ROWS,
    P,
    Q,
    eye_profile,
    smoothstep,
)
from painscope.virtual.head import Head
from painscope.virtual.motion import ACTION_UNITS

__all__ = ["Pose", "express", "rotate_jaw", "skin_normals"]

_COLUMN = {unit: k for k, unit in enumerate(ACTION_UNITS)}
#: Where the jaw turns (y, z) in mm, and how far it drops, in radians, in AU26 and on to AU27.
_JAW_HINGE = (-15.0, 5.0)
_SLITS = np.array([MOUTH_ROW, EYE_ROW])
_OPEN_SHARE = np.minimum(1, 2 * np.stack([MOUTH_SLIT[MOUTH_ROW], EYE_SLIT[EYE_ROW]]))
_JAW_DROP, _JAW_STRETCH = np.radians(14.5), np.radians(25.0)


@dataclass(frozen=True)
class Pose:
    """A face's shape in one frame, before the head turns.

    Attributes
    ----------
    points : float32 [ROWS * COLUMNS, 3]
        The skin, in mm.
    lids : float64 [2, 2]
        Where the upper and the lower lid's margin stand above the pupil's height, in mm, left
        then right eye.
    jaw : float
        How far the jaw has dropped, in radians.
    mouth_open : bool
        Whether anything behind the lips may be seen.
    """

    points: np.ndarray
    lids: np.ndarray
    jaw: float
    mouth_open: bool


@lru_cache(maxsize=1)
def _openers() -> tuple[list[tuple[Field, Field]], tuple[Field, Field], np.ndarray]:
    """Return fields that part lids (per eye) and lips by 1 mm, and the jaw's weights."""

    def opener(weight: np.ndarray, up: float, forwards: float = 0.0) -> Field:
        return Field.of(weight[..., None] * np.array([0.0, up, forwards]))

    lids = []
    for side in (1, -1):
        upper = eye_profile(P, side, upper=True) * np.exp(-((Q / 7.6) ** 2))
        lower = eye_profile(P, side, upper=False) * np.exp(-((Q / 9.0) ** 2))
        lids.append((opener(upper * ABOVE_EYES, 1.0), opener(lower * ~ABOVE_EYES, -1.0)))
    upper = MOUTH_SLIT * np.exp(-(((Q - MOUTH_Y) / 9.0) ** 2)) * ABOVE_MOUTH
    lower = MOUTH_SLIT * np.exp(-(((Q - MOUTH_Y) / 13.0) ** 2)) * ~ABOVE_MOUTH
    lips = (opener(upper, 1.0, 0.25), opener(lower, -1.0, -0.25))

    side_weight = smoothstep(-28, -98, Q) * (1 - smoothstep(75, 115, np.abs(P)))
    above = side_weight * (1 - MOUTH_SLIT) * (1 - 0.5 * np.exp(-((P / 16) ** 2)))
    below = side_weight + (1 - side_weight) * MOUTH_SLIT
    jaw = np.where(ABOVE_MOUTH, above, below) * (1 - 0.6 * smoothstep(-112, -132, Q))
    return lids, lips, jaw.reshape(-1).astype(np.float32)


@lru_cache(maxsize=1)
def _lid_vertices() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, per eye, the vertices that may lie on the eyeball and whether they are above it."""
    found = []
    for side in (1, -1):
        near = (np.abs(P - side * EYE_X) < 17) & (np.abs(Q) < 13)
        index = np.flatnonzero(near)
        found.append((index, ABOVE_EYES.reshape(-1)[index]))
    return found


def express(
    head: Head, intensities: np.ndarray, blink: np.ndarray, gaze_pitch: float = 0.0
) -> Pose:
    """Move a head's skin.

    Parameters
    ----------
    head : Head
    intensities : float [19, 2]
        FACS intensity 0–5 per `ACTION_UNITS`, left and right.
    blink : float [2]
        Lid closure 0–1, left and right.
    gaze_pitch : float
        Degrees up; the lids follow the eye.
    """
    unit = np.clip(np.asarray(intensities, np.float64) / 5.0, 0.0, 1.0)
    points = head.points.copy()
    for (number, side), field in unit_fields().items():
        amount = unit[_COLUMN[number], side]
        if amount > 1e-4:
            vertices.add_field(points, field.index, field.move, np.float32(amount))
    lids = np.stack(
        [_lid_heights(head, unit[:, side], float(blink[side]), gaze_pitch) for side in (0, 1)]
    )
    lid_fields, lip_fields, jaw_weights = _openers()
    for (above, below), (upper, lower) in zip(lid_fields, lids, strict=True):
        vertices.add_field(points, above.index, above.move, np.float32(upper))
        vertices.add_field(points, below.index, below.move, np.float32(-lower))

    def both(number: int) -> float:
        return float(unit[_COLUMN[number]].mean())

    jaw = _jaw_angle(both(26), both(27))
    pressed = (1 - 0.8 * both(24)) * (1 - 0.4 * both(23)) * (1 - 0.5 * both(17))
    parted = both(25) * pressed
    if parted > 1e-4:
        for field, apart in zip(lip_fields, (3.0, 8.0), strict=True):
            vertices.add_field(points, field.index, field.move, np.float32(apart * parted))
    if jaw > 1e-4:
        rotate_jaw(points, np.float32(jaw) * jaw_weights)
    for (index, is_upper), centre in zip(_lid_vertices(), head.eye_centres, strict=True):
        _rest_on_eyeball(points, index, is_upper, centre, head.eye_radius)
    moving = [unit[_COLUMN[n]].max() for n in (9, 10, 12, 15, 20)]
    return Pose(points, lids, jaw, bool(parted > 0.01 or jaw > 0.005 or max(moving) > 0.05))


def rotate_jaw(points: np.ndarray, angle: np.ndarray | float) -> None:
    """Turn points [N, 3] about the jaw's hinge, in place, by an angle each or for all."""
    y, z = points[:, 1] - _JAW_HINGE[0], points[:, 2] - _JAW_HINGE[1]
    cosine, sine = np.cos(angle), np.sin(angle)
    points[:, 1], points[:, 2] = (
        y * cosine - z * sine + _JAW_HINGE[0],
        y * sine + z * cosine + _JAW_HINGE[1],
    )


def skin_normals(points: np.ndarray, out: np.ndarray) -> None:
    """Write the unit normals of a moved skin [ROWS * COLUMNS, 3] into `out`'s first rows."""
    vertices.grid_normals(points, ROWS, COLUMNS, _SLITS, _OPEN_SHARE, out)


def _jaw_angle(drop: float, stretch: float) -> float:
    """AU27 opens where AU26 ends; together they add up without leaving the joint."""
    return float(max(_JAW_DROP * drop, _JAW_STRETCH * stretch) + 0.2 * _JAW_DROP * drop * stretch)


def _lid_heights(head: Head, unit: np.ndarray, blink: float, gaze_pitch: float) -> np.ndarray:
    """Return where one eye's upper and lower lid stand, in mm above the pupil's height."""

    def a(number: int) -> float:
        return float(unit[_COLUMN[number]])

    person = head.person
    squint = 0.55 * a(7) + 0.45 * a(6) + 0.12 * a(12) + 0.10 * a(9)
    lower = -person.lower_opening * max(0.05, 1 - squint)
    narrow = 0.32 * a(7) + 0.10 * a(6) + 0.12 * a(4) + 0.12 * a(9)
    upper = person.upper_opening * max(0.25, 1 - narrow) + 3.2 * a(5)
    upper += 0.09 * float(np.clip(gaze_pitch, -35, 25))
    closed = 1 - (1 - a(43)) * (1 - np.clip(blink, 0, 1))
    lower *= 1 - 0.25 * closed
    upper = max((1 - closed) * upper + closed * (lower - 0.7), lower - 0.7)
    return np.array([upper, lower])


def _rest_on_eyeball(
    points: np.ndarray, index: np.ndarray, above: np.ndarray, centre: np.ndarray, radius: float
) -> None:
    """Push lid vertices out to the eyeball's surface, softly, in place."""
    x, y, z = (points[index, axis] for axis in range(3))
    reach = radius + 0.7 + 0.9 * above
    across = (x - centre[0]) ** 2 + (y - centre[1]) ** 2
    ball = centre[2] + np.sqrt(np.maximum(reach**2 - across, 0.0))
    gap = np.where(across < 0.97 * reach**2, ball - z, -1e3)
    softness = 1.2
    push = softness * np.log1p(np.exp(np.clip(gap / softness, -20, 20)))
    points[index, 2] = z + np.where(gap > -6, push, 0.0)
