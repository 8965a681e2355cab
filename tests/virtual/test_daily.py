"""Ordinary behaviour: at plausible rates, and such that no single sign proves pain."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.virtual.daily import HABITS, live, sample_habits
from painscope.virtual.dynamics import Score, generator
from painscope.virtual.motion import FaceMotion

MINUTES = 20.0


@pytest.fixture(scope="module")
def motion() -> FaceMotion:
    """The median person, for twenty minutes."""
    score = Score(np.arange(0, 60 * MINUTES, 1 / 30))
    live(generator("daily"), score, HABITS)
    return score.motion()


def episodes(curve: np.ndarray, level: float) -> np.ndarray:
    """Return lengths in frames of the stretches above a level."""
    edges = np.diff((curve > level).astype(int), prepend=0, append=0)
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)


def test_blinks_are_as_frequent_and_as_short_as_people_s(motion: FaceMotion) -> None:
    lengths = episodes(motion.blink.max(axis=1), 0.5) / 30
    # 17 a minute, some doubled, and some with a large saccade.
    assert 14 < len(lengths) / MINUTES < 23
    assert 0.05 < np.median(lengths) < 0.25


def test_every_unit_of_pain_occurs_without_pain(motion: FaceMotion) -> None:
    for unit in (4, 6, 7, 9, 10, 12, 25, 26):
        assert motion.intensity(unit).max() > 1.5, unit
    assert (episodes(motion.intensity(43), 3.0) > 12).sum() >= 3, "eyes rest without pain"
    assert motion.pspi().max() > 3


def test_most_of_the_time_a_face_does_little(motion: FaceMotion) -> None:
    assert np.median(motion.pspi()) < 1.0
    assert np.median(motion.intensity(12)) < 0.5


def test_eyes_and_head_move_within_bounds(motion: FaceMotion) -> None:
    yaw = motion.pose[:, 0]
    assert 1 < yaw.std() < 8
    assert np.abs(motion.pose).max() < 40
    assert np.abs(np.diff(motion.pose, axis=0)).max() < 6, "no jump of the head"
    assert (np.abs(motion.gaze[:, 0]) > 10).mean() > 0.01
    assert np.abs(motion.offset).max() < 0.15


def test_people_differ_and_the_same_seed_is_the_same_life() -> None:
    habits = [sample_habits(generator("p", k)) for k in range(30)]
    blinks = np.array([h.blink for h in habits])
    assert blinks.std() > 3

    def minute(seed: int) -> np.ndarray:
        score = Score(np.arange(0, 10, 1 / 30))
        live(generator(seed), score, habits[0])
        return score.motion().action_units

    np.testing.assert_array_equal(minute(1), minute(1))
    assert not np.array_equal(minute(1), minute(2))


def test_one_frame_and_no_frames_are_clips_too() -> None:
    for n in (1, 2):
        score = Score(np.arange(n) / 30)
        live(generator(3), score, HABITS)
        assert np.isfinite(score.motion().action_units).all()
