"""Going back: what a network fine-tuned to pain still knows about emotions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from painscope.errors import LeakageError, UsageError
from painscope.evaluation.bootstrap import RESAMPLES, Counts, estimate, resample
from painscope.evaluation.frames import (
    answers,
    by_frame,
    frame_features,
    predict_frames,
    refuse_seen,
)
from painscope.evaluation.scoring import score_table

if TYPE_CHECKING:
    from painscope.networks import Checkpoint
    from painscope.training import OutputLayer, Question

__all__ = ["BEFORE", "OWN", "GoingBack", "go_back"]

#: The network before fine-tuning, with an output layer fitted anew as all others' are; and
#: the same with the output layer it was trained with.
BEFORE, OWN = "emotion", "emotion, own layer"

_METRICS = (("accuracy", None), ("balanced_accuracy", None), ("macro_f1", None))


@dataclass(frozen=True)
class GoingBack:
    """What each stage's representation is worth for the question before pain.

    Attributes
    ----------
    predictions : DataFrame
        ``stage``, ``seed``, then as of `painscope.evaluation.answers`. Beside the stages
        there are `BEFORE`, and `OWN` with one seed.
    scores : DataFrame
        As `painscope.evaluation.score_table` makes them of the predictions, ``stage`` in the
        classifier's place: accuracy, recall of every class and so on, means over seeds with
        95 % intervals over subjects.
    changes : DataFrame
        ``stage``, ``metric`` (accuracy, balanced_accuracy, macro_f1, recall), ``class``
        (empty for the whole), ``before``, ``after``, ``value`` (after − before) with ``low``
        and ``high``: 95 %, the same people drawn for both.
    flipped : DataFrame
        The samples that were right before and are wrong now, by the mean logits of all
        seeds: ``stage``, ``recording``, ``frame``, ``subject``, ``true_label``, ``answer``
        (now), ``p_before`` and ``p_after`` (of the true label). Greatest loss first.
    networks : dict of str to Checkpoint
        `BEFORE` and every stage, with the new output layer, mean over seeds: what `flipped`
        judges, so that maps can be drawn of them.
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    changes: pd.DataFrame
    flipped: pd.DataFrame
    networks: dict[str, Checkpoint]


def go_back(
    emotion: Checkpoint,
    stages: Mapping[str, Checkpoint],
    question: Question,
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    device: str = "auto",
    precision: str = "auto",
    resamples: int = RESAMPLES,
) -> GoingBack:
    """Put fine-tuned representations back to the question of the network they came from.

    Each representation stays as it is; only an output layer is fitted, on the features of
    the question's training people, until its loss on the validation people no longer falls.
    The network before fine-tuning gets a new layer in the same way, so that a difference
    is the representation's and not the fitting's. All are judged on the test people.

    Parameters
    ----------
    emotion : Checkpoint
        The network before fine-tuning; it answers `question`.
    stages : mapping of str to Checkpoint
        As `painscope.training.fine_tune` gives them.
    question : Question
        Of emotions, with the people as they were divided for `emotion`.
    seeds : sequence of int
        Of the output layers.
    device, precision : str
        See `painscope.evaluation.frame_features`.
    resamples : int
        Of subjects, behind each interval.

    Raises
    ------
    LeakageError
        If a network has seen a test person.
    UsageError
        If `emotion` answers another question, a stage did not begin from it, or there is no
        stage or seed.
    """
    if set(emotion.card.classes) != set(question.classes):  # all else goes by name
        raise UsageError(
            f"the network before answers {', '.join(emotion.card.classes)}, "
            f"the question is {', '.join(question.classes)}"
        )
    parent = emotion.sha256
    strangers = [name for name, one in stages.items() if one.card.parent != parent]
    if strangers or {BEFORE, OWN} & set(stages):
        raise UsageError(
            f"stage {(strangers or [BEFORE])[0]} was not fine-tuned from the network before",
            hint="Give the stages that painscope.training.fine_tune made from it.",
        )
    if not seeds or not stages:
        raise UsageError("going back needs a stage and a seed")
    fitted = emotion.card.fitted_on(question.dataset) & set(question.validation.subjects)
    if fitted:
        raise LeakageError(
            "the network before was fitted on people who are to stop the output layers: "
            f"{', '.join(sorted(fitted)[:5])}",
            hint="Give the recordings the split it had.",
        )
    own = predict_frames(
        emotion, question.test, dataset=question.dataset, device=device, precision=precision
    )
    tables = [own.assign(stage=OWN, seed=seeds[0])]
    networks, means = {}, {}
    for stage, network in {BEFORE: emotion, **stages}.items():
        refuse_seen(network, question.test, question.dataset)
        layers, tested = _fit_layers(network, question, seeds, device, precision)
        for seed, layer in zip(seeds, layers, strict=True):
            told = answers(question.test, layer(tested), question.classes)
            tables.append(told.assign(stage=stage, seed=seed))
        mean = _mean(layers)
        means[stage] = answers(question.test, mean(tested), question.classes)
        networks[stage] = _with_layer(network, mean, question)
    predictions = pd.concat(tables, ignore_index=True)
    samples = by_frame(predictions.rename(columns={"stage": "classifier"})).assign(split="test")
    scores = score_table(
        samples,
        question.classes,
        dataset=question.dataset,
        protocol="going back",
        resamples=resamples,
    ).rename(columns={"classifier": "stage"})
    changes = _changes(samples, question.classes, tuple(stages), resamples)
    return GoingBack(predictions, scores, changes, _flipped(means), networks)


