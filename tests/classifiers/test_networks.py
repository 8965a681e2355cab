"""The networks against a forward pass written in numpy, and against finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from painscope.classifiers.networks import BatchNorm, FrameNetwork, SequenceNetwork

LENGTHS = torch.tensor([6, 3, 1])


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def weights(module: nn.Module) -> dict[str, np.ndarray]:
    return {key: value.double().numpy() for key, value in module.state_dict().items()}


def randomise(module: nn.Module) -> None:
    """Give every weight and every running statistic a value of its own."""
    with torch.no_grad():
        for name, value in [*module.named_parameters(), *module.named_buffers()]:
            if value.is_floating_point():
                value.copy_(torch.randn_like(value) * 0.5)
            if name.endswith("variance"):
                value.copy_(value.abs() + 0.5)


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def numpy_frame(w: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    for layer in (0, 3, 6):
        x = relu(x @ w[f"{layer}.weight"].T + w[f"{layer}.bias"])
    return x @ w["9.weight"].T + w["9.bias"]


def numpy_norm(
    w: dict[str, np.ndarray],
    name: str,
    x: np.ndarray,
    statistics: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    mean, variance = statistics or (w[f"{name}.mean"], w[f"{name}.variance"])
    return (x - mean) / np.sqrt(variance + 1e-3) * w[f"{name}.weight"] + w[f"{name}.bias"]


def numpy_lstm(w: dict[str, np.ndarray], name: str, steps: np.ndarray) -> np.ndarray:
    units = w[f"{name}.recurrent.weight"].shape[1]
    h, c, states = np.zeros(units), np.zeros(units), []
    for x in steps:
        gates = w[f"{name}.input.weight"] @ x + w[f"{name}.input.bias"]
        i, f, g, o = np.split(gates + w[f"{name}.recurrent.weight"] @ h, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)


def numpy_sequence(w: dict[str, np.ndarray], clips: list[np.ndarray], training: bool) -> np.ndarray:
    """Logits [B, C]; in training, normalised by the batch, over real steps only."""

    def norm(name: str, parts: list[np.ndarray]) -> list[np.ndarray]:
        together = np.concatenate(parts)
        batch = (together.mean(0), together.var(0)) if training else None
        return [numpy_norm(w, name, part, batch) for part in parts]

    low = [numpy_lstm(w, "lstm1", part) for part in norm("norm", clips)]
    high = [numpy_lstm(w, "lstm2", part) for part in norm("norm1", low)]
    last = np.concatenate(norm("norm2", [part[-1:] for part in high]))
    hidden = relu(last @ w["dense.weight"].T + w["dense.bias"])
    return hidden @ w["logits.weight"].T + w["logits.bias"]


def test_frame_network_has_the_paper_s_size() -> None:
    network = FrameNetwork(1024, 3)
    assert parameters(network) == 1_185_027
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    shapes = [(layer.in_features, layer.out_features) for layer in layers]
    assert shapes == [(1024, 1024), (1024, 128), (128, 32), (32, 3)]
    assert [layer.p for layer in network if isinstance(layer, nn.Dropout)] == [0.3] * 3
    assert sum(isinstance(layer, nn.ReLU) for layer in network) == 3


def test_sequence_network_has_the_paper_s_size() -> None:
    network = SequenceNetwork(1024, 3)
    # As Keras counts: 4 H (I + H + 1) per LSTM layer, 2 per normalised column, dense layers.
    norms = 2 * (1024 + 32 + 16)
    recurrent = 4 * 32 * (1024 + 32 + 1) + 4 * 16 * (32 + 16 + 1)
    assert parameters(network) == norms + recurrent + (16 * 16 + 16) + (16 * 3 + 3) == 140_899
    assert network.dropout.p == 0.3
    steps, lengths = torch.randn(600, 1024), torch.tensor([300, 300])
    assert network.states(steps, lengths).shape == (600, 16)
    assert network(steps, lengths).shape == (2, 3)


@pytest.mark.parametrize(("features", "classes"), [(52, 2), (1024, 3), (7, 5)])
def test_frame_network_computes_what_numpy_computes(features: int, classes: int) -> None:
    network = FrameNetwork(features, classes).double().eval()
    randomise(network)
    x = torch.randn(9, features, dtype=torch.float64)
    with torch.no_grad():
        got = network(x).numpy()
    np.testing.assert_allclose(got, numpy_frame(weights(network), x.numpy()), rtol=1e-9)


@pytest.mark.parametrize("training", [False, True])
def test_sequence_network_computes_what_numpy_computes(training: bool) -> None:
    network = SequenceNetwork(6, 3, dropout=0.0).double().train(training)
    randomise(network)
    steps = torch.randn(int(LENGTHS.sum()), 6, dtype=torch.float64)
    before = weights(network)
    with torch.no_grad():
        got = network(steps, LENGTHS).numpy()
    clips = [part.numpy() for part in steps.split(LENGTHS.tolist())]
    # The scan's tanh is taken from a sigmoid; all else is as exact as numpy's.
    np.testing.assert_allclose(got, numpy_sequence(before, clips, training), rtol=1e-6)


def weighted_loss(logits: torch.Tensor) -> torch.Tensor:
    targets = torch.arange(len(logits)) % logits.shape[1]
    return functional.cross_entropy(logits, targets, weight=torch.tensor([2.0, 0.5, 0.8]).double())


def check_gradients(
    network: nn.Module, loss: Callable[[], torch.Tensor], numpy_loss: Callable[[], float]
) -> None:
    """Compare autograd with central differences of the loss computed by numpy."""
    network.zero_grad()
    loss().backward()
    rng = np.random.default_rng(0)
    for name, parameter in network.named_parameters():
        flat, gradient = parameter.data.view(-1), parameter.grad.view(-1)
        for index in rng.choice(len(flat), min(4, len(flat)), replace=False):
            value, step = flat[index].item(), 1e-5
            sides = []
            for sign in (1, -1):
                flat[index] = value + sign * step
                sides.append(numpy_loss())
            flat[index] = value
            difference = (sides[0] - sides[1]) / (2 * step)
            assert gradient[index].item() == pytest.approx(difference, rel=1e-4, abs=1e-7), name


def numpy_weighted_loss(logits: np.ndarray) -> float:
    targets = np.arange(len(logits)) % logits.shape[1]
    log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    weight = np.array([2.0, 0.5, 0.8])[targets]
    return float(-(weight * log[np.arange(len(log)), targets]).sum() / weight.sum())


def test_frame_network_s_gradients() -> None:
    network = FrameNetwork(10, 3, dropout=0.0).double()
    x = torch.randn(5, 10, dtype=torch.float64)
    check_gradients(
        network,
        lambda: weighted_loss(network(x)),
        lambda: numpy_weighted_loss(numpy_frame(weights(network), x.numpy())),
    )


@pytest.mark.parametrize("training", [False, True])
def test_sequence_network_s_gradients(training: bool) -> None:
    network = SequenceNetwork(6, 3, dropout=0.0).double().train(training)
    randomise(network)
    steps = torch.randn(int(LENGTHS.sum()), 6, dtype=torch.float64)
    clips = [part.numpy() for part in steps.split(LENGTHS.tolist())]
    check_gradients(
        network,
        lambda: weighted_loss(network(steps, LENGTHS)),
        lambda: numpy_weighted_loss(numpy_sequence(weights(network), clips, training)),
    )


def test_normalising_into_a_layer_is_normalising_before_it() -> None:
    layer, rows = nn.Linear(4, 3).double(), torch.randn(50, 4).double() * 3 + 1
    results = []
    for into in (False, True):
        norm = BatchNorm(4).double()
        with torch.no_grad():
            norm.weight.copy_(torch.tensor([1.0, -2.0, 0.5, 3.0]))
            norm.bias.copy_(torch.tensor([0.5, 0.0, -1.0, 2.0]))
        layer.zero_grad()
        out = norm.into(layer, rows) if into else layer(norm(rows))
        out.square().sum().backward()
        results.append(
            [out, layer.weight.grad.clone(), norm.weight.grad, norm.bias.grad, norm.mean]
        )
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other)


def test_running_statistics_are_the_batches_average_then_keras_moving_one() -> None:
    torch.manual_seed(0)
    norm = BatchNorm(2)
    batches = [torch.randn(8, 2) * 3 + 5 for _ in range(120)]
    for batch in batches[:100]:
        norm(batch)
    means = torch.stack([batch.mean(0) for batch in batches[:100]])
    variances = torch.stack([batch.var(0, correction=0) for batch in batches[:100]])
    torch.testing.assert_close(norm.mean, means.mean(0))
    torch.testing.assert_close(norm.variance, variances.mean(0))
    expected = norm.mean.clone()
    for batch in batches[100:]:
        norm(batch)
        expected = 0.99 * expected + 0.01 * batch.mean(0)
    torch.testing.assert_close(norm.mean, expected)


def test_a_single_row_is_normalised_by_what_was_learnt() -> None:
    norm = BatchNorm(2)
    row = torch.tensor([[3.0, -1.0]])
    torch.testing.assert_close(norm(row), row / 1.001**0.5)
    assert int(norm.batches) == 0
