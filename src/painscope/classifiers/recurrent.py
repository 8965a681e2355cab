"""An LSTM layer over sequences of any lengths, compiled by numba for the processor.

PyTorch's own layer takes seconds per batch on 300 steps: gradients that vanish
backwards through time become denormal numbers, which processors work off slowly, and
its threads wait for each other at every step. Here one thread runs each sequence from
end to end, nothing is padded, and what has vanished is set to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

__all__ = ["LSTM"]

_VANISHED = 1e-30
"""Gradients below this are set to zero: nothing that float32 could add to a weight."""


class LSTM(nn.Module):
    """One LSTM layer, from a zero state.

    Gates are in PyTorch's order (input, forget, cell, output). Initialised as Keras
    does: Glorot-uniform input weights, orthogonal recurrent weights, zero bias but for
    the forget gate's, which is 1.

    Parameters
    ----------
    inputs, units : int
        Length of a step's input and of the state.
    """

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.input = nn.Linear(inputs, 4 * units)
        self.recurrent = nn.Linear(units, 4 * units, bias=False)
        nn.init.xavier_uniform_(self.input.weight)
        nn.init.orthogonal_(self.recurrent.weight)
        nn.init.zeros_(self.input.bias)
        nn.init.ones_(self.input.bias[units : 2 * units])

    def forward(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Run over a batch of sequences laid end to end.

        Parameters
        ----------
        steps : float [M, inputs]
            All steps of the first sequence, then all of the second, …
        lengths : int64 [B]
            Steps of each sequence; they add up to M.

        Returns
        -------
        float [M, units]
            The state after each step.
        """
        return _Scan.apply(self.input(steps), self.recurrent.weight, lengths)


class _Scan(torch.autograd.Function):
    """The recurrence: gates [M, 4H] without the state's part, weight [4H, H] → states [M, H]."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, lengths: Tensor) -> Tensor:
        stops = np.cumsum(lengths.numpy())
        active = gates.detach().numpy().copy()
        cells, squashed, states = (np.empty_like(active[:, : weight.shape[1]]) for _ in range(3))
        _run(active, weight.detach().numpy().T.copy(), stops, cells, squashed, states)
        ctx.save_for_backward(weight)
        ctx.arrays = stops, active, cells, squashed, states
        return torch.from_numpy(states.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        (weight,) = ctx.saved_tensors
        stops, active, cells, squashed, states = ctx.arrays
        d_gates = np.empty_like(active)
        given = gradient.contiguous().numpy()
        _run_back(given, active, weight.detach().numpy(), stops, cells, squashed, d_gates)
        before = np.roll(states, 1, axis=0)  # the state that each step started from
        before[np.concatenate([[0], stops[:-1]])] = 0
        result = torch.from_numpy(d_gates)
        return result, result.t() @ torch.from_numpy(before), None


def _kernel(function: Callable[..., Any]) -> Any:
    """Compile on first use, kept on disk where any place for that can be written."""
    try:
        return numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # no writable folder, beside the package or at home
        return numba.njit(error_model="numpy")(function)


@_kernel
def _run(active, weight, stops, cells, squashed, states):  # type: ignore[no-untyped-def]
    """Fill cells, their tanh and states; `active` holds the gates' inputs, then their outputs."""
    units = weight.shape[0]
    one = active.dtype.type(1)
    start = 0
    for stop in stops:
        for t in range(start, stop):
            now = active[t]
            if t > start:
                for k in range(units):
                    state = states[t - 1, k]
                    for j in range(4 * units):
                        now[j] += state * weight[k, j]
            for k in range(units):
                i = one / (one + np.exp(-now[k]))
                f = one / (one + np.exp(-now[units + k]))
                g = np.tanh(now[2 * units + k])
                o = one / (one + np.exp(-now[3 * units + k]))
                cell = i * g
                if t > start:
                    cell += f * cells[t - 1, k]
                now[k], now[units + k], now[2 * units + k], now[3 * units + k] = i, f, g, o
                cells[t, k] = cell
                squashed[t, k] = np.tanh(cell)
                states[t, k] = o * squashed[t, k]
        start = stop


@_kernel
def _run_back(given, active, weight, stops, cells, squashed, d_gates):  # type: ignore[no-untyped-def]
    """Fill the gradients of the gates' inputs from those of the states."""
    units = weight.shape[1]
    one, zero = active.dtype.type(1), active.dtype.type(0)
    d_state = np.empty(units, active.dtype)
    d_cell = np.empty(units, active.dtype)
    start = 0
    for stop in stops:
        d_state[:] = zero
        d_cell[:] = zero
        for t in range(stop - 1, start - 1, -1):
            for k in range(units):
                i, f = active[t, k], active[t, units + k]
                g, o = active[t, 2 * units + k], active[t, 3 * units + k]
                out = squashed[t, k]
                down = d_state[k] + given[t, k]
                here = d_cell[k] + down * o * (one - out * out)
                before = cells[t - 1, k] if t > start else zero
                d_gates[t, k] = here * g * i * (one - i)
                d_gates[t, units + k] = here * before * f * (one - f)
                d_gates[t, 2 * units + k] = here * i * (one - g * g)
                d_gates[t, 3 * units + k] = down * out * o * (one - o)
                here *= f
                d_cell[k] = here if abs(here) > _VANISHED else zero
                d_state[k] = zero
            for j in range(4 * units):
                gate = d_gates[t, j]
                for k in range(units):
                    d_state[k] += gate * weight[j, k]
            for k in range(units):
                if abs(d_state[k]) < _VANISHED:
                    d_state[k] = zero
        start = stop
