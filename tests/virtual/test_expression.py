"""What action units do to a head, in millimetres."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.virtual import landmarks
from painscope.virtual.anatomy import (
    BLOCK_ROWS,
    COLUMNS,
    MOUTH_ROW,
    P,
    skin_triangles,
)
from painscope.virtual.expression import express
from painscope.virtual.head import build_head
from painscope.virtual.motion import ACTION_UNITS
from painscope.virtual.people import sample_person

SEEDS = (3, 8, 21)
LEVELS = np.arange(6.0)

# Landmarks on the person's left (the picture's right), and their twins on the right.
INNER_BROW, OUTER_BROW = (22, 21), (25, 18)
UPPER_LID, LOWER_LID = (43, 38), (47, 40)
CORNER = (54, 48)
UPPER_LIP_SIDE, NOSE_WING = (52, 50), (35, 31)
UPPER_LIP, LOWER_LIP, INNER_UPPER, INNER_LOWER, CHIN = 51, 57, 62, 66, 8
OUT, UP, FORWARD = 0, 1, 2

#: Per sided unit: landmark (left, right), axis, direction, least movement in mm at intensity 5.
SIDED = {
    1: (INNER_BROW, UP, 1, 3),
    2: (OUTER_BROW, UP, 1, 4),
    4: (INNER_BROW, UP, -1, 2.5),
    5: (UPPER_LID, UP, 1, 1.5),
    6: (LOWER_LID, UP, 1, 1),
    7: (LOWER_LID, UP, 1, 1.5),
    9: (NOSE_WING, UP, 1, 2),
    10: (UPPER_LIP_SIDE, UP, 1, 3),
    12: (CORNER, UP, 1, 4),
    14: (CORNER, OUT, 1, 3),
    15: (CORNER, UP, -1, 4),
    17: (UPPER_LIP_SIDE, UP, 1, 0.3),
    20: (CORNER, OUT, 1, 5),
    23: (CORNER, OUT, -1, 2),
    24: (UPPER_LIP_SIDE, UP, -1, 0.8),
    43: (UPPER_LID, UP, -1, 4),
}


def shape(seed: int, units: dict[int, tuple[float, float]], blink=(0.0, 0.0)) -> np.ndarray:
    person = sample_person(seed)
    intensities = np.zeros((len(ACTION_UNITS), 2))
    for unit, sides in units.items():
        intensities[ACTION_UNITS.index(unit)] = sides
    pose = express(build_head(person), intensities, np.array(blink))
    return landmarks.landmark_points(person, pose.points)


def moved(seed: int, unit: int, sides: tuple[float, float]) -> np.ndarray:
    """Return the landmarks' movement, with x turned so that outwards is positive on both sides."""
    rest = shape(seed, {})
    change = shape(seed, {unit: sides}) - rest
    change[:, 0] *= np.where(rest[:, 0] >= 0, 1, -1)
    return change


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("unit", sorted(SIDED))
def test_a_unit_moves_the_right_place_the_right_way_and_steadily(seed, unit):
    (left, right), axis, sign, least = SIDED[unit]
    path = np.array(
        [sign * moved(seed, unit, (level, level))[[left, right], axis] for level in LEVELS]
    )
    assert (path[-1] >= least).all(), path[-1]
    assert (np.diff(path, axis=0) >= -1e-6).all(), path


@pytest.mark.parametrize("unit", sorted(SIDED))
def test_a_unit_on_one_side_leaves_the_other_alone(unit):
    (left, right), axis, sign, least = SIDED[unit]
    both = sign * moved(3, unit, (5, 5))[left, axis]
    for sides, own, other in (((5, 0), left, right), ((0, 5), right, left)):
        change = sign * moved(3, unit, sides)[:, axis]
        assert change[own] >= 0.6 * least
        # Units in the middle of the lips reach a little across.
        assert abs(change[other]) <= (0.55 if unit in (17, 24) else 0.25) * both + 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_lips_part_and_the_jaw_drops(seed):
    def gap(units):
        points = shape(seed, units)
        return points[INNER_UPPER, 1] - points[INNER_LOWER, 1]

    parted = [gap({25: (level, level)}) for level in LEVELS]
    assert abs(parted[0]) < 1.5
    assert np.all(np.diff(parted) > 1)
    for unit, least in ((26, 12), (27, 20)):
        chin = [moved(seed, unit, (level, level))[CHIN, 1] for level in LEVELS]
        assert np.all(np.diff(chin) < 0)
        assert chin[-1] < -least
    assert gap({27: (5, 5)}) > gap({26: (5, 5)}) > gap({25: (5, 5)})


@pytest.mark.parametrize("seed", SEEDS)
def test_lips_are_raised_tightened_and_pressed(seed):
    rest = shape(seed, {})

    def red(points):
        return points[UPPER_LIP, 1] - points[LOWER_LIP, 1]

    raised = moved(seed, 17, (5, 5))
    assert raised[CHIN, 1] > 1
    assert raised[LOWER_LIP, 1] > 2
    assert red(shape(seed, {23: (5, 5)})) < red(rest) - 2
    assert red(shape(seed, {24: (5, 5)})) < red(rest) - 4
    dimple = shape(seed, {14: (5, 5)}) - rest
    assert dimple[CORNER[0], FORWARD] < -2
    assert abs(dimple[CORNER[0], UP]) < 2


def test_blinks_close_one_eye_or_both():
    def openings(blink):
        points = shape(5, {}, blink)
        return points[43, 1] - points[47, 1], points[38, 1] - points[40, 1]

    left, right = openings((0, 0))
    assert min(left, right) > 4
    closed, open_ = openings((1, 0))
    assert closed < 0.5
    assert open_ == pytest.approx(right)
    assert max(openings((1, 1))) < 0.5


def test_a_closed_mouth_and_open_face_have_no_torn_skin():
    person = sample_person(4)
    head = build_head(person)
    intensities = np.full((len(ACTION_UNITS), 2), 3.0)
    points = express(head, intensities, np.zeros(2)).points
    every = skin_triangles(np.ones((len(BLOCK_ROWS), (COLUMNS - 1) // 2), bool))
    edges = np.linalg.norm(points[every[:, 0]] - points[every[:, 1]], axis=1)
    assert np.isfinite(points).all()
    assert edges.max() < 25
    # Beyond the mouth's corners the two copies of its row are one skin.
    outside = (np.abs(P[MOUTH_ROW]) > 40).nonzero()[0]
    rows = points.reshape(*P.shape, 3)
    gap = np.abs(rows[MOUTH_ROW, outside] - rows[MOUTH_ROW + 1, outside]).max()
    assert gap < 0.5
