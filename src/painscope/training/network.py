"""Fitting a network to a question about single frames: emotions, or pain."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import distributed as dist

from painscope.errors import LeakageError, UsageError
from painscope.files import write_text
from painscope.networks import (
    VGG16GAP,
    Card,
    Checkpoint,
    Preprocessing,
    fold_batch_norm,
    load_checkpoint,
    pick_device,
    pick_precision,
    save_checkpoint,
)
from painscope.training.fit import LAST, History, fit
from painscope.training.frames import frame_loader, frames_digest
from painscope.training.loss import class_weights
from painscope.training.people import names
from painscope.training.question import Question
from painscope.training.stages import freeze
from painscope.training.task import FrameTask, score

__all__ = ["train_network"]

#: Peaks of the one-cycle schedule: from scratch with batch normalisation, and from a
#: checkpoint without.
LEARNING_RATE, FINE_TUNING_RATE = 1e-3, 1e-4

CHECKPOINT, SETTINGS, HISTORY = "source.safetensors", "settings.json", "history.json"


def train_network(
    question: Question,
    *,
    out: Path | str,
    start: Checkpoint | Path | str | None = None,
    stage: str = "all",
    width: float | None = None,
    input_size: int | None = None,
    max_epochs: int = 30,
    patience: int = 5,
    batch_size: int = 64,
    learning_rate: float | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    devices: int = 1,
    num_nodes: int = 1,
    strategy: str = "auto",
    licence: str = "",
    citation: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Checkpoint:
    """Train a network to answer a question about single frames.

    From scratch it is trained with batch normalisation, which is folded into the
    convolutions at the end. The loss weighs classes by their inverse frequency. Training
    stops when the loss on the validation people no longer falls; the scores on the card are
    those of the test people, whom nothing was chosen on.

    Parameters
    ----------
    question : Question
        Classes, and whose frames to fit on, to stop by and to be scored on.
    out : path-like
        Folder for ``source.safetensors``, ``history.json`` and what resuming needs. A
        finished training with the same settings is read back, a killed one continued.
    start : Checkpoint or path-like, optional
        Weights to begin with; None begins from scratch. Asked another question than it was
        trained for, it gets a new prediction layer.
    stage : str
        Which part of `start` may move, one of `painscope.training.STAGES`.
    width : float, optional
        Share of VGG16's channels; by default that of `start`, or 1.
    input_size : int, optional
        Side of the network's input; by default that of `start`, or 224.
    max_epochs, patience, batch_size
        See `painscope.training.fit`.
    learning_rate : float, optional
        Peak of the one-cycle schedule; by default 1e-3 from scratch, 1e-4 from `start`.
    seed : int
        Of the weights, the order and the augmentation.
    device, precision : str
        See `painscope.networks.pick_device` and `pick_precision`.
    devices, num_nodes, strategy
        See `painscope.training.fit`; of several processes the first scores and writes.
    licence, citation : str
        Of the data, for the card.
    progress : callable, optional
        Called with the steps done and to do.

    Returns
    -------
    Checkpoint
        As written to ``out/source.safetensors``.

    Raises
    ------
    LeakageError
        If `start` has seen a held-out person.
    UsageError
        If `out` holds another training, `width` is not that of `start`, there is no such
        stage, a stage has nothing to start from, or a batch has fewer frames than there are
        processes.
    StorageError
        If the disk is full.
    """
    out = Path(out)
    parent = load_checkpoint(start) if isinstance(start, Path | str) else start
    _refuse_people_seen_before(parent, question)
    network = _begin(parent, question.classes, width, seed)
    freeze(network, stage)
    if stage != "all" and parent is None:
        raise UsageError(
            f"stage {stage} fits only a part of a network, and there is none to start from",
            hint="Give a checkpoint to start from.",
        )
    if (most := min(batch_size, len(question.train))) < devices * num_nodes:
        raise UsageError(
            f"a batch of {most} frames cannot be shared by {devices * num_nodes} processes",
            hint="Use fewer devices, or larger batches.",
        )
    where = pick_device(device)
    settings = {
        "dataset": question.dataset,
        **question.settings,
        "stage": stage,
        "max_epochs": max_epochs,
        "patience": patience,
        "batch_size": batch_size,
        "learning_rate": learning_rate or (FINE_TUNING_RATE if parent else LEARNING_RATE),
        "seed": seed,
        "precision": pick_precision(precision, where),
        "frames_sha256": frames_digest(question.parts.values()),
    }
    rights = {"licence": licence, "citation": citation}
    card = _card(question, parent, network.width, input_size, settings, rights)
    _settle(out, card, precision)
    if (out / CHECKPOINT).exists():
        return load_checkpoint(out / CHECKPOINT)
    sharing = {"devices": devices, "num_nodes": num_nodes, "strategy": strategy}
    return _train(network, card, question, out, where, sharing, progress)


def _card(
    question: Question,
    parent: Checkpoint | None,
    width: float,
    input_size: int | None,
    settings: Mapping[str, Any],
    rights: Mapping[str, str],
) -> Card:
    """Return the card of a network to be trained; its scores are still to come."""
    dataset = question.dataset
    people = {part: frames.subjects for part, frames in question.parts.items()}
    return Card(
        title=question.title,
        width=width,
        input_size=input_size or (parent.card.input_size if parent else 224),
        classes=question.classes,
        preprocessing=parent.card.preprocessing if parent else Preprocessing(),
        crop=question.crop,
        subjects=_joined(parent, "subjects", dataset, people["train"]),
        validation_subjects=_joined(parent, "validation_subjects", dataset, people["validation"]),
        test_subjects={dataset: people["test"]},
        parent=parent.sha256 if parent else None,
        settings=settings,
        **rights,
    )


def _train(
    network: VGG16GAP,
    card: Card,
    question: Question,
    out: Path,
    device: torch.device,
    sharing: Mapping[str, Any],
    progress: Callable[[int, int], None] | None,
) -> Checkpoint:
    """Fit as the card says, score on the test people, and write the checkpoint."""
    settings = card.settings
    loaders = {
        part: frame_loader(
            frames,
            size=card.input_size,
            batch_size=settings["batch_size"],
            shuffle=part == "train",
        )
        for part, frames in question.parts.items()
    }
    weights = class_weights(question.train.target, len(card.classes))
    task = FrameTask(network, card.preprocessing, weights, settings["learning_rate"])
    history = fit(
        task,
        loaders["train"],
        loaders["validation"],
        max_epochs=settings["max_epochs"],
        patience=settings["patience"],
        seed=settings["seed"],
        folder=out,
        device=device,
        precision=settings["precision"],
        title=f"the network for {card.settings['dataset']}",
        progress=progress,
        **sharing,
    )
    if dist.is_initialized() and dist.get_rank():
        dist.barrier()  # the first process scores and writes
        return load_checkpoint(out / CHECKPOINT)
    network = fold_batch_norm(task.network).to(device)
    tested, stopping = (
        score(
            network, card.preprocessing, loaders[part], question.parts[part], settings["precision"]
        )
        for part in ("test", "validation")
    )
    metrics = tested | {
        "people": len(question.test.subjects),
        "validation_accuracy": stopping["accuracy"],
        "validation_f1": stopping["f1"],
    }
    checkpoint = _finish(out, network, card, history, metrics)
    if dist.is_initialized():
        dist.barrier()
    return checkpoint


def _begin(
    parent: Checkpoint | None, classes: tuple[str, ...], width: float | None, seed: int
) -> VGG16GAP:
    """Return the network to train: the parent's weights, or a new one with batch norm."""
    if parent and width not in (None, parent.card.width):
        raise UsageError(
            f"width {width:g} is not that of the network to start from, {parent.card.width:g}",
            hint="Leave the width out.",
        )
    chosen = parent.card.width if parent else width or 1.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = VGG16GAP(chosen, len(classes), batch_norm=parent is None)
    if parent:
        state = parent.network.state_dict()
        if parent.card.classes != classes:  # another question: the prediction layer is new
            state = {k: v for k, v in state.items() if not k.startswith("head.")}
        network.load_state_dict(network.state_dict() | state)
    return network


