"""Classifiers that are quickly fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from painscope.classifiers import SequenceClassifier, make_classifier
from painscope.features import FeatureSequence

CLASSES = ("NP", "LP", "HP")
TRAINED = ("ann-vote", "lstm")
#: Small enough to be fitted many times over.
SMALL: dict[str, dict[str, Any]] = {
    "ann-vote": {"max_epochs": 4},
    "lstm": {"max_epochs": 4},
    "random-forest": {"folds": 2, "grid": {"n_estimators": (10,), "min_samples_leaf": (1,)}},
    "gradient-boosting": {"folds": 2, "grid": {"n_estimators": (10,), "max_features": (1.0,)}},
}
Clips = tuple[list[FeatureSequence], list[str], list[str]]
MakeClips = Callable[..., Clips]


def make(name: str, classes: tuple[str, ...] = CLASSES, **settings: Any) -> SequenceClassifier:
    return make_classifier(name, classes=classes, **{**SMALL.get(name, {}), **settings})


def fit(classifier: SequenceClassifier, clips: Clips, validation: Clips | None = None) -> Any:
    return classifier.fit(clips[0], clips[1], groups=clips[2], validation=validation)
