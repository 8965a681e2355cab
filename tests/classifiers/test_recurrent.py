from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from painscope.classifiers.recurrent import LSTM

LENGTHS = torch.tensor([7, 1, 12, 4])


def layer_pair(inputs: int = 5, units: int = 3) -> tuple[LSTM, nn.LSTM]:
    """The layer under test and PyTorch's with the same weights, in double precision."""
    torch.manual_seed(1)
    ours, theirs = LSTM(inputs, units).double(), nn.LSTM(inputs, units).double()
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.input.weight)
        theirs.weight_hh_l0.copy_(ours.recurrent.weight)
        theirs.bias_ih_l0.copy_(ours.input.bias)
        theirs.bias_hh_l0.zero_()
    return ours, theirs


def test_states_are_those_of_pytorch() -> None:
    ours, theirs = layer_pair()
    steps = torch.randn(int(LENGTHS.sum()), 5, dtype=torch.float64)
    with torch.no_grad():
        states = ours(steps, LENGTHS)
        expected = torch.cat([theirs(part)[0] for part in steps.split(LENGTHS.tolist())])
    torch.testing.assert_close(states, expected)


def test_gradients_are_those_of_pytorch() -> None:
    ours, theirs = layer_pair()
    steps = torch.randn(int(LENGTHS.sum()), 5, dtype=torch.float64, requires_grad=True)
    wish = torch.randn(int(LENGTHS.sum()), 3, dtype=torch.float64)
    (ours(steps, LENGTHS) * wish).sum().backward()
    towards, steps.grad = steps.grad, None
    parts = [theirs(part)[0] for part in steps.split(LENGTHS.tolist())]
    (torch.cat(parts) * wish).sum().backward()
    torch.testing.assert_close(towards, steps.grad)
    torch.testing.assert_close(ours.input.weight.grad, theirs.weight_ih_l0.grad)
    torch.testing.assert_close(ours.input.bias.grad, theirs.bias_ih_l0.grad)
    torch.testing.assert_close(ours.recurrent.weight.grad, theirs.weight_hh_l0.grad)


def test_gradients_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    layer = LSTM(3, 2).double()
    gates = torch.randn(6, 8, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([4, 2])
    assert torch.autograd.gradcheck(lambda g: layer.scan(g, lengths), gates)


def test_any_number_of_threads_gives_the_same() -> None:
    layer = LSTM(5, 4)
    steps = torch.randn(int(LENGTHS.sum()), 5)
    before = torch.get_num_threads()
    states = []
    try:
        for threads in (1, 2, 9):
            torch.set_num_threads(threads)
            states.append(layer.scan(layer.input(steps).detach(), LENGTHS).detach())
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(states[0], states[2], rtol=0, atol=1e-6)


def test_what_vanishes_through_time_is_zero_not_denormal() -> None:
    torch.manual_seed(0)
    layer = LSTM(4, 8)
    gates = torch.randn(2000, 32, requires_grad=True)
    layer.scan(gates, torch.tensor([2000]))[-1].sum().backward()
    sizes = gates.grad.abs().numpy()
    assert sizes[-1].max() > 1e-3
    assert (sizes[0] == 0).all()
    smallest_normal = np.finfo(np.float32).tiny
    assert not ((sizes > 0) & (sizes < smallest_normal)).any()


def test_starts_as_keras_does() -> None:
    torch.manual_seed(0)
    layer = LSTM(10, 6)
    assert layer.input.bias.tolist() == [0.0] * 6 + [1.0] * 6 + [0.0] * 12
    product = layer.recurrent.weight.T @ layer.recurrent.weight
    torch.testing.assert_close(product, torch.eye(6), rtol=0, atol=1e-5)
    limit = (6 / (10 + 24)) ** 0.5
    assert 0.9 * limit < layer.input.weight.abs().max().item() <= limit


@pytest.mark.parametrize("units", [1, 16, 32])
def test_one_step_alone(units: int) -> None:
    layer = LSTM(2, units)
    assert layer(torch.zeros(1, 2), torch.tensor([1])).shape == (1, units)
