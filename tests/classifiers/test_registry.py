from __future__ import annotations

import subprocess
import sys

import pytest

from painscope.classifiers import CLASSIFIERS, make_classifier
from painscope.errors import UsageError


def test_names_are_those_of_the_classes() -> None:
    assert {"ann-vote", "lstm", "mean-logistic", "majority", "chance"} <= set(CLASSIFIERS)
    assert all(kind.name == name for name, kind in CLASSIFIERS.items())


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


def test_the_lstm_s_defaults_are_the_paper_s() -> None:
    settings = make_classifier("lstm", classes=("a", "b")).get_params()
    assert (settings["learning_rate"], settings["batch_size"]) == (1.0, 32)
    assert (settings["max_epochs"], settings["patience"], settings["dropout"]) == (100, 5, 0.3)


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