def _fit_layers(
    network: Checkpoint, question: Question, seeds: Sequence[int], device: str, precision: str
) -> tuple[list[OutputLayer], np.ndarray]:
    """Return an output layer per seed, and the test people's features."""
    from painscope.training import fit_output_layer

    train, validation, tested = (
        frame_features(network, frames, device=device, precision=precision)
        for frames in question.parts.values()
    )
    layers = [
        fit_output_layer(
            (train, question.train.target),
            (validation, question.validation.target),
            len(question.classes),
            seed=seed,
        )
        for seed in seeds
    ]
    return layers, tested


def _mean(layers: Sequence[OutputLayer]) -> OutputLayer:
    """Return the layer whose logits are the mean of all layers' logits."""
    from painscope.training import OutputLayer

    return OutputLayer(*(np.mean(part, axis=0) for part in zip(*layers, strict=True)))


def _with_layer(network: Checkpoint, layer: OutputLayer, question: Question) -> Checkpoint:
    """Return a copy of a network with another output layer."""
    import torch

    from painscope.networks import VGG16GAP, Checkpoint

    old, card = network
    copy = VGG16GAP(old.width, len(question.classes), old.feature_size)
    state = old.state_dict() | {
        "head.weight": torch.from_numpy(layer.weight),
        "head.bias": torch.from_numpy(layer.bias),
    }
    copy.load_state_dict(state)
    title = f"{card.title}; then an output layer for {question.dataset}"
    told = {"title": title, "classes": question.classes, "parent": network.sha256, "metrics": {}}
    return Checkpoint(copy.eval(), card.model_copy(update=told))


def _changes(
    samples: pd.DataFrame, classes: tuple[str, ...], stages: Sequence[str], resamples: int
) -> pd.DataFrame:
    tables = dict(list(samples.groupby("classifier", sort=False)))
    before = Counts.of(tables[BEFORE], classes)
    weights = resample(len(before.subjects), resamples)
    wanted = [*_METRICS, *(("recall", number) for number in range(len(classes)))]
    rows = []
    first, first_draws = before.by_seed(), before.draws(weights)
    for stage in stages:
        after = Counts.of(tables[stage], classes)
        second, second_draws = after.by_seed(), after.draws(weights)
        for key in wanted:
            values = first[key].mean(), second[key].mean()
            change = estimate(
                values[1] - values[0], second_draws[key] - first_draws[key], before.people(*key)
            )
            label = "" if key[1] is None else classes[key[1]]
            rows.append((stage, key[0], label, *values, change.value, change.low, change.high))
    columns = ["stage", "metric", "class", "before", "after", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _flipped(means: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return, per stage, what was right before and is wrong now."""
    before = means[BEFORE]
    right = before["predicted_label"] == before["true_label"]
    stages = [stage for stage in means if stage != BEFORE]
    return pd.concat(
        [_lost(stage, before, means[stage], right) for stage in stages], ignore_index=True
    )


def _lost(
    stage: str, before: pd.DataFrame, after: pd.DataFrame, right: pd.Series[bool]
) -> pd.DataFrame:
    lost = right & (after["predicted_label"] != after["true_label"])
    table = after.loc[lost, ["recording", "frame", "subject", "true_label"]]
    table = table.assign(
        answer=after.loc[lost, "predicted_label"],
        p_before=_of_truth(before)[lost],
        p_after=_of_truth(after)[lost],
    )
    table.insert(0, "stage", stage)
    drop = table["p_before"] - table["p_after"]
    return table.loc[drop.sort_values(ascending=False, kind="stable").index]


def _of_truth(predictions: pd.DataFrame) -> np.ndarray:
    """Return the probability of each sample's true label."""
    return np.array(
        [row[f"p_{row['true_label']}"] for row in predictions.to_dict("records")], np.float64
    )
