from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import nn

from painscope.errors import ExplanationError, UsageError
from painscope.explain import as_chain, relevance
from painscope.explain.rules import AlphaBetaRule, FlatRule
from painscope.networks import VGG16GAP, random_checkpoint

PRESETS = ("epsilon-plus-flat", "epsilon-alpha2-beta1-flat")


def small_chain(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    chain = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
        nn.ReLU(),
        nn.Linear(5, 1),
    )
    return chain.eval()


def convolve(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Plain loops: x [C, H, W], w [O, C, 3, 3], padding 1."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(w), *x.shape[1:]))
    for o, i, j in np.ndindex(out.shape):
        out[o, i, j] = (padded[:, i : i + 3, j : j + 3] * w[o]).sum()
    return out


def share_out(x: np.ndarray, w: np.ndarray, upper: np.ndarray, part) -> np.ndarray:
    """Hand every output's relevance to its window as `part(contributions, valid)` says."""
    lower = np.zeros((x.shape[0], x.shape[1] + 2, x.shape[2] + 2))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    valid = np.pad(np.ones_like(x), ((0, 0), (1, 1), (1, 1)))
    for o, i, j in np.ndindex(upper.shape):
        window = np.s_[:, i : i + 3, j : j + 3]
        lower[window] += upper[o, i, j] * part(padded[window] * w[o], valid[window])
    return lower[:, 1:-1, 1:-1]


def alpha_beta(alpha: float, beta: float):
    def part(z: np.ndarray, valid: np.ndarray) -> np.ndarray:
        up, down = z.clip(min=0), z.clip(max=0)
        if up.sum() == 0:
            return np.zeros_like(z)
        if beta == 0 or down.sum() == 0:
            return up / up.sum()
        return alpha * up / up.sum() - beta * down / down.sum()

    return part


def by_hand(chain: nn.Sequential, x: np.ndarray, preset: str, epsilon: float):
    w1, b1, w2, b2, w3, b3, w4, b4 = (p.detach().double().numpy() for p in chain.parameters())
    a1 = np.maximum(convolve(x, w1) + b1[:, None, None], 0)
    blocks = a1.reshape(3, 3, 2, 3, 2).transpose(0, 1, 3, 2, 4).reshape(3, 3, 3, 4)
    a2 = blocks.max(-1)
    a3 = np.maximum(convolve(a2, w2) + b2[:, None, None], 0)
    a4 = a3.mean(axis=(1, 2))
    z5 = w3 @ a4 + b3
    a5 = np.maximum(z5, 0)
    z6 = (w4 @ a5 + b4)[0]
    r5 = a5 * w4[0] / (z6 + np.copysign(epsilon, z6)) * z6
    r4 = a4 * (w3.T @ (r5 / (z5 + np.where(z5 < 0, -epsilon, epsilon))))
    total = a3.sum(axis=(1, 2), keepdims=True)
    r3 = np.where(total > 0, a3 / np.where(total > 0, total, 1), 0) * r4[:, None, None]
    part = alpha_beta(1, 0) if preset == "epsilon-plus-flat" else alpha_beta(2, 1)
    r2 = share_out(a2, w2, r3, part)
    won = np.eye(4)[blocks.argmax(-1)] * r2[..., None]
    r1 = won.reshape(3, 3, 3, 2, 2).transpose(0, 1, 3, 2, 4).reshape(3, 6, 6)
    return share_out(x, w1, r1, lambda z, valid: valid / valid.sum()).sum(axis=0), z6


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_presets_are_what_a_propagation_by_hand_gives(preset: str, seed: int, epsilon: float):
    chain = small_chain(seed)
    x = torch.randn(2, 2, 6, 6)
    found = relevance(chain, x, preset=preset, epsilon=epsilon)
    for k in range(2):
        expected, score = by_hand(chain, x[k].double().numpy(), preset, epsilon)
        np.testing.assert_allclose(found.maps[k], expected, rtol=1e-3, atol=1e-6)
        assert found.score[k] == pytest.approx(score, rel=1e-4)
        assert found.absorbed[k] == pytest.approx(score - expected.sum(), rel=1e-3, abs=1e-6)


def test_captums_own_result_where_one_rule_is_enough():
    chain = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 1))
    images = torch.randn(4, 6)
    for layer in (chain[0], chain[2]):
        layer.rule = EpsilonRule(0.1)
    expected = LRP(chain).attribute(images.clone().requires_grad_(), target=0).detach()
    # Pictures are wanted: the six numbers are a picture of 2×3 pixels.
    pictures = nn.Sequential(nn.Flatten(), *chain)
    found = relevance(pictures, images.reshape(4, 1, 2, 3), epsilon=0.1)
    np.testing.assert_allclose(found.maps.reshape(4, 6), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("preset", PRESETS)
def test_relevance_of_the_source_network_adds_up(preset: str):
    network, _ = random_checkpoint(width=0.1, input_size=32)
    images = torch.randn(3, 3, 32, 32)
    found = relevance(as_chain(network, 1), images, preset=preset)
    logits = network(images).detach().numpy()
    np.testing.assert_allclose(found.score, logits[:, 1] - logits[:, 0], atol=1e-5)
    np.testing.assert_allclose(found.maps.sum(axis=(1, 2)) + found.absorbed, found.score, atol=1e-5)
    assert found.maps.shape == (3, 32, 32)


def test_weights_are_left_as_they_were():
    chain = small_chain()
    before = {name: value.clone() for name, value in chain.state_dict().items()}
    relevance(chain, torch.randn(1, 2, 6, 6))
    assert all(torch.equal(before[name], value) for name, value in chain.state_dict().items())
    assert not any(hasattr(layer, "rule") for layer in chain)


def test_a_chain_of_many_classes_weighs_one_against_the_others():
    network = VGG16GAP(0.05, 4).eval()
    images = torch.randn(2, 3, 32, 32)
    logits = network(images).detach()
    expected = logits[:, 2] - logits[:, [0, 1, 3]].mean(dim=1)
    np.testing.assert_allclose(as_chain(network, 2)(images)[:, 0], expected, atol=1e-5)
    with pytest.raises(UsageError, match="none is number 4"):
        as_chain(network, 4)


def test_batch_norm_is_folded():
    network = VGG16GAP(0.05, 2, batch_norm=True).eval()
    for layer in network.modules():  # untrained ones change next to nothing
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -1, 1)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    images = torch.randn(2, 3, 32, 32)
    logits = network(images).detach()
    chain = as_chain(network, 1)
    np.testing.assert_allclose(chain(images)[:, 0], logits[:, 1] - logits[:, 0], rtol=1e-3)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in chain)
    relevance(chain, images)


