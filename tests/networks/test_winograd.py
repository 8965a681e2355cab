from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from painscope.networks import VGG16GAP
from painscope.networks.winograd import (
    FEWEST_PLACES,
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
        ((3, 96, 5, 41), 64),
        ((2, 64, 1, 196), 64),
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
    assert values.is_contiguous(memory_format=memory)
    assert apart(values, exact) < 5e-6
    assert (values < 0).any()


def test_the_largest_of_these_is_multiplied_in_two_parts() -> None:
    assert TILES < 12 * 12
    assert (12 * 12) % TILES


def test_small_maps_are_convolved_as_ever() -> None:
    plain, maps = convolution(), torch.randn(2, 64, 13, 13)
    assert FEWEST_PLACES > 13 * 13
    assert torch.equal(WinogradConvolution(plain)(maps), plain(maps))


def test_whatever_else_comes_is_treated_as_ever() -> None:
    plain = convolution()
    fast, maps = WinogradConvolution(plain), torch.randn(64, 16, 16)
    assert torch.equal(fast(maps), plain(maps))  # one map without a batch
    assert fast(maps[None, :][:0]).shape == (0, 64, 16, 16)
    exact = copy.deepcopy(fast).double()(maps[None].double())
    assert torch.equal(exact, copy.deepcopy(plain).double()(maps[None].double()))
    with pytest.raises(RuntimeError, match="72 channels"):
        fast(torch.randn(1, 72, 16, 16))


def test_gradients_are_those_of_the_convolution() -> None:
    with torch.inference_mode(False), torch.enable_grad():
        plain, maps = convolution(), torch.randn(1, 64, 16, 16)
        fast = WinogradConvolution(plain)
        assert fast.weight is plain.weight
        fast(maps).sum().backward()
        assert plain.weight.grad is not None


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


def hooked() -> nn.Conv2d:
    layer = nn.Conv2d(64, 64, 3, padding=1)
    layer.register_forward_hook(lambda _layer, _maps, values: 2 * values)
    return layer


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
        hooked(),
        nn.Linear(64, 64),
    ],
    ids=str,
)
def test_other_layers_are_left_alone(layer: nn.Module) -> None:
    assert not WinogradConvolution.fits(layer)
    assert type(with_winograd(nn.Sequential(layer))[0]) is type(layer)
    with pytest.raises(ValueError, match="not for Winograd's way"):
        WinogradConvolution(layer)  # type: ignore[arg-type]


FOUR_AND_FIVE = [(block, k) for block in (4, 5) for k in (1, 2, 3)]


def test_a_network_keeps_its_parameters_and_its_answers() -> None:
    network = VGG16GAP(1 / 4).train()
    images = torch.randn(2, 3, 130, 114)
    exact = copy.deepcopy(network).double().features(images.double())
    plain = apart(network.features(images), exact)
    fast = with_winograd(network)
    replaced = [n for n, m in fast.trunk.named_children() if isinstance(m, WinogradConvolution)]
    assert replaced == [f"conv{b}_{k}" for b, k in ((3, 2), (3, 3), *FOUR_AND_FIVE)]
    assert list(fast.state_dict()) == list(network.state_dict())
    assert {id(one) for one in fast.parameters()} == {id(one) for one in network.parameters()}
    assert apart(fast.features(images), exact) < 2 * plain
    assert not fast.training
    assert network.training
    assert not any(isinstance(module, WinogradConvolution) for module in network.modules())
    used = [n for n in replaced if fast.trunk.get_submodule(n).filters is not None]
    assert used == ["conv3_2", "conv3_3", "conv4_1", "conv4_2", "conv4_3"]  # of large maps


class Residual(nn.Module):
    """Layers that stand twice, and a way that is no sequence."""

    def __init__(self) -> None:
        super().__init__()
        norm, relu = nn.BatchNorm2d(64), nn.ReLU()
        self.first = nn.Sequential(norm, convolution(), norm, relu)
        self.second, self.relu = convolution(), relu
        self.shape = self.second.out_channels

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.relu(self.second(self.first(maps)) + maps) * self.second.weight.mean()


def test_any_network_answers_as_before() -> None:
    network, maps = Residual().eval(), torch.randn(1, 64, 16, 16)
    fast = with_winograd(network)
    assert isinstance(fast.first[1], WinogradConvolution)
    assert isinstance(fast.second, WinogradConvolution)
    assert fast.first[0] is fast.first[2]
    assert fast.first[3] is fast.relu
    assert apart(fast(maps), network(maps).double()) < 5e-6


@pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated")
def test_a_network_that_cannot_be_copied_deeply_is_taken_too() -> None:
    with torch.inference_mode(False), torch.enable_grad():
        network = nn.Sequential(nn.utils.weight_norm(convolution()), nn.ReLU(), convolution())
        with pytest.raises(RuntimeError, match="deepcopy"):
            copy.deepcopy(network)
    maps = torch.randn(1, 64, 16, 16)
    assert apart(with_winograd(network)(maps), network(maps).double()) < 5e-6
