"""From a stimulus to a face in pain: what is felt and what is shown.

A stimulus of known strength acts on a person with a threshold, a sensitivity and an
expressiveness. What is felt (0–10) follows the stimulus with a lag and varies from trial to
trial; what is shown comes in waves of action units, above ordinary behaviour
(`painscope.virtual.daily`). All parameters stand in `painscope.virtual.pain_model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from painscope.virtual.daily import Habits, add_blink, sample_habits
from painscope.virtual.dynamics import Score, envelope, lognormal, wander
from painscope.virtual.pain_model import PAIN, PainModel

__all__ = [
    "Disposition",
    "Stimulus",
    "react",
    "sample_disposition",
]

StimulusKind = Literal["heat", "electrical", "movement", "lance"]
_ABRUPT = ("electrical", "lance")


@dataclass(frozen=True)
class Stimulus:
    """One stimulus.

    Attributes
    ----------
    kind : {"heat", "electrical", "movement", "lance"}
        Heat rises slowly to a plateau, electrical pain and a heel lance begin abruptly,
        moving an aching shoulder hurts in the middle of the movement.
    level : str
        The dataset's own word for its strength, such as ``"PA4"``.
    strength : float
        0 is nothing, 1 the person's tolerance as the experimenter measured it.
    onset_s : float
        When it begins, in the clip's time; may be negative.
    duration_s : float
        From onset to offset, ramps included.
    trial : float
        How far the session has gone, 0 to 1; people habituate.
    """

    kind: StimulusKind
    level: str
    strength: float
    onset_s: float
    duration_s: float
    trial: float = 0.0


@dataclass(frozen=True)
class Disposition:
    """How one person takes pain, and what they do anyway.

    Attributes
    ----------
    threshold : float
        Strength from which anything is felt.
    sensitivity : float
        Factor on what is felt above it; 1 is ordinary.
    expressiveness : float
        Factor on what is shown of it; below about 0.25 hardly anything is.
    style : str
        A key of `painscope.virtual.PainModel.styles`.
    smiles_in_pain : bool
    avert_deg : (float, float, float)
        Where the head goes in pain: yaw, pitch, roll.
    weights : mapping of int to float
        Factor on each unit's apex.
    habits : Habits
    """

    threshold: float
    sensitivity: float
    expressiveness: float
    style: str
    smiles_in_pain: bool
    avert_deg: tuple[float, float, float]
    weights: Mapping[int, float]
    habits: Habits

    def attributes(self) -> dict[str, object]:
        """Return what `truth/people.csv` says about the person."""
        names = ("threshold", "sensitivity", "expressiveness", "style", "smiles_in_pain")
        plain = {name: getattr(self, name) for name in names}
        return plain | {"blinks_per_minute": self.habits.blink}


def sample_disposition(
    rng: np.random.Generator, *, stoic: bool | None = None, model: PainModel = PAIN
) -> Disposition:
    """Draw one person's disposition.

    Parameters
    ----------
    stoic : bool, optional
        Whether they hardly show anything; by default that is drawn too.
    """
    drawn = bool(rng.random() < model.stoic_share)
    stoic = drawn if stoic is None else stoic
    style = list(model.styles)[rng.choice(len(model.styles), p=model.style_shares)]
    smiles = bool(rng.random() < model.smile_share)
    weights = {unit: lognormal(rng, 1.0, model.unit_spread) for unit in model.units}
    if smiles:
        weights[12] *= 1.8
    return Disposition(
        threshold=float(np.clip(rng.normal(*model.threshold), 0.0, 0.3)),
        sensitivity=lognormal(rng, 1.0, model.sensitivity_spread),
        expressiveness=min(
            lognormal(rng, *(model.stoic_expressiveness if stoic else model.expressiveness)), 1.6
        ),
        style=style,
        smiles_in_pain=smiles,
        avert_deg=tuple(float(v) for v in rng.normal(0, (5.0, 4.0, 3.0))),  # type: ignore[arg-type]
        weights=MappingProxyType(weights),
        habits=sample_habits(rng),
    )


def react(
    rng: np.random.Generator,
    score: Score,
    person: Disposition,
    stimulus: Stimulus,
    *,
    model: PainModel = PAIN,
) -> np.ndarray:
    """Write one person's reaction to one stimulus into `score`.

    Returns
    -------
    float64 [T]
        What is felt, 0–10.
    """
    felt = _feel(rng, score.time_s, person, stimulus, model)
    shown = person.expressiveness * (felt / 10.0) ** model.show_power
    shown = shown * lognormal(rng, 1.0, model.show_spread)
    if stimulus.kind in _ABRUPT and felt.max(initial=0.0) > 0:
        _startle(rng, score, person, stimulus, model)
    _hold(rng, score, person, shown, model)
    _waves(rng, score, person, stimulus, shown, model)
    return felt


def _feel(
    rng: np.random.Generator,
    time_s: np.ndarray,
    person: Disposition,
    stimulus: Stimulus,
    model: PainModel,
) -> np.ndarray:
    drive = _drive(time_s - model.lag_s[stimulus.kind], stimulus, model)
    drive = drive * (1 + 0.06 * wander(rng, time_s, 1.5))
    above = np.maximum(stimulus.strength * drive - person.threshold, 0.0) / (1 - model.threshold[0])
    trial = lognormal(rng, 1.0, model.trial_spread) * (1 - model.habituation * stimulus.trial)
    return np.clip(model.tolerance * person.sensitivity * trial * above, 0.0, 10.0)


def _drive(time_s: np.ndarray, stimulus: Stimulus, model: PainModel) -> np.ndarray:
    """Return the stimulus's course, 0 to 1: float64 [T]."""
    onset_s, duration_s = stimulus.onset_s, stimulus.duration_s
    if stimulus.kind == "heat":
        hold_s = max(duration_s - 2 * model.ramp_s, 0.1)
        return envelope(time_s, onset_s, model.ramp_s, hold_s, model.ramp_s)
    if stimulus.kind == "movement":
        return envelope(time_s, onset_s, 0.45 * duration_s, 0.15 * duration_s, 0.4 * duration_s)
    course = envelope(time_s, onset_s, 0.1, max(duration_s - 0.3, 0.1), 0.4)
    since = np.maximum(time_s - onset_s, 0.0)
    return course * (1 - model.adaptation * (1 - np.exp(-since / 3.0)))


