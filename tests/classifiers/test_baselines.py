from __future__ import annotations

from collections.abc import Callable

import numpy as np

from painscope.classifiers import make_classifier
from painscope.features import FeatureSequence

CLASSES = ("NP", "LP", "HP")


def test_majority_is_the_most_frequent_class(make_clips: Callable[..., tuple]) -> None:
    sequences, labels, groups = make_clips(4, 1, labels=("NP", "HP", "HP", "LP"))
    majority = make_classifier("majority", classes=CLASSES).fit(sequences, labels, groups=groups)
    assert set(majority.predict(sequences)) == {"HP"}
    np.testing.assert_allclose(majority.predict_proba(sequences[:1]), [[0.25, 0.25, 0.5]])


def test_of_equals_the_lesser_pain(make_clips: Callable[..., tuple]) -> None:
    sequences, labels, groups = make_clips(4, 1, labels=("HP", "LP"))
    majority = make_classifier("majority", classes=CLASSES).fit(sequences, labels, groups=groups)
    assert set(majority.predict(sequences)) == {"LP"}


def test_chance_answers_as_often_as_the_classes_occur(
    make_clips: Callable[..., tuple], make_sequence: Callable[..., FeatureSequence]
) -> None:
    sequences, labels, groups = make_clips(4, 1, labels=("NP", "HP", "HP", "HP"))
    chance = make_classifier("chance", classes=CLASSES, seed=1)
    chance.fit(sequences, labels, groups=groups)
    values = np.zeros((1, 8), np.float32)
    many = [make_sequence(f"r{k}", values) for k in range(2000)]
    shares = chance.predict_proba(many).mean(axis=0)
    np.testing.assert_allclose(shares, [0.25, 0, 0.75], atol=0.04)


def test_chance_does_not_hang_on_the_company(make_clips: Callable[..., tuple]) -> None:
    sequences, labels, groups = make_clips()
    chance = make_classifier("chance", classes=CLASSES, seed=1)
    chance.fit(sequences, labels, groups=groups)
    together = chance.predict(sequences)
    assert [chance.predict([each])[0] for each in sequences[::-1]] == list(together[::-1])
