"""What faces do all day, whatever is done to them: blink, smile, talk, swallow, look away.

It goes on in every condition, so that nothing but pain itself tells pain: eyes close,
brows knit and mouths open without any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from painscope.virtual.dynamics import Score, lognormal, pulse, wander

__all__ = ["HABITS", "Habits", "live", "sample_habits"]


@dataclass(frozen=True)
class Habits:
    """How often one person does what; the defaults are the median person's.

    All rates are events per minute. Chosen, where no source is named.

    Attributes
    ----------
    blink : float
        17 at rest (Bentivoglio et al., Movement Disorders 12:1028, 1997).
    rest_eyes : float
        Eyes shut for longer than a blink, 0.4–2 s.
    smile, talk, swallow, press_lips, sniff, raise_brows, frown, squint, yawn : float
        Episodes of these kinds. Talking: a remark of 1–4 s.
    look_away : float
        Glances off the camera; some of them turn the head.
    head_deg : (float, float, float)
        Standard deviation of slow head movement: yaw, pitch, roll.
    carriage_deg : (float, float, float)
        How the head is usually held.
    tonus : float
        Spread of the small, slowly drifting activity of the upper face, in FACS units.
    """

    blink: float = 17.0
    rest_eyes: float = 0.7
    smile: float = 0.9
    talk: float = 0.5
    swallow: float = 1.0
    press_lips: float = 0.6
    sniff: float = 0.4
    raise_brows: float = 0.8
    frown: float = 0.6
    squint: float = 0.8
    yawn: float = 0.04
    look_away: float = 5.0
    head_deg: tuple[float, float, float] = (2.5, 2.0, 1.3)
    carriage_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tonus: float = 0.16


#: Units with tonus, and their share of it. Chosen.
_TONUS = {
    **dict.fromkeys((1, 2, 14, 15, 17, 23, 24), 0.4),
    **dict.fromkeys((4, 7), 0.8),
    **dict.fromkeys((6, 10, 12, 25), 0.6),
    **dict.fromkeys((9, 20, 26), 0.35),
}

#: The median person.
HABITS = Habits()


def sample_habits(rng: np.random.Generator) -> Habits:
    """Draw one person's habits: rates spread log-normally round the median person's."""
    rates = {
        name: lognormal(rng, getattr(HABITS, name), 0.4)
        for name in ("blink", "look_away", *_EPISODES)
    }
    lively = lognormal(rng, 1.0, 0.3)
    yaw, pitch, roll = (float(lively * value) for value in HABITS.head_deg)
    carriage = tuple(float(value) for value in rng.normal(0, (3.5, 3.0, 2.0)))
    return Habits(
        **rates,
        head_deg=(yaw, pitch, roll),
        carriage_deg=carriage,  # type: ignore[arg-type]
        tonus=lognormal(rng, HABITS.tonus, 0.3),
    )


def live(rng: np.random.Generator, score: Score, habits: Habits) -> None:
    """Write ordinary behaviour over the whole of `score`."""
    _blink(rng, score, habits.blink)
    _move_head(rng, score, habits)
    _look(rng, score, habits.look_away)
    _keep_tonus(rng, score, habits.tonus)
    for name, episode in _EPISODES.items():
        for onset_s in _events(rng, score, getattr(habits, name)):
            episode(rng, score, onset_s)


def _events(rng: np.random.Generator, score: Score, per_minute: float) -> Iterator[float]:
    """Yield onsets of a Poisson process; it runs on from before the first frame."""
    lead_s = 3.0
    onset_s = float(score.time_s[0]) - lead_s if len(score.time_s) else 0.0
    while True:
        onset_s += float(rng.exponential(60.0 / per_minute))
        if onset_s > score.stop_s:
            return
        yield onset_s


def _blink(rng: np.random.Generator, score: Score, per_minute: float) -> None:
    """Lids close in about 90 ms and open in about twice that (Guitton et al., 1991)."""
    onset_s = float(score.time_s[0]) - 1.0
    mean_s = 60.0 / per_minute
    while onset_s < score.stop_s:
        onset_s += 0.35 + float(rng.gamma(1.4, max(mean_s - 0.35, 0.3) / 1.4))
        add_blink(rng, score, onset_s)
        if rng.random() < 0.08:  # one close upon the other
            onset_s += float(rng.uniform(0.3, 0.45))
            add_blink(rng, score, onset_s)


def add_blink(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    """Add one blink; one in eight does not close fully."""
    depth = rng.uniform(0.45, 0.8) if rng.random() < 0.12 else rng.uniform(0.92, 1.0)
    close_s, open_s = rng.uniform(0.07, 0.11), rng.uniform(0.15, 0.25)
    span = score.span(onset_s, onset_s + close_s + open_s)
    curve = depth * pulse(score.time_s[span], onset_s, close_s, open_s)
    score.blink[span] = np.maximum(score.blink[span], curve[:, None] * rng.uniform(0.97, 1.0, 2))


def _move_head(rng: np.random.Generator, score: Score, habits: Habits) -> None:
    sway = 0.8 * wander(rng, score.time_s, 4.0, 3) + 0.35 * wander(rng, score.time_s, 1.1, 3)
    posture = rng.normal(0, 0.7, 3)
    score.pose += np.asarray(habits.carriage_deg)
    score.pose += (sway + posture) * np.asarray(habits.head_deg)
    shift = 0.014 * wander(rng, score.time_s, 5.0, 2) + rng.normal(0, 0.02, 2)
    breath = 0.002 * np.sin(2 * np.pi * (score.time_s / rng.uniform(3.4, 5.0) + rng.random()))
    score.offset += shift + np.stack([np.zeros_like(breath), breath], axis=1)


def _look(rng: np.random.Generator, score: Score, away_per_minute: float) -> None:
    """Fixations of half a second or so, small saccades between them, and glances away."""
    time_s = score.time_s
    gaze = _fixate(rng, time_s)
    for onset_s in _events(rng, score, away_per_minute):
        aim = rng.normal(0, (14.0, 8.0))
        hold_s = float(rng.gamma(2.0, 0.5))
        there = _step(time_s, onset_s, 0.05) - _step(time_s, onset_s + hold_s, 0.05)
        if rng.random() < 0.35:  # the head goes along, and the eyes need to turn less
            turn = _step(time_s, onset_s + 0.05, 0.4) - _step(time_s, onset_s + hold_s, 0.5)
            score.pose[:, :2] += turn * aim * (0.6, 0.5)
            gaze -= turn * aim * 0.5
        gaze += there * aim
        if rng.random() < 0.4:  # large saccades often come with a blink
            add_blink(rng, score, onset_s)
    score.gaze += gaze


def _fixate(rng: np.random.Generator, time_s: np.ndarray) -> np.ndarray:
    """Return where the eyes point, small saccades of 40 ms apart: float64 [T, 2]."""
    start_s, stop_s = float(time_s[0]) - 1.0, float(time_s[-1])
    onsets = start_s + np.cumsum(0.2 + rng.exponential(0.7, int(2 + 4 * (stop_s - start_s))))
    aims = rng.normal(0, (2.2, 1.5), (len(onsets) + 1, 2))
    knots = np.stack([onsets, onsets + 0.04], axis=1).ravel()
    held = np.repeat(aims, 2, axis=0)[1:-1]
    return np.stack([np.interp(time_s, knots, held[:, axis]) for axis in (0, 1)], axis=1)


def _step(time_s: np.ndarray, onset_s: float, rise_s: float) -> np.ndarray:
    u = np.clip((time_s - onset_s) / rise_s, 0, 1)
    return (u * u * (3 - 2 * u))[:, None]


def _keep_tonus(rng: np.random.Generator, score: Score, tonus: float) -> None:
    """Small drifting activity, with a level of its own in each clip: a pensive or a tired look.

    It never is exactly nothing, so that the least trace of another movement is not a proof.
    """
    for unit, share in _TONUS.items():
        level = 0.9 * rng.standard_normal() + 0.5 * wander(rng, score.time_s, 3.0)
        score.add(unit, share * tonus * np.logaddexp(0, 2 * level))


def _rest_eyes(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    closure = {43: float(rng.uniform(4.0, 5.0))}
    hold_s = float(rng.uniform(0.3, 1.6))
    score.express(
        rng, closure, onset_s=onset_s, rise_s=0.18, hold_s=hold_s, fade_s=0.3, asymmetry=0.02
    )


def _smile(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    """Smiles rise in about half a second (Schmidt, Cohn and Tian, 2003); strong ones reach 6."""
    apex = float(np.clip(lognormal(rng, 1.6, 0.5), 0.4, 4.5))
    units = {12: apex, 6: max(0.0, 0.75 * apex + rng.normal(-0.4, 0.4))}
    if rng.random() < 0.3 + 0.1 * apex:
        units[25] = 0.55 * apex
    if rng.random() < 0.15:
        units[14] = 0.6 * apex
    hold_s = float(rng.gamma(2.0, 0.6))
    rise_s, fade_s = lognormal(rng, 0.55, 0.25), lognormal(rng, 0.9, 0.3)
    score.express(rng, units, onset_s=onset_s, rise_s=rise_s, hold_s=hold_s, fade_s=fade_s)


def _talk(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    """Four to five syllables a second; brows mark a stress now and then."""
    stop_s = onset_s + float(rng.uniform(0.8, 3.5))
    while onset_s < stop_s:
        syllable_s = float(rng.uniform(0.16, 0.3))
        open_ = float(rng.uniform(0.4, 2.6))
        units = {25: open_ + 0.4, 26: 0.8 * open_}
        for unit, share in ((10, 0.2), (12, 0.25), (20, 0.25), (17, 0.2), (24, 0.2), (23, 0.2)):
            if rng.random() < share:
                units[unit] = float(rng.uniform(0.3, 1.2))
        if rng.random() < 0.08:
            units |= {1: float(rng.uniform(0.5, 2.0)), 2: float(rng.uniform(0.5, 2.0))}
        score.express(
            rng,
            units,
            onset_s=onset_s,
            rise_s=0.55 * syllable_s,
            hold_s=0.1 * syllable_s,
            fade_s=0.7 * syllable_s,
            asymmetry=0.05,
        )
        span = score.span(onset_s, onset_s + 3 * syllable_s)
        nod = pulse(score.time_s[span], onset_s, syllable_s, 2 * syllable_s)
        score.pose[span] += nod[:, None] * rng.normal(0, (0.5, 0.7, 0.3))
        onset_s += syllable_s


def _swallow(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    units = {24: float(rng.uniform(0.8, 2.2)), 17: float(rng.uniform(0.4, 1.5))}
    score.express(rng, units, onset_s=onset_s, rise_s=0.25, hold_s=0.2, fade_s=0.4)
    score.pose[:, 1] += rng.uniform(0.3, 1.2) * pulse(score.time_s, onset_s + 0.15, 0.25, 0.5)


def _press_lips(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    unit = (14, 23, 24, 17, 15)[rng.integers(5)]
    units = {unit: float(rng.uniform(0.6, 2.5)), 17: float(rng.uniform(0, 1.2))}
    hold_s = float(rng.uniform(0.2, 1.5))
    one_sided = 0.5 if unit == 14 else 0.1
    score.express(
        rng, units, onset_s=onset_s, rise_s=0.3, hold_s=hold_s, fade_s=0.5, asymmetry=one_sided
    )


def _sniff(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    units = {9: float(rng.uniform(0.5, 2.2)), 10: float(rng.uniform(0.2, 1.6))}
    if rng.random() < 0.4:
        units[4] = float(rng.uniform(0.3, 1.2))
    score.express(rng, units, onset_s=onset_s, rise_s=0.2, hold_s=0.2, fade_s=0.35)


def _raise_brows(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    apex = float(rng.uniform(0.7, 3.5))
    units = {1: apex, 2: apex * float(rng.uniform(0.6, 1.1)), 5: 0.3 * apex}
    hold_s = float(rng.uniform(0.1, 1.2))
    score.express(rng, units, onset_s=onset_s, rise_s=0.25, hold_s=hold_s, fade_s=0.5)


def _frown(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    """Brows knit in thought."""
    units = {4: float(np.clip(lognormal(rng, 1.2, 0.45), 0.3, 3.5))}
    if rng.random() < 0.4:
        units[7] = 0.7 * units[4]
    hold_s = float(rng.uniform(0.4, 2.5))
    score.express(rng, units, onset_s=onset_s, rise_s=0.4, hold_s=hold_s, fade_s=0.7)


def _squint(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    apex = float(np.clip(lognormal(rng, 1.1, 0.45), 0.3, 3.0))
    units = {7: apex, 6: apex * float(rng.uniform(0, 0.6))}
    hold_s = float(rng.uniform(0.3, 2.0))
    score.express(rng, units, onset_s=onset_s, rise_s=0.3, hold_s=hold_s, fade_s=0.5)


def _yawn(rng: np.random.Generator, score: Score, onset_s: float) -> None:
    units = {25: 3.0, 26: 3.5, 27: float(rng.uniform(2.0, 4.5)), 43: 3.5, 7: 1.5, 4: 1.0}
    score.express(rng, units, onset_s=onset_s, rise_s=1.5, hold_s=1.2, fade_s=1.0)
    score.pose[:, 1] += 4.0 * pulse(score.time_s, onset_s, 1.8, 2.0)


_EPISODES = {
    "rest_eyes": _rest_eyes,
    "smile": _smile,
    "talk": _talk,
    "swallow": _swallow,
    "press_lips": _press_lips,
    "sniff": _sniff,
    "raise_brows": _raise_brows,
    "frown": _frown,
    "squint": _squint,
    "yawn": _yawn,
}
