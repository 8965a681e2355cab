"""What a run leaves for its report: facts, status of the recordings, and examples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import pandas as pd

from painscope import __version__
from painscope.datasets import Dataset
from painscope.experiments.examples import choose_examples, timelines, write_example
from painscope.experiments.facts import (
    ClassCount,
    ClassifierFacts,
    DatasetFacts,
    FeatureFacts,
    NetworkFacts,
    RunFacts,
)
from painscope.experiments.features import (
    BLENDSHAPES,
    TRUTH,
    Available,
    read_features,
    rows_to_fit,
)
from painscope.experiments.folder import RunFolder
from painscope.experiments.judge import Judgement
from painscope.experiments.recipe import Recipe, Row
from painscope.face import Locator
from painscope.features import FeatureStore
from painscope.networks import Checkpoint

__all__ = ["dataset_facts", "tell"]

#: Names that people read.
TITLES = {
    "ann-vote": "Simple ANN + voting",
    "lstm": "LSTM",
    "mean-logistic": "Logistic regression on the mean",
    "statistics-logistic": "Logistic regression on statistics",
    "logistic-regression": "Logistic regression",
    "linear-svm": "Linear SVM",
    "rbf-svm": "RBF SVM",
    "k-nearest-neighbours": "k nearest neighbours",
    "naive-bayes": "Naive Bayes",
    "random-forest": "Random forest",
    "gradient-boosting": "Gradient boosting",
    "late-fusion": "Late fusion",
    "majority": "Majority class",
    "chance": "Stratified chance",
}


def tell(
    folder: RunFolder,
    recipe: Recipe,
    source: Dataset | None,
    target: Dataset,
    checkpoint: Checkpoint | None,
    available: Available,
    stores: Mapping[str, FeatureStore],
    locator: Locator,
    judgement: Judgement,
) -> RunFacts:
    """Write tables and examples into the folder; return the facts for ``run.json``."""
    folder.write_table("predictions", judgement.predictions)
    folder.write_table("scores", judgement.scores)
    folder.write_table("histories", judgement.histories)
    if judgement.skill is not None:
        folder.write_table("skill", judgement.skill)
    if judgement.submission is not None:
        folder.write_table("submission", judgement.submission)
    if judgement.differences is not None:
        folder.write_table("differences", judgement.differences)
    folder.write_table("status", _status(target, stores))
    _write_examples(folder, recipe, target, stores, locator, judgement)
    rows = rows_to_fit(recipe, available.extractors)
    read = [(source, "source"), (target, "target")]
    return RunFacts(
        version=__version__,
        command=str(folder.environment["command"]),
        started=datetime.now(UTC),
        classes=target.scheme.classes,
        datasets=tuple(dataset_facts(d, role) for d, role in read if d is not None),
        classifiers=(
            *(_row(row, recipe) for row in rows),
            *map(_baseline, ("majority", "chance")),
        ),
        source_network=None
        if checkpoint is None
        else NetworkFacts(card=checkpoint.card.model_dump(mode="json"), sha256=checkpoint.sha256),
        features=tuple(
            FeatureFacts(name=name, digest=store.digest, provenance=store.provenance)
            for name, store in stores.items()
        ),
        segments=judgement.segments,
        left_out=available.left_out,
    )


def dataset_facts(dataset: Dataset, role: str) -> DatasetFacts:
    """Count a dataset's people and recordings."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    people: dict[tuple[str | None, str | None], set[str]] = defaultdict(set)
    for recording in dataset.recordings:
        key = (recording.split, recording.label)
        counts[key] += 1
        people[key].add(recording.subject)
    return DatasetFacts(
        name=dataset.name,
        title=dataset.title,
        citation=dataset.citation,
        licence=dataset.licence,
        virtual=dataset.virtual,
        role=role,
        n_subjects=len(dataset.subjects),
        n_recordings=len(dataset.recordings),
        counts=tuple(
            ClassCount(split=split, label=label, subjects=len(people[split, label]), recordings=n)
            for (split, label), n in counts.items()
        ),
    )


def _row(row: Row, recipe: Recipe) -> ClassifierFacts:
    title = TITLES.get(row.classifier, row.classifier)
    role: Literal["model", "peer", "oracle"] = "model"
    if row.features in {*recipe.features, *recipe.cross.features}:
        title = f"{title} on {row.features}"
    elif row.features == TRUTH:
        title, role = "Oracle: true action units", "oracle"
    elif row.features == BLENDSHAPES:
        title, role = "MediaPipe blendshapes", "peer"
    elif row.features != "source-network":
        title, role = f"{title} on {row.features}", "peer"
    return ClassifierFacts(name=row.label, title=title, role=role, features=row.features)


def _baseline(name: str) -> ClassifierFacts:
    return ClassifierFacts(name=name, title=TITLES[name], role="baseline")


def _status(target: Dataset, stores: Mapping[str, FeatureStore]) -> pd.DataFrame:
    """Return what became of every recording, by the features that needed its face."""
    who = pd.DataFrame(
        [(r.id, r.subject, r.split, r.label) for r in target.recordings],
        columns=["recording", "subject", "split", "label"],
    )
    seen = [store for name, store in stores.items() if name != TRUTH] or list(stores.values())
    return who.merge(seen[0].status, on="recording", how="left")


def _write_examples(
    folder: RunFolder,
    recipe: Recipe,
    target: Dataset,
    stores: Mapping[str, FeatureStore],
    locator: Locator,
    judgement: Judgement,
) -> None:
    features = {row.label: row.features for row in rows_to_fit(recipe, stores)}
    held_out = [
        recording for recording in target.recordings if recording.id in judgement.example_models
    ]
    for recording in choose_examples(held_out, target.scheme.classes):
        models = judgement.example_models[recording.id]
        read = {name: read_features(recipe, features[name], stores, [recording]) for name in models}
        if not all(read.values()):
            continue
        sequences = {
            name: found[recording.id].cut(0, recipe.segment_frames) for name, found in read.items()
        }
        frames = timelines(models, sequences)
        if len(frames):
            write_example(folder.examples, recording, frames, locator, recipe.face)
