"""What a run leaves for its report: facts, status of the recordings, and examples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from painscope import __version__
from painscope.classifiers import CLASSIFIERS
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
from painscope.experiments.judge import BASELINES, Judgement
from painscope.experiments.recipe import RANDOM, SOURCE, Recipe, Row
from painscope.experiments.steps import Steps
from painscope.face import Locator
from painscope.features import FeatureStore
from painscope.networks import Checkpoint

__all__ = ["dataset_facts", "network_facts", "tell"]


def tell(
    steps: Steps,
    recipe: Recipe,
    source: Dataset | None,
    target: Dataset,
    checkpoint: Checkpoint | None,
    available: Available,
    stores: Mapping[str, FeatureStore],
    locator: Locator,
    judgement: Judgement,
) -> RunFacts:
    """Write tables and examples into the run's folder.

    Parameters
    ----------
    steps : Steps
    recipe : Recipe
    source : Dataset, optional
        What the source network learned from, if it was trained here.
    target : Dataset
        Whose people were classified.
    checkpoint : Checkpoint, optional
        The source network, if a row reads one.
    available : Available
    stores : mapping of str to FeatureStore
        By the features' names.
    locator : Locator
        Finds the faces of the examples.
    judgement : Judgement

    Returns
    -------
    RunFacts
        For ``run.json``; the steps' times are still to come.
    """
    folder = steps.folder
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
    cards, tested = available.cards, set(judgement.predictions["subject"])
    read = [(source, "source"), (target, "target")]
    return RunFacts(
        version=__version__,
        command=str(folder.environment["command"]),
        started=steps.started,
        classes=target.scheme.classes,
        datasets=tuple(dataset_facts(d, role) for d, role in read if d is not None),
        classifiers=(*_rows(rows, recipe), *map(_baseline, BASELINES)),
        source_network=None if checkpoint is None else network_facts(checkpoint),
        features=tuple(
            FeatureFacts(
                name=name,
                digest=store.digest,
                provenance=store.provenance,
                virtual=cards[name].virtual if name in cards else (),
                namesakes=cards[name].namesakes(target.population, tested) if name in cards else {},
            )
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
        people_known=dataset.people_known,
        n_subjects=len(dataset.subjects),
        n_recordings=len(dataset.recordings),
        counts=tuple(
            ClassCount(split=split, label=label, subjects=len(people[split, label]), recordings=n)
            for (split, label), n in counts.items()
        ),
    )


def network_facts(network: Checkpoint) -> NetworkFacts:
    """Return what a network's card says, and what its weights are."""
    card = network.card
    return NetworkFacts(
        card=card.model_dump(mode="json"), sha256=network.sha256, virtual=card.virtual
    )


def _rows(rows: Sequence[Row], recipe: Recipe) -> list[ClassifierFacts]:
    """Return what the rows are called; those that would be called alike, with their classifier."""
    told = [_row(row, recipe) for row in rows]
    titles = Counter(facts.title for facts in told)
    for place, (facts, row) in enumerate(zip(told, rows, strict=True)):
        if titles[facts.title] > 1:
            title = f"{facts.title} ({CLASSIFIERS[row.classifier].title})"
            told[place] = facts.model_copy(update={"title": title})
    return told


def _row(row: Row, recipe: Recipe) -> ClassifierFacts:
    title = CLASSIFIERS[row.classifier].title
    role: Literal["model", "peer", "oracle"] = "model"
    if row.features in {*recipe.features, *recipe.cross.features}:
        title = f"{title} on {row.features}"
    elif row.features == TRUTH:
        title, role = "Oracle: true action units", "oracle"
    elif row.features == BLENDSHAPES:
        title, role = "MediaPipe blendshapes", "peer"
    elif row.features == RANDOM:
        title = f"{title} on a network never trained"
    elif row.features != SOURCE:
        title, role = f"{title} on {row.features}", "peer"
    return ClassifierFacts(name=row.label, title=title, role=role, features=row.features)


def _baseline(name: str) -> ClassifierFacts:
    return ClassifierFacts(name=name, title=CLASSIFIERS[name].title, role="baseline")


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
    chosen = choose_examples(held_out, target.scheme.classes)
    kinds = {features[name] for one in chosen for name in judgement.example_models[one.id]}
    read = {kind: read_features(recipe, kind, stores, chosen) for kind in kinds}
    for recording in chosen:
        models = judgement.example_models[recording.id]
        found = {name: read[features[name]].get(recording.id) for name in models}
        sequences = {
            name: sequence.cut(0, recipe.segment_frames)
            for name, sequence in found.items()
            if sequence is not None
        }
        if len(sequences) < len(models):
            continue
        frames = timelines(models, sequences)
        if len(frames):
            write_example(folder.examples, recording, frames, locator, recipe.face)
