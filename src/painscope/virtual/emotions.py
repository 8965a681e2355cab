"""Eight emotions as prototypes of action units, with the variation faces have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from painscope.virtual.dynamics import Score, lognormal

__all__ = ["EMOTIONS", "Prototype", "feel"]


@dataclass(frozen=True)
class Prototype:
    """One emotion's expression.

    Attributes
    ----------
    core : mapping of int to float
        Units that are nearly always there, with their apex (0–5) at full strength.
    optional : mapping of int to (float, float)
        Units that may join: chance and apex.
    lopsided : float
        Standard deviation of the relative difference between the sides.
    """

    core: Mapping[int, float]
    optional: Mapping[int, tuple[float, float]]
    lopsided: float = 0.1


#: Prototypes and major variants after EMFACS (Ekman and Friesen, 1983; Ekman, Friesen and
#: Hager, FACS Investigator's Guide, 2002). Intensities and chances are chosen.
EMOTIONS: Mapping[str, Prototype] = MappingProxyType(
    {
        "neutral": Prototype({}, {}),
        "happiness": Prototype(
            {12: 3.6, 6: 2.8}, {25: (0.6, 2.4), 26: (0.2, 1.6), 7: (0.25, 1.6), 10: (0.05, 1.0)}
        ),
        "sadness": Prototype(
            {1: 3.2, 4: 2.4, 15: 3.0},
            {17: (0.6, 2.4), 7: (0.25, 1.5), 6: (0.15, 1.5), 43: (0.12, 2.5), 25: (0.1, 1.2)},
        ),
        "surprise": Prototype(
            {1: 3.6, 2: 3.6, 5: 2.8, 25: 3.0, 26: 3.2}, {27: (0.35, 3.2), 4: (0.05, 1.0)}
        ),
        "fear": Prototype(
            {1: 3.4, 2: 2.2, 4: 2.6, 5: 3.2, 20: 3.0},
            {25: (0.75, 2.6), 26: (0.5, 2.2), 7: (0.4, 1.8), 27: (0.08, 2.0)},
        ),
        "disgust": Prototype(
            {9: 3.2, 10: 2.8},
            {17: (0.5, 2.2), 4: (0.5, 2.0), 7: (0.45, 2.0), 15: (0.35, 2.0), 25: (0.35, 2.0)},
        ),
        "anger": Prototype(
            {4: 3.6, 7: 2.8, 5: 2.0},
            {23: (0.6, 3.0), 24: (0.5, 3.0), 17: (0.35, 2.0), 10: (0.25, 2.0), 25: (0.15, 2.2)},
        ),
        "contempt": Prototype(
            {14: 3.2, 12: 1.2}, {10: (0.25, 1.4), 17: (0.15, 1.2), 7: (0.1, 1.0)}, lopsided=1.4
        ),
    }
)


def feel(rng: np.random.Generator, score: Score, emotion: str, *, onset_s: float = 0.0) -> float:
    """Write one expression of `emotion` into `score`; it lasts beyond the last frame.

    Returns
    -------
    float
        Its strength: 1 is full, most are weaker; 0 for neutral.
    """
    prototype = EMOTIONS[emotion]
    if not prototype.core:
        return 0.0
    strength = float(np.clip(lognormal(rng, 0.85, 0.3), 0.3, 1.4))
    units = {
        unit: apex for unit, apex in prototype.core.items() if rng.random() > 0.06 / strength
    } | {unit: apex for unit, (chance, apex) in prototype.optional.items() if rng.random() < chance}
    apexes = {
        unit: float(np.clip(apex * strength * rng.lognormal(0, 0.2), 0, 5))
        for unit, apex in units.items()
    }
    asymmetry = prototype.lopsided
    score.express(
        rng,
        apexes,
        onset_s=onset_s,
        rise_s=0.5,
        hold_s=max(score.stop_s - onset_s, 0) + 10,
        fade_s=1.0,
        asymmetry=asymmetry,
    )
    return strength
