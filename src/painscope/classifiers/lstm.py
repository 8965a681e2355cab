"""LSTMClassifier: two recurrent layers read the clip frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from painscope.classifiers.neural import NeuralClassifier, softmax

if TYPE_CHECKING:
    import torch
    from torch import nn

    from painscope.classifiers.fitting import Batch
    from painscope.classifiers.networks import SequenceNetwork

__all__ = ["LSTMClassifier"]

_CLIPS_AT_ONCE = 64


class LSTMClassifier(NeuralClassifier):
    """The LSTM of Faces of Experimental Pain [1]_.

    BatchNorm → LSTM 32 → BatchNorm, dropout → LSTM 16, last state → BatchNorm, dropout →
    dense 16 with ReLU → classes; class-weighted cross-entropy; Adadelta in the meaning of
    Keras (rate 1, rho 0.95, epsilon 1e-7); at most 100 epochs of batches of 32 clips,
    stopped after 5 without a lower validation loss. All of this is the paper's, as far as
    it says. Frames without values are skipped: the state passes over them unchanged.

    The timeline (`frame_proba`) is the answer, had the clip ended at that frame.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`.
    dropout : float
        Share of activations dropped after each layer.
    learning_rate : float
        Of Adadelta.
    batch_size : int
        Clips per step.
    max_epochs, patience : int
        Epochs at most, and without a lower validation loss before the fit stops.

    References
    ----------
    .. [1] Prajod, Schiller, Withanage Don, André: Faces of Experimental Pain:
       Transferability of Deep Learned Heat Pain Features to Electrical Pain, section
       III-D2.
    """

    name: ClassVar[str] = "lstm"
    title: ClassVar[str] = "LSTM"
    has_timeline: ClassVar[bool] = True
    network_: SequenceNetwork

    def __init__(
        self,
        classes: tuple[str, ...],
        seed: int = 0,
        dropout: float = 0.3,
        learning_rate: float = 1.0,
        batch_size: int = 32,
        max_epochs: int = 100,
        patience: int = 5,
    ) -> None:
        super().__init__(classes, seed)
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.patience = patience

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        import torch

        answers = []
        with torch.inference_mode():
            for first in range(0, len(rows), _CLIPS_AT_ONCE):
                clips = [(part, 0) for part in rows[first : first + _CLIPS_AT_ONCE]]
                (steps, lengths), _ = self._batch(clips, False)
                answers.append(softmax(self.network_(steps, lengths)))
        return np.concatenate(answers)

    def _timeline(self, rows: np.ndarray) -> np.ndarray:
        import torch

        network = self.network_
        with torch.inference_mode():
            states = network.states(
                torch.tensor(rows, dtype=torch.float32), torch.tensor([len(rows)])
            )
            return softmax(network.answer(states))

    def _build(self, features: int) -> nn.Module:
        from painscope.classifiers.networks import SequenceNetwork

        return SequenceNetwork(features, len(self.classes), self.dropout)

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adadelta(network.parameters(), lr=self.learning_rate, rho=0.95, eps=1e-7)

    def _batch(self, clips: Sequence[tuple[np.ndarray, int]], training: bool) -> Batch:
        from painscope.classifiers.fitting import sequence_batch

        return sequence_batch(clips, training)
