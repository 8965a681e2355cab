"""Makers of classifiers, and people whose labels are mixed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from painscope.classifiers import SequenceClassifier, make_classifier
from painscope.recording import Recording

CLASSES = ("NP", "LP", "HP")


def maker(name: str, **settings: object) -> Callable[[int], SequenceClassifier]:
    """Return a function that makes the classifier of a seed."""
    return lambda seed: make_classifier(name, classes=CLASSES, seed=seed, **settings)


def shuffled(recordings: Iterable[Recording], rng: np.random.Generator) -> tuple[Recording, ...]:
    """Shuffle labels within each person, so that everybody keeps as many of each."""
    people: dict[str, list[Recording]] = {}
    for recording in recordings:
        people.setdefault(recording.subject, []).append(recording)
    mixed: list[Recording] = []
    for own in people.values():
        labels = rng.permutation([r.label for r in own])
        mixed += [replace(r, label=str(label)) for r, label in zip(own, labels, strict=True)]
    return tuple(mixed)
