from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from inspect import isabstract

import pytest

from painscope.classifiers import CLASSIFIERS, SequenceClassifier, make_classifier
from painscope.errors import UsageError


def test_every_classifier_is_listed_under_a_name_of_its_own() -> None:
    def kinds(parent: type) -> Iterator[type]:
        for kind in parent.__subclasses__():
            yield kind
            yield from kinds(kind)

    assert {"ann-vote", "lstm", "mean-logistic", "majority", "chance"} <= set(CLASSIFIERS)
    there = {kind for kind in kinds(SequenceClassifier) if not isabstract(kind)}
    assert set(CLASSIFIERS.values()) == {k for k in there if k.__module__.startswith("painscope.")}


def test_settings_reach_the_classifier() -> None:
    classifier = make_classifier("ann-vote", classes=["a", "b"], seed=3, frames_per_clip=4)
    assert classifier.get_params() == {
        "classes": ("a", "b"),
        "seed": 3,
        "dropout": 0.3,
        "learning_rate": 0.001,
        "batch_size": 32,
        "frames_per_clip": 4,
        "max_epochs": 100,
        "patience": 5,
    }


def test_unknown_names_and_settings_are_refused() -> None:
    with pytest.raises(UsageError, match=r"unknown classifier 'lstn'\. Did you mean lstm\?"):
        make_classifier("lstn", classes=("a", "b"))
    with pytest.raises(UsageError, match=r"'lstm' has no setting 'depth'\. It has: batch_size"):
        make_classifier("lstm", classes=("a", "b"), depth=3)
    with pytest.raises(UsageError, match="It has none"):
        make_classifier("majority", classes=("a", "b"), depth=3)


def test_importing_the_room_does_not_import_torch() -> None:
    code = "import sys, painscope.classifiers.registry; print('torch' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