def _refuse_people_seen_before(parent: Checkpoint | None, question: Question) -> None:
    if not parent:
        return
    stopping, tested = set(question.validation.subjects), set(question.test.subjects)
    fitted = stopping & parent.card.fitted_on(question.dataset)
    if both := fitted | (tested & parent.card.seen(question.dataset)):
        raise LeakageError(
            f"the network to start from has seen people who are held out here: {names(both)}",
            hint="Start from one that has not, or give the recordings the split it had.",
        )


def _joined(
    parent: Checkpoint | None, field: str, dataset: str, people: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the people of the parent's card and the new ones: the weights owe to both."""
    before: Mapping[str, tuple[str, ...]] = getattr(parent.card, field) if parent else {}
    return {**before, dataset: tuple(sorted({*before.get(dataset, ()), *people}))}


def _settle(out: Path, card: Card, precision: str) -> None:
    """Note what is trained in a new folder; refuse a folder of another training."""
    told = card.model_dump(
        mode="json",
        include={"width", "input_size", "classes", "preprocessing", "crop", "parent"},
    )
    told |= card.settings
    text = json.dumps(told, indent=2)
    path = out / SETTINGS
    if not path.exists():
        write_text(path, text + "\n")
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise UsageError("is damaged", path=path, hint="Choose another folder.") from None
    now = json.loads(text)
    if precision == "auto" and (out / CHECKPOINT).exists():
        now.pop("precision")  # finished, by a machine that picks another: nothing is computed on
    if changed := sorted(key for key in now if before.get(key) != now[key]):
        raise UsageError(
            f"holds another training: {', '.join(changed)} differ",
            path=out,
            hint="Choose another folder, or remove this one.",
        )


def _finish(
    out: Path,
    network: VGG16GAP,
    card: Card,
    history: History,
    metrics: Mapping[str, float],
) -> Checkpoint:
    """Write history and checkpoint; what was only needed to resume goes."""
    told = {
        "epochs": [dict(epoch) for epoch in history.epochs],
        "best_epoch": history.best_epoch,
        "stopped_early": history.stopped_early,
    }
    write_text(out / HISTORY, json.dumps(told, indent=2) + "\n")
    card = card.model_copy(update={"metrics": metrics})
    checkpoint = save_checkpoint(out / CHECKPOINT, network.cpu(), card)
    (out / LAST).unlink(missing_ok=True)
    return checkpoint
