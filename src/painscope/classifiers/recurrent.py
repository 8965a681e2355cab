"""An LSTM layer over sequences of any lengths, compiled by numba for the processor.

PyTorch's own layer takes seconds per batch on 300 steps: gradients that vanish
backwards through time become denormal numbers, which processors work off slowly, and
its threads wait for each other at every step. Here a thread runs whole sequences from
end to end, nothing is padded, and what has vanished is set to zero.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from painscope.compiled import kernel

__all__ = ["LSTM"]

#: Gradients below this are set to zero: nothing that float32 could add to a weight.
_VANISHED = 1e-30


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
        return self.scan(self.input(steps), lengths)

    def scan(self, gates: Tensor, lengths: Tensor) -> Tensor:
        """Run over what the steps give to the gates, float [M, 4 units]; see `forward`."""
        return _Scan.apply(gates, self.recurrent.weight, lengths)


class _Scan(torch.autograd.Function):
    """The recurrence: gates [M, 4H] without the state's part, weight [4H, H] → states [M, H]."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, lengths: Tensor) -> Tensor:
        stops = np.cumsum(lengths.numpy())
        starts = stops - lengths.numpy()
        active = gates.detach().numpy().copy()
        cells, squashed, states = (np.empty_like(active[:, : weight.shape[1]]) for _ in range(3))
        transposed = weight.detach().numpy().T.copy()
        _share(_run, starts, stops, active, transposed, cells, squashed, states)
        ctx.save_for_backward(weight)
        ctx.arrays = starts, stops, active, cells, squashed, states
        return torch.from_numpy(states.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        (weight,) = ctx.saved_tensors
        starts, stops, active, cells, squashed, states = ctx.arrays
        given, d_gates = gradient.contiguous().numpy(), np.empty_like(active)
        matrix = weight.detach().numpy()
        _share(_run_back, starts, stops, given, active, matrix, cells, squashed, d_gates)
        before = np.roll(states, 1, axis=0)  # the state that each step started from
        before[starts] = 0
        result = torch.from_numpy(d_gates)
        return result, result.t() @ torch.from_numpy(before), None


def _share(work: Any, starts: np.ndarray, stops: np.ndarray, *arrays: np.ndarray) -> None:
    """Run a kernel over all sequences, shared out among torch's number of threads."""
    shares = np.array_split(np.arange(len(starts)), min(torch.get_num_threads(), len(starts)))
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(lambda part: work(starts[part], stops[part], *arrays), shares))


@numba.njit(error_model="numpy")
def _sigmoid(x):  # type: ignore[no-untyped-def]
    one = type(x)(1)
    return one / (one + np.exp(-x))


@numba.njit(error_model="numpy")
def _tanh(x):  # type: ignore[no-untyped-def]
    return _sigmoid(x + x) * type(x)(2) - type(x)(1)  # half the time of np.tanh


@kernel(nogil=True)
def _run(starts, stops, active, weight, cells, squashed, states):  # type: ignore[no-untyped-def]
    """Fill cells, their tanh and states; `active` holds the gates' inputs, then their outputs."""
    units = weight.shape[0]
    for start, stop in zip(starts, stops):  # noqa: B905 - numba's zip knows no strict
        for t in range(start, stop):
            now = active[t]
            if t > start:
                for k in range(units):
                    state = states[t - 1, k]
                    for j in range(4 * units):
                        now[j] += state * weight[k, j]
            for k in range(units):
                i, f = _sigmoid(now[k]), _sigmoid(now[units + k])
                g, o = _tanh(now[2 * units + k]), _sigmoid(now[3 * units + k])
                cell = i * g
                if t > start:
                    cell += f * cells[t - 1, k]
                now[k], now[units + k], now[2 * units + k], now[3 * units + k] = i, f, g, o
                cells[t, k] = cell
                squashed[t, k] = _tanh(cell)
                states[t, k] = o * squashed[t, k]


@kernel(nogil=True)
def _run_back(starts, stops, given, active, weight, cells, squashed, d_gates):  # type: ignore[no-untyped-def]
    """Fill the gradients of the gates' inputs from those of the states."""
    units = weight.shape[1]
    one, zero = active.dtype.type(1), active.dtype.type(0)
    d_state = np.empty(units, active.dtype)
    d_cell = np.empty(units, active.dtype)
    for start, stop in zip(starts, stops):  # noqa: B905
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
