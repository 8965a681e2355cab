"""The loss of every network that is fitted here: cross-entropy in which classes weigh the same."""

from __future__ import annotations

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["LossTask", "class_weights", "weighted_loss"]


def class_weights(target: np.ndarray, classes: int) -> Tensor:
    """Return inverse class frequencies that average 1 over the samples, 0 where there are none.

    Parameters
    ----------
    target : int [N]
        Class numbers.
    classes : int

    Returns
    -------
    float32 [classes]
    """
    counts = np.bincount(target, minlength=classes)
    weights = np.zeros(classes)
    np.divide(len(target) / np.count_nonzero(counts), counts, out=weights, where=counts > 0)
    return torch.tensor(weights, dtype=torch.float32)


def weighted_loss(logits: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted cross-entropy per sample of logits [N, C].

    Divided by the number of samples, not by their weight (the meaning of Keras' class_weight):
    an average over batches is one over all.
    """
    return functional.cross_entropy(logits, target, weights, reduction="sum") / len(target)


class LossTask(LightningModule):
    """The weighted cross-entropy of any network, in training and validation alike.

    Parameters
    ----------
    network : Module
        Answers with logits [N, C]. A batch is what it takes, and the class numbers [N].
    optimizer : Optimizer
        Of its parameters.
    weights : float32 [C]
        Of the classes.
    """

    def __init__(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, weights: Tensor
    ) -> None:
        super().__init__()
        self.network, self.optimizer, self.weights = network, optimizer, weights

    def configure_optimizers(self) -> torch.optim.Optimizer:  # noqa: D102
        return self.optimizer

    def training_step(self, batch: tuple[tuple[Tensor, ...], Tensor], index: int) -> Tensor:  # noqa: D102
        return self._loss("train_loss", batch)

    def validation_step(self, batch: tuple[tuple[Tensor, ...], Tensor], index: int) -> None:  # noqa: D102
        self._loss("val_loss", batch)

    def _loss(self, name: str, batch: tuple[tuple[Tensor, ...], Tensor]) -> Tensor:
        inputs, targets = batch
        loss = weighted_loss(self.network(*inputs), targets, self.weights)
        self.log(name, loss, on_step=False, on_epoch=True, batch_size=len(targets))
        return loss
