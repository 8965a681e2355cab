"""What the networks among the classifiers share: batches of clips, the loss, the fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from painscope.classifiers.base import Examples
from painscope.training.fit import fit
from painscope.training.loss import LossTask, class_weights

__all__ = ["Batch", "fit_network", "frame_batch", "sequence_batch"]

Batch = tuple[tuple[Tensor, ...], Tensor]
"""What the network takes, and the class number of each of its answers."""


def fit_network(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Examples,
    validation: Examples | None,
    collate: Callable[..., Batch],
    *,
    batch_size: int,
    max_epochs: int,
    patience: int,
    classes: int,
    seed: int,
    title: str,
) -> list[dict[str, Any]]:
    """Fit until the loss on other people stops falling; leave the best weights.

    Parameters
    ----------
    network : Module
        Takes what `collate` makes of clips, and answers with logits.
    optimizer : Optimizer
        Of the network's parameters.
    train : Examples
    validation : Examples or None
        Other people's clips; without them the loss on `train` decides when to stop.
    collate : function of (clips, training) → Batch
        Makes a batch of clips, each (rows, class number).
    batch_size : int
        In clips.
    max_epochs, patience, seed, title
        See `painscope.training.fit`.
    classes : int
        How many there are.

    Returns
    -------
    list of dict
        ``epoch`` (from 1), ``train_loss`` and ``validation_loss``, one per epoch.
    """
    task = LossTask(network, optimizer, class_weights(train.targets, classes))
    held_out = train if validation is None else validation
    loaders: list[DataLoader] = [
        DataLoader(
            list(zip(part.rows, part.targets.tolist(), strict=True)),  # type: ignore[arg-type]
            batch_size=batch_size,
            shuffle=training,
            collate_fn=partial(collate, training=training),
        )
        for part, training in ((train, True), (held_out, False))
    ]
    history = fit(task, *loaders, max_epochs=max_epochs, patience=patience, seed=seed, title=title)
    return [
        {"epoch": k, "train_loss": row["train_loss"], "validation_loss": row["val_loss"]}
        for k, row in enumerate(history.epochs, start=1)
    ]


def sequence_batch(clips: Sequence[tuple[np.ndarray, int]], training: bool) -> Batch:
    """Lay whole clips end to end: steps [M, D] and lengths [B]."""
    steps = np.concatenate([rows for rows, _ in clips], dtype=np.float32)
    lengths = torch.tensor([len(rows) for rows, _ in clips])
    return (torch.from_numpy(steps), lengths), torch.tensor([target for _, target in clips])


def frame_batch(clips: Sequence[tuple[np.ndarray, int]], training: bool, *, frames: int) -> Batch:
    """Take single frames [N, D] of clips: drawn anew in training, else evenly spaced."""
    picked, targets = [], []
    for rows, target in clips:
        count = min(frames, len(rows))
        if training:
            index = torch.randperm(len(rows))[:count].numpy()
        else:
            index = np.arange(count) * len(rows) // count
        picked.append(rows[index])
        targets += [target] * count
    values = np.concatenate(picked, dtype=np.float32)
    return (torch.from_numpy(values),), torch.tensor(targets)