def test_a_layer_without_a_rule_is_named():
    chain = small_chain()
    chain.insert(1, nn.BatchNorm2d(3))
    with pytest.raises(ExplanationError, match=r"layer 1: .* no rule for BatchNorm2d"):
        relevance(chain, torch.randn(1, 2, 6, 6))


def test_a_network_that_does_more_than_its_layers_fails_the_check():
    class Doubling(nn.Conv2d):
        def forward(self, x):
            return 2 * super().forward(x) + 1

    chain = small_chain()
    chain[3] = Doubling(3, 4, 3, padding=1)
    with pytest.raises(ExplanationError, match="not conserved: layer 3"):
        relevance(chain, torch.randn(2, 2, 6, 6), preset=PRESETS[0])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_broken_rule_fails_the_check(preset: str, monkeypatch: pytest.MonkeyPatch):
    share = FlatRule._share
    monkeypatch.setattr(FlatRule, "_share", lambda *args: 1.01 * share(*args))
    with pytest.raises(ExplanationError, match="not conserved: layer 0 handed down"):
        relevance(small_chain(), torch.randn(2, 2, 6, 6), preset=preset)


def test_weights_that_are_not_finite_fail_the_check():
    chain = small_chain()
    with torch.no_grad():
        chain[7].weight[0, 0] = float("nan")
    with pytest.raises(ExplanationError, match="not conserved"):
        relevance(chain, torch.randn(1, 2, 6, 6))


def test_impossible_settings_are_refused():
    with pytest.raises(UsageError, match="unknown preset"):
        relevance(small_chain(), torch.randn(1, 2, 6, 6), preset="gamma")
    with pytest.raises(UsageError, match="ε"):
        relevance(small_chain(), torch.randn(1, 2, 6, 6), epsilon=0)
    with pytest.raises(ValueError, match="must be 1"):
        AlphaBetaRule(2, 0)