def _startle(
    rng: np.random.Generator,
    score: Score,
    person: Disposition,
    stimulus: Stimulus,
    model: PainModel,
) -> None:
    """Blink at once, tense the face, jerk the head: over within half a second.

    The startle blink comes 20–120 ms after an abrupt onset (Blumenthal et al.,
    Psychophysiology 42:1, 2005). Even people who show no pain startle.
    """
    if rng.random() > model.startle * stimulus.strength * (1 - 0.5 * stimulus.trial):
        return
    onset_s = stimulus.onset_s + float(rng.uniform(0.03, 0.12))
    add_blink(rng, score, onset_s)
    strength = stimulus.strength * lognormal(rng, 0.5 + 0.5 * min(person.expressiveness, 1), 0.35)
    units = {7: 2.6 * strength, 6: 1.8 * strength, 4: 1.3 * strength, 20: 1.6 * strength}
    if rng.random() < 0.4:
        units[25] = 1.8 * strength
    score.express(rng, units, onset_s=onset_s, rise_s=0.12, hold_s=0.05, fade_s=0.4)
    jerk = envelope(score.time_s, onset_s, 0.12, 0.03, 0.5)[:, None]
    score.pose += strength * jerk * rng.normal((0, 2.5, 0), (2.0, 2.0, 1.0))
    score.offset += strength * jerk * rng.normal((0, 0.015), (0.01, 0.01))


