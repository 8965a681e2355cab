"""A new output layer on a representation that stays as it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    TensorDataset,
)

from painscope.training.fit import fit
from painscope.training.loss import LossTask, class_weights
from painscope.training.task import WEIGHT_DECAY

__all__ = ["OutputLayer", "fit_output_layer"]

#: Chosen: features are standardised, and validation people say when to stop.
LEARNING_RATE, BATCH, MAX_EPOCHS, PATIENCE = 1e-3, 128, 60, 6


class OutputLayer(NamedTuple):
    """A linear layer from features to one value per class, before softmax.

    Attributes
    ----------
    weight : float32 [C, D]
    bias : float32 [C]
    """

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the logits, float32 [N, C], of features [N, D]."""
        return features @ self.weight.T + self.bias


def fit_output_layer(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    classes: int,
    *,
    seed: int = 0,
) -> OutputLayer:
    """Fit a linear layer by class-weighted cross-entropy.

    AdamW until the loss on the validation people no longer falls. The features are
    standardised by the training people's mean and standard deviation, which the layer that is
    returned has taken in: it wants features as they are.

    Parameters
    ----------
    train, validation : (float32 [N, D], int64 [N])
        Features and class numbers, of different people.
    classes : int
    seed : int
        Of the first weights and the order.
    """
    features, target = train
    mean, std = features.mean(axis=0), features.std(axis=0)
    std = np.where(std > 1e-6, std, 1.0).astype(np.float32)  # a silent feature stays silent
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = nn.Linear(features.shape[1], classes)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.AdamW(layer.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    fit(
        LossTask(layer, optimizer, class_weights(target, classes)),
        _batches((features - mean) / std, target, shuffle=True),
        _batches((validation[0] - mean) / std, validation[1], shuffle=False),
        max_epochs=MAX_EPOCHS,
        patience=PATIENCE,
        seed=seed,
        title="the output layer",
    )
    weight = layer.weight.detach().numpy() / std
    bias = layer.bias.detach().numpy() - weight @ mean
    return OutputLayer(weight, bias.astype(np.float32))


def _batches(features: np.ndarray, target: np.ndarray, *, shuffle: bool) -> DataLoader:
    rows = TensorDataset(torch.from_numpy(features.astype(np.float32)), torch.from_numpy(target))
    sampler = RandomSampler(rows) if shuffle else SequentialSampler(rows)
    return DataLoader(
        rows,
        sampler=BatchSampler(sampler, BATCH, drop_last=False),  # whole batches at once
        batch_size=None,
        collate_fn=lambda batch: (batch[:1], batch[1]),
    )
