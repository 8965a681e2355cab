"""From stimulus to face: stronger hurts more, in its own time, and not everybody shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from painscope.virtual.dynamics import Score, generator
from painscope.virtual.motion import FaceMotion
from painscope.virtual.pain import Disposition, Stimulus, react, sample_disposition
from painscope.virtual.pain_model import PAIN

TIME = np.arange(0, 10, 1 / 30)
PEOPLE = [sample_disposition(generator("people", k), stoic=False) for k in range(20)]


def shock(strength: float) -> Stimulus:
    return Stimulus("electrical", "test", strength, onset_s=1.0, duration_s=8.0)


def reaction(
    person: Disposition, stimulus: Stimulus, seed: object = 0
) -> tuple[FaceMotion, np.ndarray]:
    """Return what the face does and what is felt, without ordinary behaviour."""
    score = Score(TIME)
    felt = react(generator("trial", seed), score, person, stimulus)
    return score.motion(), felt


def peaks(stimulus: Stimulus, people: list[Disposition]) -> np.ndarray:
    return np.array([reaction(p, stimulus, k)[0].pspi().max() for k, p in enumerate(people)])


def test_nothing_is_felt_below_the_threshold() -> None:
    motion, felt = reaction(PEOPLE[0], shock(PEOPLE[0].threshold * 0.5))
    assert felt.max() == 0
    assert motion.action_units.max() == 0
    assert not motion.pose.any()


def test_stronger_hurts_more_and_shows_more_and_they_overlap() -> None:
    low, high = peaks(shock(0.5), PEOPLE), peaks(shock(0.95), PEOPLE)
    assert high.mean() > 1.5 * low.mean()
    assert low.max() > high.min(), "no threshold parts them"
    felt = [np.mean([reaction(p, shock(s))[1].max() for p in PEOPLE]) for s in (0.3, 0.6, 0.9)]
    assert felt[0] < felt[1] < felt[2] <= 10


def test_stoic_people_feel_but_hardly_show() -> None:
    stoic = [sample_disposition(generator("people", k), stoic=True) for k in range(20)]
    assert peaks(shock(0.95), stoic).mean() < 0.4 * peaks(shock(0.95), PEOPLE).mean()
    felt = [reaction(person, shock(0.95))[1].max() for person in stoic]
    assert np.mean(felt) > 5


def test_one_in_five_is_stoic_and_some_smile_in_pain() -> None:
    crowd = [sample_disposition(generator("crowd", k)) for k in range(400)]
    stoic = np.mean([person.expressiveness < 0.45 for person in crowd])
    assert stoic == pytest.approx(PAIN.stoic_share, abs=0.05)
    smiling = [person for person in crowd if person.smiles_in_pain]
    assert 0.07 < len(smiling) / len(crowd) < 0.17
    assert {person.style for person in crowd} == set(PAIN.styles)

    def smile(people: list[Disposition]) -> float:
        motions = [reaction(p, shock(0.95), k)[0] for k, p in enumerate(people)]
        return float(np.mean([motion.intensity(12).max() for motion in motions]))

    others = [p for p in crowd if not p.smiles_in_pain][: len(smiling)]
    assert smile(smiling) > 1.5 * smile(others)


def test_heat_comes_slowly_and_a_shock_at_once() -> None:
    def half_s(kind: str) -> float:
        stimulus = Stimulus(kind, "x", 0.9, onset_s=1.0, duration_s=8.0)  # type: ignore[arg-type]
        felt = reaction(PEOPLE[1], stimulus)[1]
        return float(TIME[np.argmax(felt > 0.5 * felt.max())]) - 1.0

    assert half_s("electrical") < 0.4
    assert 1.2 < half_s("heat") < 3.0
    assert half_s("movement") > 1.0


def test_an_abrupt_onset_startles_most_people_and_heat_nobody() -> None:
    def blinks(kind: str) -> float:
        stimulus = Stimulus(kind, "x", 1.0, onset_s=1.0, duration_s=8.0)  # type: ignore[arg-type]
        motions = [reaction(person, stimulus, k)[0] for k, person in enumerate(PEOPLE)]
        early = (TIME > 1.0) & (TIME < 1.4)
        return float(np.mean([motion.blink[early].max() > 0.4 for motion in motions]))

    assert blinks("electrical") > 0.5
    assert blinks("heat") == 0


def test_people_habituate() -> None:
    late = replace(shock(0.8), trial=1.0)
    first = np.mean([reaction(p, shock(0.8), k)[1].max() for k, p in enumerate(PEOPLE)])
    last = np.mean([reaction(p, late, k)[1].max() for k, p in enumerate(PEOPLE)])
    assert last == pytest.approx((1 - PAIN.habituation) * first, rel=0.05)


def test_the_units_of_pain_lead() -> None:
    motions = [reaction(p, shock(0.95), k)[0] for k, p in enumerate(PEOPLE * 3)]
    mean = {u: np.mean([m.intensity(u).mean() for m in motions]) for u in (1, 4, 5, 7, 12, 15)}
    assert min(mean[4], mean[7]) > 2 * max(mean[1], mean[12])
    assert mean[5] == mean[15] == 0


def test_movement_is_continuous() -> None:
    motion, _ = reaction(PEOPLE[2], shock(0.95))
    # The quickest, a startle, takes about a tenth of a second.
    assert np.abs(np.diff(motion.action_units, axis=0)).max() < 1.5
    assert np.abs(np.diff(motion.pose, axis=0)).max() < 5
