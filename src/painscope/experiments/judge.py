"""judge: fit the recipe's rows on some people and score them on others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from painscope.classifiers import SequenceClassifier, make_classifier
from painscope.datasets import Dataset
from painscope.errors import UsageError
from painscope.evaluation import (
    Evaluation,
    Fold,
    SegmentCount,
    difference_table,
    evaluate,
    make_folds,
    score_table,
    skill_table,
    submission,
)
from painscope.experiments.facts import SegmentFacts
from painscope.experiments.features import TRUTH, read_features, rows_to_fit
from painscope.experiments.folder import RunFolder
from painscope.experiments.models import model_path
from painscope.experiments.recipe import Recipe, Row
from painscope.experiments.steps import StepProgress
from painscope.features import FeatureSequence, FeatureStore
from painscope.files import memory

if TYPE_CHECKING:
    from painscope.evaluation.loop import Keep

__all__ = ["BASELINES", "Judgement", "judge", "make_the_folds"]

#: They stand beside every result.
BASELINES = ("majority", "chance")

#: Of the features, what a fit may hold at a time: cut, scaled, as a network's batches.
COPIES = 4


@dataclass(frozen=True)
class Judgement:
    """Predictions and what follows from them.

    Attributes
    ----------
    predictions, scores, histories : DataFrame
        See `painscope.evaluation`.
    skill, submission : DataFrame or None
        Share of the oracle's skill, if there is an oracle; labels for unlabelled
        recordings, if there are any.
    differences : DataFrame or None
        Features against each other, under each classifier, if the recipe compares any.
    segments : tuple of SegmentFacts
    example_models : dict of str to dict of str to SequenceClassifier
        By held-out recording and row: a classifier with a timeline that never saw the person.
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    histories: pd.DataFrame
    skill: pd.DataFrame | None
    submission: pd.DataFrame | None
    differences: pd.DataFrame | None
    segments: tuple[SegmentFacts, ...]
    example_models: dict[str, dict[str, SequenceClassifier]] = field(default_factory=dict)


def make_the_folds(recipe: Recipe, target: Dataset) -> list[Fold]:
    """Return the recipe's folds.

    People who only decide when a training stops are set apart if a row needs any.

    Raises
    ------
    LeakageError
        If somebody is in two splits.
    UsageError
        If the protocol does not fit the people, or a row's classifier cannot be made.
    """
    stops = any(_maker(row, target.scheme.classes)(0).stops_early for row in recipe.all_rows)
    return make_folds(recipe.protocol, target.recordings, folds=recipe.folds, validation=stops)


def judge(
    recipe: Recipe,
    target: Dataset,
    stores: Mapping[str, FeatureStore],
    folds: list[Fold],
    folder: RunFolder,
    progress: StepProgress,
    *,
    workers: int | None = None,
    on: str | None = None,
) -> Judgement:
    """Fit, predict and score every row whose features are there; keep the fitted models.

    Parameters
    ----------
    recipe : Recipe
    target : Dataset
        Whose people are classified.
    stores : mapping of str to FeatureStore
        By the features' names.
    folds : list of Fold
        From `make_the_folds`.
    folder : RunFolder
        Gets the fitted models.
    progress : callable
        Called with step, done, total.
    workers, on
        As of `painscope.evaluation.evaluate`; no number of workers means every core, as far as
        the memory goes.

    Raises
    ------
    UsageError
        If every row was left out.
    """
    classes = target.scheme.classes
    models: dict[str, dict[str, SequenceClassifier]] = defaultdict(dict)
    keep = _keeper(folder, folds, models)
    rows = rows_to_fit(recipe, stores)
    if not rows:
        raise UsageError(
            "every row is left out, there is nothing to fit",
            hint="The log says why; give what is missing, or other rows.",
        )
    parts = []
    for number, features in enumerate(dict.fromkeys(row.features for row in rows)):
        makers = {row.label: _maker(row, classes) for row in rows if row.features == features}
        if number == 0:
            makers |= {name: _maker(Row(classifier=name), classes) for name in BASELINES}
        sequences = read_features(recipe, features, stores, target.recordings)
        parts.append(
            evaluate(
                makers,
                sequences,
                folds,
                seeds=range(recipe.seeds),
                segment_frames=recipe.segment_frames,
                workers=workers or _workers(sequences),
                on=on,
                keep=keep,
                progress=partial(progress, f"classifiers on {features}"),
            )
        )
    predictions = _predictions(parts, target, recipe)
    oracle = next((row.label for row in rows if row.features == TRUTH), None)
    return Judgement(
        predictions=predictions,
        scores=score_table(
            predictions,
            classes,
            dataset=target.name,
            protocol=recipe.protocol,
            resamples=recipe.bootstrap,
        ),
        histories=pd.concat([part.histories for part in parts], ignore_index=True),
        skill=None
        if oracle is None
        else skill_table(predictions, classes, oracle=oracle, resamples=recipe.bootstrap),
        submission=submission(predictions, classes),
        differences=_differences(recipe, predictions, classes),
        segments=_segments(parts[0].segments),
        example_models=models,
    )


def _maker(row: Row, classes: tuple[str, ...]) -> Callable[[int], SequenceClassifier]:
    return lambda seed: make_classifier(row.classifier, classes=classes, seed=seed, **row.settings)


def _differences(
    recipe: Recipe, predictions: pd.DataFrame, classes: tuple[str, ...]
) -> pd.DataFrame | None:
    there = set(predictions["classifier"])
    pairs = [
        (recipe.crossed(one, kind).label, recipe.crossed(other, kind).label)
        for one, other in recipe.pairs
        for kind in recipe.cross.classifiers
    ]
    pairs = [pair for pair in pairs if set(pair) <= there]
    if not pairs:
        return None
    return difference_table(predictions, classes, pairs, resamples=recipe.bootstrap)


def _workers(sequences: Mapping[str, FeatureSequence]) -> int:
    """Return how many cores there are, or fewer where each fit's copies fill the memory."""
    from joblib import cpu_count

    size = sum(sequence.values.nbytes for sequence in sequences.values())
    there = memory()
    if there is None:
        return cpu_count()
    return max(1, min(cpu_count(), there // (COPIES * max(size, 1))))


def _keeper(
    folder: RunFolder, folds: list[Fold], models: dict[str, dict[str, SequenceClassifier]]
) -> Keep:
    """Save fitted classifiers: every seed of one fold, or the first seed of many folds."""
    held_out = {
        fold.name: [r.id for r in (*fold.test, *(fold.validation if len(folds) == 1 else ()))]
        for fold in folds
    }

    def keep(name: str, fold: str, seed: int, classifier: SequenceClassifier) -> None:
        if seed > 0 and len(folds) > 1:
            return
        classifier.save(model_path(folder, name, fold, seed))
        if seed == 0 and classifier.has_timeline:
            for recording in held_out[fold]:
                models[recording][name] = classifier

    return keep


def _predictions(parts: Iterable[Evaluation], target: Dataset, recipe: Recipe) -> pd.DataFrame:
    table = pd.concat([part.predictions for part in parts], ignore_index=True)
    table.insert(0, "dataset", target.name)
    table.insert(1, "protocol", recipe.protocol)
    return table


def _segments(counts: Iterable[SegmentCount]) -> tuple[SegmentFacts, ...]:
    """Sum the folds' counts per part."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for count in counts:
        for place, number in enumerate((count.recordings, count.segments, count.short)):
            totals[count.part][place] += number
    return tuple(
        SegmentFacts(split=part, recordings=recordings, segments=segments, short=short)
        for part, (recordings, segments, short) in totals.items()
    )
