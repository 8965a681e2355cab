"""Emotions: their own units, varied, and neutral for none."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.virtual.dynamics import Score, generator
from painscope.virtual.emotions import EMOTIONS, feel
from painscope.virtual.motion import ACTION_UNITS, FaceMotion


def show(emotion: str, seed: int) -> FaceMotion:
    score = Score(np.array([1.0]))
    feel(generator("emotion", seed), score, emotion)
    return score.motion()


def test_the_eight_classes_of_the_emotion_network() -> None:
    # AffectNet's numbering is their order.
    names = "neutral happiness sadness surprise fear disgust anger contempt"
    assert list(EMOTIONS) == names.split()


@pytest.mark.parametrize("emotion", [name for name in EMOTIONS if name != "neutral"])
def test_core_units_are_shown_and_vary(emotion: str) -> None:
    shown = np.array([show(emotion, seed).action_units[0].max(axis=1) for seed in range(60)])
    core = [ACTION_UNITS.index(unit) for unit in EMOTIONS[emotion].core]
    absent = [
        k
        for k, unit in enumerate(ACTION_UNITS)
        if unit not in EMOTIONS[emotion].core and unit not in EMOTIONS[emotion].optional
    ]
    assert (shown[:, core] > 0.3).mean() > 0.85
    assert shown[:, core].std(axis=0).min() > 0.2
    assert not shown[:, absent].any()


def test_neutral_does_nothing() -> None:
    assert not show("neutral", 1).action_units.any()


def test_contempt_is_one_sided() -> None:
    def lean(emotion: str, unit: int) -> float:
        units = [show(emotion, k).action_units[0, ACTION_UNITS.index(unit)] for k in range(60)]
        return float(np.mean([abs(left - right) / (left + right + 1e-6) for left, right in units]))

    assert lean("contempt", 14) > 0.3 > 4 * lean("happiness", 12)
