"""Layer-wise relevance propagation whose conservation is checked on every call."""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import PropagationRule
from torch import Tensor, nn

from painscope.errors import ExplanationError, UsageError, did_you_mean
from painscope.explain.rules import PRESETS, kept_share, rule_for
from painscope.networks import VGG16GAP, fold_batch_norm

__all__ = ["EPSILON", "Relevance", "as_chain", "relevance"]

#: ε of the dense layers, iNNvestigate's.
EPSILON = 0.1

#: Largest error of a layer's sum, as a share of all the relevance it moves: rounding in
#: float32 stays a hundred times below.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Relevance:
    """Why a network gives its pictures these scores.

    Attributes
    ----------
    maps : float32 [B, H, W]
        What each pixel, all its channels together, contributes to the score.
    score : float32 [B]
        The explained output.
    absorbed : float32 [B]
        What biases and ε took of the score: ``score - maps.sum(axis=(1, 2))``, and what the
        layers' own sums say was taken.
    """

    maps: np.ndarray
    score: np.ndarray
    absorbed: np.ndarray


def as_chain(network: VGG16GAP, target: int) -> nn.Sequential:
    """Return a copy of a network as a chain of layers with one output: the evidence for a class.

    The evidence is the class's logit minus the mean of the others'; of two classes it is the
    log odds. A logit alone means nothing: adding the same to all changes no answer.

    Parameters
    ----------
    network : VGG16GAP
    target : int
        The class's number.

    Returns
    -------
    Sequential
        From prepared pictures [B, 3, H, W] to [B, 1]. Its layers are named: ``conv1_1``,
        ``relu1_1``, …, ``average``, ``flatten``, ``dense``, ``relu``, ``head``.

    Raises
    ------
    UsageError
        If there is no such class.
    """
    if not 0 <= target < network.classes:
        raise UsageError(f"the network has {network.classes} classes, none is number {target}")
    network = fold_batch_norm(network)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in network.trunk.named_children():
        layers[name] = nn.ReLU() if isinstance(layer, nn.ReLU) else layer
    head = nn.Linear(network.feature_size, 1).to(network.head.weight)
    against = torch.full((network.classes,), -1 / (network.classes - 1)).to(network.head.weight)
    against[target] = 1.0
    with torch.no_grad():
        head.weight[0] = against @ network.head.weight
        head.bias[0] = against @ network.head.bias
    layers |= {
        "average": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(),
        "dense": network.dense,
        "relu": nn.ReLU(),
        "head": head,
    }
    return nn.Sequential(layers).eval().requires_grad_(False)


def relevance(
    chain: nn.Sequential,
    images: Tensor,
    *,
    preset: str = "epsilon-plus-flat",
    epsilon: float = EPSILON,
) -> Relevance:
    """Return the relevance of every pixel to the output of a chain of layers.

    Parameters
    ----------
    chain : Sequential
        In evaluation mode and with one output, such as `as_chain` gives. Its weights are left
        as they were.
    images : float [B, C, H, W]
        Prepared as the network wants them.
    preset : {"epsilon-plus-flat", "epsilon-alpha2-beta1-flat"}
        α1β0 or α2β1 on convolutions, ε on dense layers, flat on the first convolution. Pools
        share in proportion to their inputs, a max-pool with its winner.
    epsilon : float
        Of the dense layers.

    Returns
    -------
    Relevance

    Raises
    ------
    ExplanationError
        If a layer has no rule, or a layer's relevance is not conserved.
    UsageError
        If the preset or ε is impossible.
    """
    if preset not in PRESETS:
        raise UsageError(f"unknown preset {preset!r}", hint=did_you_mean(preset, PRESETS))
    if not epsilon > 0:
        raise UsageError(f"ε must be above 0, not {epsilon:g}")
    chain = copy.deepcopy(chain)  # captum changes weights while it works
    rules = _attach(chain, preset, epsilon)
    images = images.detach().clone().requires_grad_()
    attributed = LRP(chain).attribute(images, target=0).detach()
    with torch.no_grad():
        score, taken = _check(chain, rules, images)
    maps = attributed.sum(dim=1)
    return Relevance(*(part.float().cpu().numpy() for part in (maps, score, taken)))


def _attach(chain: nn.Sequential, preset: str, epsilon: float) -> dict[str, PropagationRule | None]:
    rules: dict[str, PropagationRule | None] = {}
    first = True
    for name, layer in chain.named_children():
        rules[name] = rule_for(name, layer, preset, epsilon, first=first)
        if rules[name] is not None:
            layer.rule = rules[name]  # type: ignore[assignment]
        first = first and not isinstance(layer, nn.Conv2d)
    return rules


def _check(
    chain: nn.Sequential, rules: dict[str, PropagationRule | None], images: Tensor
) -> tuple[Tensor, Tensor]:
    """Compare what every layer handed down with what it had to; return score and what was taken.

    captum normalises: the relevance that its rules saw is that of an output of 1.
    """
    inputs, values = {}, images
    for name, layer in chain.named_children():
        inputs[name] = values
        values = layer(values)
    score = values[:, 0]
    expected, taken = _total(torch.ones_like(values)), torch.zeros_like(score)
    for name, layer in reversed(list(chain.named_children())):
        rule = rules[name]
        if rule is None:
            continue
        upper = rule.relevance_output[images.device]
        lower = rule.relevance_input[images.device]
        assert isinstance(lower, Tensor)
        moved = _total(upper.abs()) + _total(lower.abs())
        _agree(name, "received", _total(upper), expected, moved)
        expected = _total(upper * kept_share(layer, rule, inputs[name]))
        _agree(name, "handed down", _total(lower), expected, moved)
        taken += _total(upper) - _total(lower)
        expected = _total(lower)
    return score, taken * score


def _agree(name: str, what: str, found: Tensor, expected: Tensor, moved: Tensor) -> None:
    error = (found - expected).abs() / moved.clamp(min=1e-12)
    worst = float(error.nan_to_num(nan=torch.inf).max())
    if not worst <= TOLERANCE:
        raise ExplanationError(
            f"relevance is not conserved: layer {name} {what} {worst:.1%} more or less than it had "
            "to, so there is no map",
            hint="Are the weights finite, and does the network compute what its layers say?",
        )


def _total(values: Tensor) -> Tensor:
    return values.double().flatten(1).sum(dim=1)
