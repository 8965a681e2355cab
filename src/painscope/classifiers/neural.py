"""NeuralClassifier: what the networks among the classifiers have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from painscope.classifiers.base import Examples, SequenceClassifier

if TYPE_CHECKING:
    import torch
    from torch import nn

    from painscope.classifiers.fitting import Batch

__all__ = ["NeuralClassifier", "softmax"]


class NeuralClassifier(SequenceClassifier):
    """A network fitted until the loss on other people stops falling.

    Both losses weigh classes by their inverse frequency in the training data. Without
    validation people the loss on the training data decides when to stop.
    """

    stops_early: ClassVar[bool] = True
    max_epochs: int
    patience: int
    batch_size: int
    network_: nn.Module

    def _fit(self, train: Examples, validation: Examples | None) -> None:
        import torch

        from painscope.classifiers.fitting import fit_network

        with torch.random.fork_rng([]):
            torch.manual_seed(self.seed)
            self.network_ = self._build(len(self.names_))
        self.history_ = fit_network(
            self.network_,
            self._optimizer(self.network_),
            train,
            validation,
            self._batch,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            patience=self.patience,
            classes=len(self.classes),
            seed=self.seed,
            title=f"Training {self.name}",
        )
        self.network_.eval()

    def _arrays(self) -> Mapping[str, np.ndarray]:
        return {key: value.numpy() for key, value in self.network_.state_dict().items()}

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        import torch

        self.network_ = self._build(len(self.names_)).eval()
        self.network_.load_state_dict(
            {key: torch.from_numpy(np.array(value)) for key, value in arrays.items()}
        )

    @abstractmethod
    def _build(self, features: int) -> nn.Module:
        """Return a fresh network; its initial weights come from torch's generator."""

    @abstractmethod
    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer: ...

    @abstractmethod
    def _batch(self, clips: Sequence[tuple[np.ndarray, int]], training: bool) -> Batch:
        """Make a batch of clips (rows, class number)."""


def softmax(logits: Any) -> np.ndarray:
    """Return probabilities float64 [N, C] of a tensor of logits."""
    return logits.double().softmax(dim=1).numpy()
