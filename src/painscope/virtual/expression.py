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

__all__ = ["SLIT_VERTICES", "Pose", "express", "rotate_jaw", "skin_normals"]

_COLUMN = {unit: k for k, unit in enumerate(ACTION_UNITS)}
#: Units that move the skin by a power of their intensity: little of AU10 is seen as such before the
#: lip has clearly risen.
_EASE = {10: 0.6}
#: Where the jaw turns (y, z) in mm, and how far it drops, in radians, in AU26 and on to AU27.
_JAW_HINGE = (np.float32(-15.0), np.float32(5.0))
_OPEN_SHARE = np.minimum(1, 2 * np.stack([MOUTH_SLIT[MOUTH_ROW], EYE_SLIT[EYE_ROW]]))
_OPEN_SHARE = _OPEN_SHARE.astype(np.float32)
_GRID = np.arange(ROWS * COLUMNS, dtype=np.int32).reshape(ROWS, COLUMNS)
EVERY_VERTEX = _GRID.reshape(-1)
#: The vertices along the lower and upper edges of mouth and eyes: int32 [2, 2, COLUMNS].
SLIT_VERTICES = np.stack([_GRID[row : row + 2] for row in (MOUTH_ROW, EYE_ROW)])
_JAW_DROP, _JAW_STRETCH = np.radians(14.5), np.radians(25.0)


def _neighbours() -> np.ndarray:
    """Return each vertex's left, right, lower and upper neighbour on its side of a slit."""
    rows, columns = np.arange(ROWS), np.arange(COLUMNS)
    left, right = np.maximum(columns - 1, 0), np.minimum(columns + 1, COLUMNS - 1)
    low, high = np.maximum(rows - 1, 0), np.minimum(rows + 1, ROWS - 1)
    for slit in (MOUTH_ROW, EYE_ROW):
        high[slit], low[slit + 1] = slit, slit + 1
    around = [_GRID[:, left], _GRID[:, right], _GRID[low], _GRID[high]]
    return np.stack(around, axis=-1).reshape(-1, 4)


_NEIGHBOURS = _neighbours()


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
    """

    points: np.ndarray
    lids: np.ndarray
    jaw: float


def _openers() -> list[Field]:
    """Return fields that move by 1 mm the left eye's lids, the right one's and the lips apart.

    The upper and then the lower of each.
    """

    def opener(weight: np.ndarray, up: float, forwards: float = 0.0) -> Field:
        return Field.of(weight[..., None] * np.array([0.0, up, forwards]))

    fields = []
    for side in (1, -1):
        upper = eye_profile(P, side, upper=True) * np.exp(-((Q / 7.6) ** 2))
        lower = eye_profile(P, side, upper=False) * np.exp(-((Q / 9.0) ** 2))
        fields += [opener(upper * ABOVE_EYES, 1.0), opener(lower * ~ABOVE_EYES, -1.0)]
    upper = MOUTH_SLIT * np.exp(-(((Q - MOUTH_Y) / 9.0) ** 2)) * ABOVE_MOUTH
    lower = MOUTH_SLIT * np.exp(-(((Q - MOUTH_Y) / 13.0) ** 2)) * ~ABOVE_MOUTH
    return [*fields, opener(upper, 1.0, 0.25), opener(lower, -1.0, -0.25)]


@lru_cache(maxsize=1)
def _movers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all fields, those of `unit_fields` and then the openers, for `add_fields`.

    Where each starts (int64), the vertices (int32 [K]) and their movement (float32 [K, 3]).
    """
    fields = [*unit_fields().values(), *_openers()]
    starts = np.cumsum([0, *(len(field.index) for field in fields)])
    index = np.concatenate([field.index for field in fields]).astype(np.int32)
    return starts, index, np.vstack([field.move for field in fields])


@lru_cache(maxsize=1)
def _moved_by() -> tuple[np.ndarray, np.ndarray, list[tuple[int, float]]]:
    """Return the row and the side of `intensities` that move each of `unit_fields`.

    And which of the fields answer to a power of theirs, and to which.
    """
    numbers, sides = zip(*unit_fields(), strict=True)
    eased = [(k, _EASE[number]) for k, number in enumerate(numbers) if number in _EASE]
    return np.array([_COLUMN[number] for number in numbers]), np.array(sides), eased


