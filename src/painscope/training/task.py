"""A network's task: loss, optimiser, and the scores on other people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from painscope.networks import VGG16GAP, Precision, Preprocessing, autocast, prepare
from painscope.training.augment import augment
from painscope.training.frames import FrameSet
from painscope.training.loss import weighted_loss

__all__ = ["FrameTask", "score"]

WEIGHT_DECAY = 1e-2

Batch = tuple[Tensor, Tensor]


class FrameTask(LightningModule):
    """Class-weighted cross-entropy on augmented frames; AdamW with a one-cycle schedule.

    Only the parameters that require a gradient are fitted (`painscope.training.freeze`).

    Parameters
    ----------
    network : VGG16GAP
    preprocessing : Preprocessing
    weights : float32 [C]
        Of the classes.
    learning_rate : float
        Peak of the schedule.
    """

    def __init__(
        self,
        network: VGG16GAP,
        preprocessing: Preprocessing,
        weights: Tensor,
        learning_rate: float,
    ) -> None:
        super().__init__()
        self.network, self.preprocessing = network, preprocessing
        self.register_buffer("weights", weights)
        self.learning_rate = learning_rate

    def loss(self, images: Tensor, target: Tensor) -> Tensor:
        """Return the weighted cross-entropy per frame."""
        logits = self.network(prepare(images, self.preprocessing)).float()
        assert isinstance(self.weights, Tensor)
        return weighted_loss(logits, target, self.weights)

    def training_step(self, batch: Batch, index: int) -> Tensor:  # noqa: D102
        images, target = batch
        loss = self.loss(augment(images), target)
        size = len(target)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=size, sync_dist=True)
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:  # noqa: D102
        images, target = batch
        self.log("val_loss", self.loss(images, target), batch_size=len(target))

    def configure_optimizers(self) -> Any:  # noqa: D102
        moving = [p for p in self.network.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(moving, self.learning_rate, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=int(self.trainer.estimated_stepping_batches)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def score(
    network: VGG16GAP,
    preprocessing: Preprocessing,
    batches: Iterable[Batch],
    frames: FrameSet,
    precision: Precision,
) -> dict[str, float]:
    """Score a network on frames, and on clips by their frames' mean probability.

    Parameters
    ----------
    network : VGG16GAP
        In evaluation mode.
    preprocessing : Preprocessing
    batches : iterable of (images, class numbers)
        All of `frames`, in order.
    frames : FrameSet
    precision : {"fp32", "bf16"}

    Returns
    -------
    dict of str to float
        ``frames`` and ``clips``, how many there are; ``accuracy`` and ``f1`` (macro) of the
        frames; ``clip_accuracy`` and ``clip_f1`` of the clips, unless the frames of a clip
        have different labels; ``majority``, the accuracy on frames of always answering the
        commonest class.
    """
    device = next(network.parameters()).device
    parts = []
    with torch.inference_mode(), autocast(device, precision):
        for images, _ in batches:
            logits = network(prepare(images.to(device), preprocessing)).float()
            parts.append(logits.softmax(dim=1).cpu().numpy())
    probability = np.concatenate(parts)
    scores = {
        "frames": len(frames),
        **_scores(frames.target, probability.argmax(axis=1)),
        "majority": float(np.bincount(frames.target).max() / len(frames)),
    }
    clips = len(frames.recordings)
    if len(set(zip(frames.clip.tolist(), frames.target.tolist(), strict=True))) > clips:
        return scores
    sums = np.zeros((clips, probability.shape[1]))
    np.add.at(sums, frames.clip, probability)
    clip_target = np.zeros(clips, np.int64)
    clip_target[frames.clip] = frames.target
    answers = _scores(clip_target, sums.argmax(axis=1))
    return scores | {"clips": clips} | {f"clip_{k}": v for k, v in answers.items()}


def _scores(target: np.ndarray, answer: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score

    return {
        "accuracy": float(accuracy_score(target, answer)),
        "f1": float(f1_score(target, answer, average="macro")),
    }
