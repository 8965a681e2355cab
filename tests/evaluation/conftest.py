"""Made-up people, their recordings, features, pictures and predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.evaluation.colours import COLOURS
from tests.sequences import make_sequence

from painscope.features import FeatureSequence
from painscope.recording import Recording
from painscope.training import FrameSet, Question

CLASSES = ("NP", "LP", "HP")
NAMES = ("brow", "lid", "lip", "nose")


def make_recordings(
    people: int = 8,
    *,
    each: int = 2,
    classes: Sequence[str] = CLASSES,
    splits: Sequence[str | None] = (None,),
) -> list[Recording]:
    """Return `each` clips per class of every person; person k is in split ``splits[k % …]``."""
    return [
        Recording(
            f"p{person:02}-{label}-{take}",
            f"p{person:02}",
            label,
            splits[person % len(splits)],  # type: ignore[arg-type]
            Path("unread.mp4"),
        )
        for person in range(people)
        for label in classes
        for take in range(each)
    ]


def tell_tale(
    recording: Recording, *, frames: int = 20, signal: float = 2.0, seed: int = 0
) -> FeatureSequence:
    """Return features that tell the class (`signal` deviations apart) and the person."""
    rng = np.random.default_rng([seed, *recording.id.encode()])
    person = np.random.default_rng([seed, *recording.subject.encode()]).normal(size=len(NAMES))
    values = person + rng.normal(size=(frames, len(NAMES)))
    if recording.label is not None:
        values[:, CLASSES.index(recording.label)] += signal
    return make_sequence(recording.id, values, NAMES)


def without_label(recording: Recording) -> Recording:
    return replace(recording, label=None)


def make_predictions(
    rng: np.random.Generator,
    people: int,
    each: int,
    *,
    classes: Sequence[str] = CLASSES,
    seeds: int = 1,
    sharp: float = 1.0,
    true: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return predictions of a system that is the better, the higher `sharp` is."""
    if true is None:
        true = rng.choice(classes, people * each).tolist()
    tables = []
    for seed in range(seeds):
        logits = rng.normal(size=(people * each, len(classes)))
        logits[np.arange(people * each), [classes.index(label) for label in true]] += sharp
        proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        tables.append(
            pd.DataFrame(
                {
                    "recording": [f"r{k}" for k in range(people * each)],
                    "subject": [f"s{k // each}" for k in range(people * each)],
                    "split": "test",
                    "seed": seed,
                    "classifier": "made-up",
                    "true_label": true,
                    "predicted_label": [classes[k] for k in proba.argmax(axis=1)],
                    **{f"p_{name}": proba[:, k] for k, name in enumerate(classes)},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


@pytest.fixture
def recordings() -> list[Recording]:
    return make_recordings()


@pytest.fixture
def predict() -> Callable[..., pd.DataFrame]:
    return make_predictions


@pytest.fixture
def people() -> Callable[..., list[Recording]]:
    return make_recordings


@pytest.fixture
def sequence() -> Callable[..., FeatureSequence]:
    return tell_tale


@pytest.fixture
def unlabelled() -> Callable[[Recording], Recording]:
    return without_label


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., FrameSet]:
    """A function that draws coloured noise, two frames of each class per person."""
    root = tmp_path_factory.mktemp("colours")

    def build(
        people: range, classes: tuple[str, ...] = tuple(COLOURS), noise: float = 40
    ) -> FrameSet:
        paths, recordings = [], []
        for person in people:
            rng = np.random.default_rng(person)
            for label, colour in zip(classes, COLOURS.values(), strict=False):
                recording = Recording(f"p{person}-{label}", f"p{person}", label, None, Path("x"))
                recordings.append(recording)
                for k in range(2):
                    path = root / recording.id / f"{k:06d}.jpg"
                    path.parent.mkdir(exist_ok=True)
                    picture = np.array(colour) + rng.normal(0, noise, (32, 32, 3))
                    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)
                    paths.append(path)
        clip = np.repeat(np.arange(len(recordings)), 2)
        target = np.array([classes.index(str(recordings[k].label)) for k in clip])
        return FrameSet(tuple(paths), clip, target, tuple(recordings), classes)

    return build


@pytest.fixture(scope="session")
def question(frames) -> Question:
    parts = (frames(range(8)), frames(range(8, 11)), frames(range(11, 18)))
    return Question("colours", tuple(COLOURS), *parts, crop={}, settings={})