@lru_cache(maxsize=1)
def _jaw_weights() -> np.ndarray:
    """Return how far each vertex turns with the jaw: float32 [ROWS * COLUMNS]."""
    side_weight = smoothstep(-28, -98, Q) * (1 - smoothstep(75, 115, np.abs(P)))
    above = side_weight * (1 - MOUTH_SLIT) * (1 - 0.5 * np.exp(-((P / 16) ** 2)))
    below = side_weight + (1 - side_weight) * MOUTH_SLIT
    jaw = np.where(ABOVE_MOUTH, above, below) * (1 - 0.6 * smoothstep(-112, -132, Q))
    return jaw.reshape(-1).astype(np.float32)


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
    # A frame's few scalar sums are much faster on plain numbers than on arrays of one.
    left, right = unit.T.tolist()
    lids = np.array(
        [
            _lid_heights(head, side, float(closed), gaze_pitch)
            for side, closed in zip((left, right), blink, strict=True)
        ]
    )

    def both(number: int) -> float:
        return (left[_COLUMN[number]] + right[_COLUMN[number]]) / 2

    jaw = _jaw_angle(both(26), both(27))
    pressed = (1 - 0.8 * both(24)) * (1 - 0.4 * both(23)) * (1 - 0.5 * both(17))
    parted = both(25) * pressed
    rows, sides, eased = _moved_by()
    amounts = np.empty(len(rows) + 6)
    amounts[: len(rows)] = unit[rows, sides]
    for k, power in eased:
        amounts[k] **= power
    amounts[len(rows) : -2] = (lids * [1, -1]).reshape(-1)
    amounts[-2:] = 3.0 * parted, 8.0 * parted
    points = head.points.copy()
    vertices.add_fields(points, *_movers(), amounts.astype(np.float32))
    if jaw > 1e-4:
        vertices.turn_about(points, *_JAW_HINGE, np.float32(jaw), _jaw_weights())
    for (index, is_upper), centre in zip(_lid_vertices(), head.eye_centres, strict=True):
        vertices.rest_on_ball(points, index, is_upper, centre, np.float32(head.eye_radius))
    return Pose(points, lids, jaw)


def rotate_jaw(points: np.ndarray, angle: float) -> None:
    """Turn points, float32 [N, 3], about the jaw's hinge, in place."""
    vertices.turn_about(points, *_JAW_HINGE, np.float32(angle), np.ones(len(points), np.float32))


def skin_normals(points: np.ndarray, out: np.ndarray, which: np.ndarray = EVERY_VERTEX) -> None:
    """Write the unit normals of a moved skin [ROWS * COLUMNS, 3] into `out`'s first rows.

    Of the vertices `which`, int32 [K]; the slits' edges must be among them.
    """
    vertices.skin_normals(which, _NEIGHBOURS, points, SLIT_VERTICES, _OPEN_SHARE, out)


def _jaw_angle(drop: float, stretch: float) -> float:
    """AU27 opens where AU26 ends; together they add up without leaving the joint."""
    return float(max(_JAW_DROP * drop, _JAW_STRETCH * stretch) + 0.2 * _JAW_DROP * drop * stretch)


def _lid_heights(
    head: Head, unit: list[float], blink: float, gaze_pitch: float
) -> tuple[float, float]:
    """Return where one eye's upper and lower lid stand, in mm above the pupil's height."""

    def a(number: int) -> float:
        return unit[_COLUMN[number]]

    person = head.person
    squint = 0.55 * a(7) + 0.45 * a(6) + 0.12 * a(12) + 0.10 * a(9)
    lower = -person.lower_opening * (1 - squint / (1 + 0.4 * squint**2))
    narrow = 0.32 * a(7) + 0.10 * a(6) + 0.12 * a(4) + 0.12 * a(9)
    upper = person.upper_opening * max(0.25, 1 - narrow) + 3.2 * a(5)
    upper += 0.09 * min(max(gaze_pitch, -35), 25)
    closed = 1 - (1 - a(43)) * (1 - min(max(blink, 0), 1))
    lower = lower * (1 - 0.25 * closed) - 1.1 * closed * squint
    upper = max((1 - closed) * upper + closed * (lower - 0.7), lower - 0.7)
    return upper, lower
