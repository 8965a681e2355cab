"""CNN-F, CNN-M, CNN-S and VGG-Face: shapes and counts of the papers, sums by numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.networks.backbone_files import tiny
from torch import nn

from painscope.errors import UsageError
from painscope.networks import (
    ARCHITECTURES,
    ClassicNetwork,
    random_backbone,
)

#: Of the papers' tables: weights with fc8, and the side of the maps after each layer.
COUNTS = {
    "vgg-face": 145_002_878,
    "cnn-f": 60_834_536,
    "cnn-m": 102_908_520,
    "cnn-s": 102_908_520,
}
SIDES = {
    "cnn-f": {"conv1": 54, "pool1": 27, "conv2": 27, "pool2": 13, "conv5": 13, "pool5": 6},
    "cnn-m": {"conv1": 109, "pool1": 54, "conv2": 26, "pool2": 13, "conv5": 13, "pool5": 6},
    "cnn-s": {"conv1": 109, "pool1": 37, "conv2": 33, "pool2": 17, "conv5": 17, "pool5": 6},
    "vgg-face": {"conv1_2": 224, "pool1": 112, "conv3_3": 56, "conv5_3": 14, "pool5": 7},
}
every = pytest.mark.parametrize("name", list(ARCHITECTURES))


@every
def test_parameters_and_sides_are_the_paper_s(name: str) -> None:
    with torch.device("meta"):  # shapes without the numbers
        network = ClassicNetwork(ARCHITECTURES[name])
        assert sum(each.numel() for each in network.parameters()) == COUNTS[name]
        maps, sides = torch.zeros(1, 3, 224, 224), {}
        for layer, module in network.trunk.named_children():
            maps = module(maps)
            sides[layer] = maps.shape[2]
    for layer, side in SIDES[name].items():
        assert sides[layer] == side, layer
    assert network.width("fc6") == network.width("fc7") == 4096
    assert network.width("pool5") == (256 if name == "cnn-f" else 512)


@every
def test_every_layer_can_be_had(name: str) -> None:
    backbone = random_backbone(tiny(name))
    images = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        for layer in backbone.network.layers:
            values = backbone.network.activations(images, layer)
            assert values.shape == (2, backbone.network.width(layer)), layer
            assert (values >= 0).all() or layer.startswith("norm"), layer
    with pytest.raises(UsageError, match="has no layer 'fc9'"):
        backbone.network.activations(images, "fc9")


def test_a_small_cnn_s_by_numpy() -> None:
    """Convolution, normalisation over channels, pooling over the edge, dense layers."""
    torch.manual_seed(0)
    network = random_backbone(ARCHITECTURES["cnn-s"].scaled(1 / 48)).network
    image = np.random.default_rng(0).uniform(-100, 100, size=(3, 224, 224))
    maps = image
    for layer in network.architecture.layers:
        if layer.name.startswith("pool"):
            maps = _pool(maps, layer.kernel, layer.stride)
            continue
        module = network.trunk.get_submodule(layer.name)
        maps = np.maximum(_convolve(maps, module, layer.stride, layer.pad), 0)
        if layer.normalise:
            maps = _normalise(maps)
    values = maps.reshape(-1)
    for name in ("fc6", "fc7"):
        dense = network.dense.get_submodule(name)
        weight, bias = (each.detach().double().numpy() for each in dense.parameters())
        values = np.maximum(weight @ values + bias, 0)
    with torch.no_grad():
        ours = network.double().activations(torch.from_numpy(image)[None], "fc7")[0].numpy()
    np.testing.assert_allclose(ours, values, rtol=1e-9)
    assert (values > 0).any()


def _convolve(maps: np.ndarray, module: nn.Module, stride: int, pad: int) -> np.ndarray:
    weight, bias = (each.detach().double().numpy() for each in module.parameters())
    padded = np.pad(maps, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("cyxij,ocij->oyx", windows, weight, optimize=True) + bias[:, None, None]


def _normalise(maps: np.ndarray) -> np.ndarray:
    """As MatConvNet writes it: depth 5, kappa 2, alpha 1e-4 per element, beta 0.75."""
    square = np.pad(maps**2, ((2, 2), (0, 0), (0, 0)))
    total = sum(square[k : k + len(maps)] for k in range(5))
    return maps / (2 + 1e-4 * total) ** 0.75


def _pool(maps: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    count = -(-(maps.shape[1] - kernel) // stride) + 1
    return np.stack(
        [
            [
                maps[:, y * stride : y * stride + kernel, x * stride : x * stride + kernel].max(
                    axis=(1, 2)
                )
                for x in range(count)
            ]
            for y in range(count)
        ]
    ).transpose(2, 0, 1)
