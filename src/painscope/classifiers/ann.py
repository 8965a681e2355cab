"""ANNVote: a small dense network reads every frame, and the frames vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from painscope.classifiers.neural import NeuralClassifier, softmax

if TYPE_CHECKING:
    import torch
    from torch import nn

    from painscope.classifiers.fitting import Batch

__all__ = ["ANNVote", "vote"]


class ANNVote(NeuralClassifier):
    """The "Simple ANN + Voting" of Faces of Experimental Pain [1]_.

    A dense network D → 1024 → 128 → 32 → classes with ReLU and dropout answers for each
    frame; the clip's label is the frames' majority, ties settled by summed probability
    (see `vote`). The paper does not say how it was trained: Adam, the number of clips and
    frames per step and early stopping as for the LSTM are choices, and settings.

    An epoch sees a few frames of each clip, drawn anew: neighbouring frames are nearly
    the same picture, so all 300 would cost twenty times as much and tell little more.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`.
    dropout : float
        Share of activations dropped between the layers; 0.3 in the paper.
    learning_rate : float
        Of Adam.
    batch_size : int
        Clips per step.
    frames_per_clip : int
        Frames drawn of each clip per epoch; evenly spaced ones serve for validation.
    max_epochs, patience : int
        Epochs at most, and without a lower validation loss before the fit stops.

    References
    ----------
    .. [1] Prajod, Schiller, Withanage Don, André: Faces of Experimental Pain:
       Transferability of Deep Learned Heat Pain Features to Electrical Pain, section
       III-D1.
    """

    name: ClassVar[str] = "ann-vote"
    title: ClassVar[str] = "Simple ANN + voting"
    has_timeline: ClassVar[bool] = True

    def __init__(
        self,
        classes: tuple[str, ...],
        seed: int = 0,
        dropout: float = 0.3,
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        frames_per_clip: int = 16,
        max_epochs: int = 100,
        patience: int = 5,
    ) -> None:
        super().__init__(classes, seed)
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.frames_per_clip = frames_per_clip
        self.max_epochs = max_epochs
        self.patience = patience

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([vote(self._timeline(part)) for part in rows])

    def _timeline(self, rows: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            return softmax(self.network_(torch.tensor(rows, dtype=torch.float32)))

    def _build(self, features: int) -> nn.Module:
        from painscope.classifiers.networks import FrameNetwork

        return FrameNetwork(features, len(self.classes), self.dropout)

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(network.parameters(), lr=self.learning_rate)

    def _batch(self, clips: Sequence[tuple[np.ndarray, int]], training: bool) -> Batch:
        from painscope.classifiers.fitting import frame_batch

        return frame_batch(clips, training, frames=self.frames_per_clip)


def vote(frames: np.ndarray) -> np.ndarray:
    """Return a clip's class probabilities: the shares of its frames' votes.

    The mean probability joins as one more voter: it can settle a tie, in favour of the
    class with the highest summed probability, and never turn a majority.

    Parameters
    ----------
    frames : float [T, C]
        Class probabilities of each frame.

    Returns
    -------
    float64 [C]

    Examples
    --------
    >>> vote(np.array([[0.6, 0.4], [0.1, 0.9]])).round(2)
    array([0.45, 0.55])
    """
    votes = np.bincount(frames.argmax(axis=1), minlength=frames.shape[1])
    return (votes + frames.mean(axis=0)) / (len(frames) + 1)
