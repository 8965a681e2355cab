from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.sequences import make_sequence

from painscope.features import FeatureSequence

CLASSES = ("NP", "LP", "HP")


@pytest.fixture(scope="session")
def make_clips() -> Callable[..., tuple[list[FeatureSequence], list[str], list[str]]]:
    """A function that makes labelled clips whose level of pain shows in a rise over time."""
    return clips


@pytest.fixture(scope="session", name="make_sequence")
def sequence_maker() -> Callable[..., FeatureSequence]:
    """A function that makes a sequence of an id and values [T, D]."""
    return make_sequence


def clips(
    people: int = 6,
    per_class: int = 3,
    *,
    frames: int = 20,
    features: int = 8,
    classes: tuple[str, ...] = CLASSES,
    labels: tuple[str, ...] | None = None,
    prefix: str = "p",
    seed: int = 0,
) -> tuple[list[FeatureSequence], list[str], list[str]]:
    """Return sequences, labels and groups: feature 0 rises with the class, the rest is noise."""
    rng = np.random.default_rng(seed)
    names = tuple(f"f{k}" for k in range(features))
    sequences, given, groups = [], [], []
    for person in range(people):
        for place, label in enumerate(labels or classes):
            for repeat in range(per_class):
                values = rng.normal(scale=0.3, size=(frames, features)).astype(np.float32)
                values[:, 0] += 2 * classes.index(label) * np.linspace(0, 1, frames)
                name = f"{prefix}{person}-{place}-{label}-{repeat}"
                sequences.append(make_sequence(name, values, names))
                given.append(label)
                groups.append(f"{prefix}{person}")
    return sequences, given, groups
