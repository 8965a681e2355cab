from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from painscope.networks import VGG16GAP
from painscope.networks.winograd import (
    FEWEST_TILES,
    TILES,
    WinogradConvolution,
    with_winograd,
)


@pytest.fixture(autouse=True)
def _only_inference() -> Iterator[None]:
    with torch.inference_mode():
        yield


def convolution(channels: int = 64, out: int = 64, bias: bool = True) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(channels, out, 3, padding=1, bias=bias)


def apart(values: torch.Tensor, exact: torch.Tensor) -> float:
    return float((values.double() - exact).norm() / exact.norm())


@pytest.mark.parametrize(
    ("shape", "out"),
    [
        ((1, 64, 16, 16), 64),
        ((2, 64, 14, 14), 80),  # whole tiles and cut ones
        ((3, 96, 5, 31), 64),
        ((2, 64, 1, 64), 64),
        ((2, 64, 48, 45), 64),  # more tiles than are multiplied at once, and some left over
    ],
)
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_it_is_the_same_convolution(shape, out: int, memory: torch.memory_format) -> None:
    plain = convolution(shape[1], out)
    maps = torch.randn(shape).to(memory_format=memory)
    exact = copy.deepcopy(plain).double()(maps.double())
    values = WinogradConvolution(plain)(maps)
    assert values.shape == exact.shape
    assert not torch.equal(values, plain(maps))  # it was computed in another way
    assert apart(values, exact) < 5e-6
    assert (values < 0).any()


def test_the_largest_of_these_is_multiplied_in_two_parts() -> None:
    assert TILES < 12 * 12
    assert (12 * 12) % TILES


@pytest.mark.parametrize("relu", [False, True])
def test_maps_of_few_tiles_are_convolved_as_ever(relu: bool) -> None:
    plain, maps = convolution(), torch.randn(2, 64, 12, 12)
    assert FEWEST_TILES > 3 * 3
    fast = WinogradConvolution(plain)
    fast.relu = relu
    expected = plain(maps)
    assert torch.equal(fast(maps), expected.relu() if relu else expected)


def test_without_a_bias() -> None:
    plain, maps = convolution(bias=False), torch.randn(1, 64, 17, 19)
    exact = copy.deepcopy(plain).double()(maps.double())
    assert apart(WinogradConvolution(plain)(maps), exact) < 5e-6


def test_a_maps_numbers_do_not_depend_on_its_place() -> None:
    fast, maps = WinogradConvolution(convolution()), torch.randn(9, 64, 14, 14)
    values = fast(maps)
    assert torch.equal(fast(maps.flip(0)).flip(0), values)


class Heir(nn.Conv2d):
    """A convolution of somebody else's, which may compute anything."""


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(64, 64, 3, padding=1, stride=2),
        nn.Conv2d(64, 64, 3),
        nn.Conv2d(64, 64, 3, padding="same"),
        nn.Conv2d(64, 64, 3, padding=2, dilation=2),
        nn.Conv2d(64, 64, 3, padding=1, groups=2),
        nn.Conv2d(64, 64, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(64, 64, 5, padding=1),
        nn.Conv2d(64, 72, 3, padding=1),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.Conv2d(64, 32, 3, padding=1),
        Heir(64, 64, 3, padding=1),
        nn.Linear(64, 64),
    ],
    ids=str,
)
def test_other_layers_are_left_alone(layer: nn.Module) -> None:
    assert not WinogradConvolution.fits(layer)
    assert type(with_winograd(nn.Sequential(layer))[0]) is type(layer)


def test_a_network_keeps_its_shape_and_its_answers() -> None:
    network = VGG16GAP(1 / 4).train()
    images = torch.randn(2, 3, 130, 114)
    exact = copy.deepcopy(network).double().features(images.double())
    fast = with_winograd(network)
    replaced = [n for n, m in fast.trunk.named_children() if isinstance(m, WinogradConvolution)]
    assert replaced == [f"conv{b}_{k}" for b, k in ((3, 2), (3, 3), *FOUR_AND_FIVE)]
    assert [n for n, _ in fast.trunk.named_children()] == [
        n for n, _ in network.trunk.named_children()
    ]
    assert all(fast.trunk.get_submodule(name).relu for name in replaced)
    assert apart(fast.features(images), exact) < 5e-6
    assert not fast.training
    assert network.training
    assert not any(isinstance(module, WinogradConvolution) for module in network.modules())
    shared = {id(one) for one in network.parameters()}
    assert {id(one) for one in fast.parameters()} == shared


FOUR_AND_FIVE = [(block, k) for block in (4, 5) for k in (1, 2, 3)]


class Residual(nn.Module):
    """What comes next to a convolution here is not computed next."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = convolution()
        self.relu = nn.ReLU()

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.relu(self.convolution(maps) + maps)


def test_a_relu_is_taken_in_only_where_it_surely_follows() -> None:
    network, maps = Residual(), torch.randn(1, 64, 16, 16)
    fast = with_winograd(network)
    assert isinstance(fast.convolution, WinogradConvolution)
    assert isinstance(fast.relu, nn.ReLU)
    assert apart(fast(maps), network(maps).double()) < 5e-6


def test_a_relu_that_stands_twice_is_computed_twice() -> None:
    relu = nn.ReLU()
    network = nn.Sequential(convolution(), relu, convolution(), relu)
    fast, maps = with_winograd(network), torch.randn(1, 64, 16, 16)
    assert (fast(maps) >= 0).all()
    assert apart(fast(maps), network(maps).double()) < 5e-6
