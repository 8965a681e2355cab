"""The leakage test: labels of training people shuffled, nothing can be known of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.makers import shuffled
from tests.sequences import make_sequence

from painscope.classifiers import CLASSIFIERS, make_classifier
from painscope.evaluation import Fold, evaluate
from painscope.features import FeatureSequence, join_sequences
from painscope.recording import Recording

CLASSES = ("no", "yes")
LOOKING = [name for name in CLASSIFIERS if name not in ("majority", "chance")]
#: Small enough to be fitted many times over; all others search as they always do, in two folds.
SMALL: dict[str, dict[str, Any]] = {
    "ann-vote": {"max_epochs": 3},
    "lstm": {"max_epochs": 3},
    "mean-logistic": {},
    "statistics-logistic": {},
    "late-fusion": {"settings": {"folds": 2}},
    "random-forest": {"folds": 2, "grid": {"n_estimators": (10,)}},
    "gradient-boosting": {"folds": 2, "grid": {"n_estimators": (10,), "max_features": (1.0,)}},
}
PEOPLE, CLIPS, REPEATS = 9, 8, 4

Data = tuple[list[Recording], dict[str, FeatureSequence]]


@pytest.mark.parametrize("joined", [False, True], ids=["alone", "joined"])
@pytest.mark.parametrize("name", LOOKING)
class TestEveryWayFromFeaturesToScores:
    def test_shuffled_training_labels_bring_chance(self, name: str, joined: bool) -> None:
        """Every shuffle is fitted with its mirror image too, each with a seed of its own.

        Shuffled labels go with the true ones a little by accident, and a network hardly
        trained leans by its first weights: either may turn a single fit far to one side, alike
        in all folds. What a shuffle learns by accident its mirror image learns reversed.
        """
        areas = []
        for repeat in range(REPEATS):
            recordings, sequences = _data(repeat, joined)
            train, test = _halves(recordings, repeat)
            mixed = shuffled(train, np.random.default_rng(100 + repeat))
            areas.append(
                [
                    _area(name, part, test, sequences, seed=2 * repeat + k)
                    for k, part in enumerate((mixed, _mirrored(mixed)))
                ]
            )
        means = np.mean(areas, axis=1)
        error = means.std(ddof=1) / np.sqrt(REPEATS)
        assert abs(means.mean() - 0.5) < max(3 * error, 0.1), areas

    def test_true_labels_are_learned(self, name: str, joined: bool) -> None:
        """So that chance above is not all that these classifiers can do here."""
        recordings, sequences = _data(0, joined)
        train, test = _halves(recordings, 0)
        longer = {"max_epochs": 40} if name in ("ann-vote", "lstm") else {}
        assert _area(name, train, test, sequences, seed=0, **longer) > 0.75


def _data(seed: int, joined: bool) -> Data:
    """People with a look of their own, whose label shows in the first column."""
    rng = np.random.default_rng(seed)
    recordings, sequences = [], {}
    for person in range(PEOPLE):
        look = rng.normal(scale=3, size=6) * [0, 1, 1, 1, 1, 1]
        for k in range(CLIPS):
            one = Recording(
                f"p{person}-{k}", f"p{person}", CLASSES[k % 2], None, Path("unread.mp4")
            )
            values = look + rng.normal(size=(12, 6)) + [2.0 * (k % 2), 0, 0, 0, 0, 0]
            clip = make_sequence(one.id, values)
            if joined:
                clip = join_sequences(
                    {"few": clip, "deep": make_sequence(one.id, rng.normal(size=(12, 40)))}
                )
            recordings.append(one)
            sequences[one.id] = clip
    return recordings, sequences


def _halves(recordings: list[Recording], seed: int) -> tuple[list[Recording], list[Recording]]:
    people = np.random.default_rng(seed).permutation(PEOPLE)[: PEOPLE // 3]
    tested = {f"p{person}" for person in people}
    return (
        [r for r in recordings if r.subject not in tested],
        [r for r in recordings if r.subject in tested],
    )


def _mirrored(recordings: Sequence[Recording]) -> list[Recording]:
    other = dict(zip(CLASSES, reversed(CLASSES), strict=True))
    return [replace(r, label=other[str(r.label)]) for r in recordings]


def _area(
    name: str,
    train: Sequence[Recording],
    test: list[Recording],
    sequences: dict[str, FeatureSequence],
    seed: int,
    **settings: Any,
) -> float:
    """Return the area under the ROC curve of the tested people's clips."""
    wanted = SMALL.get(name, {"folds": 2}) | settings
    found = evaluate(
        {
            name: lambda s: make_classifier(name, classes=CLASSES, seed=s, **wanted),
        },
        sequences,
        [Fold("fold", tuple(train), (), tuple(test))],
        seeds=[seed],
        segment_frames=12,
    ).predictions
    told, true = found["p_yes"].to_numpy(), (found["true_label"] == "yes").to_numpy()
    more = told[true][:, None] - told[~true][None]
    return float(((more > 0) + 0.5 * (more == 0)).mean())
