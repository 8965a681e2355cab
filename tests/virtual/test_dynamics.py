"""Curves and the score: smooth, bounded, reproducible, the same at any frame rate."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.virtual.dynamics import Score, envelope, generator, pulse, stable_seed, wander

TIME = np.arange(0, 10, 0.01)


def test_seeds_are_known_numbers() -> None:
    # A change here would change every virtual dataset ever described by its seed.
    assert stable_seed("ai4pain-2024", 1, "person", 0) == 4739439443002455645
    assert stable_seed("a", "b") != stable_seed("ab")


def test_envelope_rises_holds_and_fades_more_slowly() -> None:
    curve = envelope(TIME, onset_s=1.0, rise_s=0.5, hold_s=2.0, fade_s=1.0)
    assert curve[TIME <= 1.0].max() == 0
    np.testing.assert_allclose(curve[(TIME >= 1.51) & (TIME <= 3.49)], 1.0)
    assert (np.diff(curve[TIME < 1.5]) >= 0).all()
    assert (np.diff(curve[TIME > 3.5]) <= 0).all()
    assert curve[TIME > 4.51].max() == 0
    up = np.diff(curve).max()
    down = -np.diff(curve).min()
    assert up > 1.5 * down
    assert np.abs(np.diff(curve, 2)).max() < 0.02, "no jerk"


def test_pulse_goes_there_and_back() -> None:
    curve = pulse(TIME, 2.0, 0.1, 0.2)
    assert curve.max() == pytest.approx(1.0, abs=0.01)
    assert TIME[curve > 0.01].min() > 2.0
    assert TIME[curve > 0.01].max() < 2.31


def test_wander_has_unit_variance_and_does_not_depend_on_the_frame_rate() -> None:
    curves = wander(generator("test"), np.arange(0, 2000, 0.1), 0.7, 3)
    np.testing.assert_allclose(curves.std(axis=0), 1.0, atol=0.05)
    np.testing.assert_allclose(curves.mean(axis=0), 0.0, atol=0.08)
    slow = wander(generator("same"), np.arange(0, 10, 0.1), 1.0)
    fast = wander(generator("same"), np.arange(0, 9.95, 0.05), 1.0)
    np.testing.assert_allclose(slow, fast[::2][: len(slow)], atol=1e-9)
    assert np.abs(np.diff(fast)).max() < 0.3


def test_joining_sources_is_nearly_their_maximum() -> None:
    score = Score(TIME)
    score.add(12, np.full(len(TIME), 3.0))
    score.add(12, np.full(len(TIME), 1.0))
    intensity = score.motion().intensity(12)
    assert 3.0 <= intensity[0] < 3.1
    score.add(12, np.full(len(TIME), 5.0))
    assert score.motion().intensity(12).max() == 5.0


def test_sides_differ_only_where_a_face_has_sides() -> None:
    score = Score(TIME)
    for unit in (12, 26):
        score.add(unit, np.full(len(TIME), 2.0), (1.5, -0.5))
    motion = score.motion()
    np.testing.assert_allclose(motion.action_units[0, 8], [3.0, 0.0])
    np.testing.assert_allclose(motion.action_units[0, 16], [2.0, 2.0])


def test_expressed_units_begin_together_but_not_at_once() -> None:
    score = Score(TIME)
    units = {4: 3.0, 6: 2.0, 7: 4.0}
    score.express(generator(5), units, onset_s=2.0, rise_s=0.5, hold_s=1.0, fade_s=1.0)
    motion = score.motion()
    onsets = [TIME[np.argmax(motion.intensity(unit) > 0.1)] for unit in units]
    assert 2.0 <= min(onsets) < max(onsets) < 2.8
    for unit, apex in units.items():
        assert motion.intensity(unit).max() == pytest.approx(apex, rel=0.35)
    assert motion.intensity(12).max() == 0


def test_seeded_generators_differ_by_purpose() -> None:
    a, b = generator("x", 0).random(), generator("x", 1).random()
    assert a != b == generator("x", 1).random()
