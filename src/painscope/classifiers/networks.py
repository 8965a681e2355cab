"""The two networks of Faces of Experimental Pain, on feature vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from painscope.classifiers.recurrent import LSTM

__all__ = ["BatchNorm", "FrameNetwork", "SequenceNetwork"]


class FrameNetwork(nn.Sequential):
    """Four dense layers for one frame: D → 1024 → 128 → 32 → classes.

    ReLU and dropout between the layers; the last gives logits. With D = 1024 and three
    classes it has 1,185,027 parameters. Weights start as in Keras: Glorot-uniform, zero
    bias.

    Parameters
    ----------
    features, classes : int
        D and the number of classes.
    dropout : float
        Share of activations dropped in training.
    """

    def __init__(self, features: int, classes: int, dropout: float = 0.3) -> None:
        layers: list[nn.Module] = []
        for inputs, units in ((features, 1024), (1024, 128), (128, 32)):
            layers += [_dense(inputs, units), nn.ReLU(), nn.Dropout(dropout)]
        super().__init__(*layers, _dense(32, classes))


class SequenceNetwork(nn.Module):
    """Two LSTM layers for a clip: BatchNorm → LSTM 32 → LSTM 16, last state → 16 → classes.

    Batch normalisation also follows each LSTM layer, then dropout. Sequences are laid end
    to end, so that there are no padded steps: none enters a state or a statistic, which
    is what masking means.

    Parameters
    ----------
    features, classes : int
        D and the number of classes.
    dropout : float
        Share of activations dropped in training.
    """

    def __init__(self, features: int, classes: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.norm = BatchNorm(features)
        self.lstm1, self.norm1 = LSTM(features, 32), BatchNorm(32)
        self.lstm2, self.norm2 = LSTM(32, 16), BatchNorm(16)
        self.dropout = nn.Dropout(dropout)
        self.dense, self.logits = _dense(16, 16), _dense(16, classes)

    def forward(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [B, classes] of B sequences: steps [M, D], lengths int64 [B]."""
        return self.answer(self.states(steps, lengths)[lengths.cumsum(0) - 1])

    def states(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Return the second layer's state after each step: [M, 16]."""
        low = self.lstm1.scan(self.norm.into(self.lstm1.input, steps), lengths)
        return self.lstm2(self.dropout(self.norm1(low)), lengths)

    def answer(self, states: Tensor) -> Tensor:
        """Return logits [N, classes] for states [N, 16] after which a clip ends."""
        last = self.dropout(self.norm2(states))
        return self.logits(torch.relu(self.dense(last)))


class BatchNorm(nn.Module):
    """Batch normalisation with Keras' constants: momentum 0.99, epsilon 1e-3.

    Keras starts its running statistics at mean 0 and variance 1 and needs hundreds of
    batches to forget that, while a fit may stop after a few dozen. So here they are the
    plain average of the batches until there are 100, and Keras' moving average from then.
    A single row has no variance: it is normalised by the running statistics.

    Parameters
    ----------
    features : int
        Columns of the input [N, features].
    """

    MOMENTUM, EPSILON = 0.99, 1e-3

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.mean: Tensor
        self.variance: Tensor
        self.batches: Tensor
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise the columns of rows [N, features]."""
        if self.training and len(rows) > 1:
            return self._learn(rows)[0]
        return functional.batch_norm(
            rows, self.mean, self.variance, self.weight, self.bias, eps=self.EPSILON
        )

    def into(self, layer: nn.Linear, rows: Tensor) -> Tensor:
        """Return ``layer(self(rows))`` for rows that are data, not activations.

        The scaling goes into the layer's weights, so that nothing of the rows' size is
        differentiated. In training, gradients towards the rows would leave out their
        part in the statistics.
        """
        mean, variance = self.mean, self.variance
        if self.training and len(rows) > 1:
            with torch.no_grad():
                _, mean, variance = self._learn(rows)
        scale = self.weight * torch.rsqrt(variance + self.EPSILON)
        return functional.linear(rows, layer.weight * scale, layer(self.bias - mean * scale))

    def _learn(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Normalise by the rows' own mean and variance, and take both into the averages."""
        mean, variance = torch.zeros_like(self.mean), torch.zeros_like(self.variance)
        normal = functional.batch_norm(
            rows, mean, variance, self.weight, self.bias, True, momentum=1.0, eps=self.EPSILON
        )
        variance = variance * ((len(rows) - 1) / len(rows))  # the population's, as in Keras
        self.batches += 1
        step = max(1 - self.MOMENTUM, 1 / int(self.batches))
        self.mean.lerp_(mean, step)
        self.variance.lerp_(variance, step)
        return normal, mean, variance


def _dense(inputs: int, units: int) -> nn.Linear:
    layer = nn.Linear(inputs, units)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
