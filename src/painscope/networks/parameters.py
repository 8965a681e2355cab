"""Weights of any network: drawn anew, and told apart."""

from __future__ import annotations

import hashlib

from torch import nn

__all__ = ["draw_weights", "weights_sha256"]


def draw_weights(network: nn.Module) -> None:
    """Draw He-normal weights and zero biases from torch's current generator."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def weights_sha256(network: nn.Module) -> str:
    """Return the sha256 of a network's weights, which does not hang on their file."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        values = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()