def _hold(
    rng: np.random.Generator, score: Score, person: Disposition, shown: np.ndarray, model: PainModel
) -> None:
    """Keep a part of the expression as long as pain is felt; muscles take their time."""
    shown = _lagging(shown, score.time_s)
    sides = 1 + rng.normal(0, 0.05, 2)
    for unit, how in model.units.items():
        chance = min(how.chance * model.styles[person.style].get(unit, 1.0), 1.0)
        if how.tonic == 0 or rng.random() > chance:
            continue
        level = how.tonic * how.apex * person.weights[unit] * rng.lognormal(0, 0.2)
        curve = level * shown * (1 + 0.2 * wander(rng, score.time_s, 1.0))
        score.add(unit, curve, (sides[0], sides[1]))


def _lagging(curve: np.ndarray, time_s: np.ndarray, lag_s: float = 0.18) -> np.ndarray:
    """Return a curve that follows the given one smoothly: two first-order lags in a row."""
    step_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else lag_s
    since = np.arange(0, 10 * lag_s, step_s)
    weights = since * np.exp(-since / lag_s)
    return np.convolve(curve, weights / max(weights.sum(), 1e-9))[: len(curve)]


def _waves(
    rng: np.random.Generator,
    score: Score,
    person: Disposition,
    stimulus: Stimulus,
    shown: np.ndarray,
    model: PainModel,
) -> None:
    """Waves of expression: the first as pain sets in, others while it lasts."""
    stop_s = stimulus.onset_s + stimulus.duration_s + model.lag_s[stimulus.kind]
    onset_s = _first_wave(rng, score.time_s, stimulus, shown, model)
    height = 1.0
    while onset_s < stop_s:
        rise_s = lognormal(rng, 0.4 if stimulus.kind in _ABRUPT else 0.7, 0.3)
        hold_s, fade_s = lognormal(rng, 0.5, 0.6), lognormal(rng, 1.0, 0.35)
        window = (score.time_s >= onset_s) & (score.time_s <= onset_s + rise_s + hold_s)
        strength = height * float(shown[window].max(initial=0.0))
        if strength > 0.02:
            units = _wave_units(rng, person, strength, model)
            score.express(rng, units, onset_s=onset_s, rise_s=rise_s, hold_s=hold_s, fade_s=fade_s)
            if rng.random() < model.avert:
                course = envelope(score.time_s, onset_s, 1.5 * rise_s, hold_s, 1.5 * fade_s)
                direction = np.asarray(person.avert_deg) + rng.normal(0, 2.0, 3)
                score.pose += min(strength, 1.2) * course[:, None] * direction
        onset_s += rise_s + float(rng.exponential(model.wave_every_s))
        height = float(rng.uniform(0.35, 1.0))


def _first_wave(
    rng: np.random.Generator,
    time_s: np.ndarray,
    stimulus: Stimulus,
    shown: np.ndarray,
    model: PainModel,
) -> float:
    """Return when expression begins: when half of what will be felt is felt."""
    peak = shown.max(initial=0.0)
    if peak == 0:
        return np.inf
    half = time_s[int(np.argmax(shown > 0.5 * peak))]
    return float(half + abs(rng.normal(0, 0.25)) - (0.3 if stimulus.kind == "heat" else 0.0))


def _wave_units(
    rng: np.random.Generator, person: Disposition, strength: float, model: PainModel
) -> dict[int, float]:
    """Draw the units of one wave with their apexes; strong pain recruits more of them."""
    factors = model.styles[person.style]
    units = {}
    for unit, how in model.units.items():
        chance = how.chance * factors.get(unit, 1.0) * min(1.0, 0.45 + strength)
        if unit == 12 and person.smiles_in_pain:
            chance = 0.7
        if rng.random() > chance:
            continue
        apex = how.apex * person.weights[unit] * strength * rng.lognormal(0, 0.25)
        if unit == 43:  # lids close or do not: there is little between
            apex = how.apex * min(1.0, 0.25 + 1.2 * strength)
        units[unit] = min(float(apex), 5.0)
    return units
