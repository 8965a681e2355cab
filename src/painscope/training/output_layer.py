"""A new output layer on a representation that stays as it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

from painscope.training.fit import fit
from painscope.training.loss import class_weights, weighted_loss
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
        task = _Task(features.shape[1], classes, class_weights(target, classes))
    fit(
        task,
        _batches((features - mean) / std, target, shuffle=True),
        _batches((validation[0] - mean) / std, validation[1], shuffle=False),
        max_epochs=MAX_EPOCHS,
        patience=PATIENCE,
        seed=seed,
        title="the output layer",
    )
    weight = task.layer.weight.detach().numpy() / std
    bias = task.layer.bias.detach().numpy() - weight @ mean
    return OutputLayer(weight, bias.astype(np.float32))


class _Task(LightningModule):
    def __init__(self, features: int, classes: int, weights: Tensor) -> None:
        super().__init__()
        self.layer = nn.Linear(features, classes)
        nn.init.zeros_(self.layer.bias)
        self.register_buffer("weights", weights)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        values, target = batch
        assert isinstance(self.weights, Tensor)
        return weighted_loss(self.layer(values), target, self.weights)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        loss = self.loss(batch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[1]))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        self.log("val_loss", self.loss(batch), batch_size=len(batch[1]))

    def configure_optimizers(self) -> Any:
        return torch.optim.AdamW(self.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)


class _Rows(Dataset):
    """Whole batches at once: ``rows[[3, 1, 4]]``."""

    def __init__(self, features: np.ndarray, target: np.ndarray) -> None:
        self.features = torch.from_numpy(features.astype(np.float32))
        self.target = torch.from_numpy(target)

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, rows: list[int]) -> tuple[Tensor, Tensor]:
        return self.features[rows], self.target[rows]


def _batches(features: np.ndarray, target: np.ndarray, *, shuffle: bool) -> DataLoader:
    rows = _Rows(features, target)
    sampler = RandomSampler(rows) if shuffle else SequentialSampler(rows)
    return DataLoader(rows, sampler=BatchSampler(sampler, BATCH, drop_last=False), batch_size=None)
