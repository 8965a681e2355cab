"""The loss of every network that is fitted here: cross-entropy in which classes weigh the same."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["class_weights", "weighted_loss"]


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
