"""How relevance passes one layer: captum's rules, and the two that it lacks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, PropagationRule
from torch import Tensor, nn
from torch.nn.grad import conv2d_input

from painscope.errors import ExplanationError

__all__ = ["PRESETS", "AlphaBetaRule", "FlatRule", "kept_share", "rule_for"]

#: Added to denominators where a rule has no ε of its own.
TINY = 1e-9

#: Layers that relevance passes unchanged: it lies on active units only.
NONLINEAR = (nn.ReLU, nn.Dropout)
#: Layers without weights: relevance is shared in proportion to what each input gave.
PROPORTIONAL = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)


class _LayerRule(PropagationRule):
    """A rule computed from the layer itself; captum's own go through its gradient."""

    def forward_hook(self, module: nn.Conv2d, inputs: Any, outputs: Tensor) -> Tensor:
        self._layer = module
        return super().forward_hook(module, inputs, outputs)

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Tensor) -> None:
        """Leave the weights as they are."""

    def _create_backward_hook_output(self, outputs: Tensor) -> Callable[[Tensor], Tensor]:
        def keep(relevance: Tensor) -> Tensor:
            self.relevance_output[relevance.device] = relevance.data
            return relevance

        return keep

    def _create_backward_hook_input(self, inputs: Tensor) -> Callable[[Tensor], Tensor]:
        def replace(gradient: Tensor) -> Tensor:
            upper = self.relevance_output[gradient.device]
            lower = self._share(self._layer, inputs, upper)
            self.relevance_input[gradient.device] = lower
            gradient.replace_out = lower  # type: ignore[attr-defined] # captum's ReLU hook asks
            return lower

        return replace

    def _share(self, layer: nn.Conv2d, inputs: Tensor, relevance: Tensor) -> Tensor:
        raise NotImplementedError


class AlphaBetaRule(_LayerRule):
    """α times the relevance along what excites a unit, minus β along what inhibits it.

    With α − β = 1 a unit's relevance is conserved [1]_. A unit that nothing inhibits has
    nowhere to send −β: all its relevance follows what excites it, once. Biases take no part.
    For convolutions of inputs that are nowhere negative.

    Parameters
    ----------
    alpha, beta : float

    References
    ----------
    .. [1] Bach et al., On pixel-wise explanations for non-linear classifier decisions by
       layer-wise relevance propagation, PLoS ONE 10(7), 2015, equation 60.
    """

    def __init__(self, alpha: float, beta: float) -> None:
        if not math.isclose(alpha - beta, 1):
            raise ValueError(f"α − β must be 1, not {alpha:g} − {beta:g}")
        self.alpha, self.beta = alpha, beta

    def _share(self, layer: nn.Conv2d, inputs: Tensor, relevance: Tensor) -> Tensor:
        excited = _convolve(layer, inputs, layer.weight.clamp(min=0))
        inhibited = _convolve(layer, inputs, layer.weight.clamp(max=0))
        both = (inhibited < -TINY) & (excited > TINY)
        up = torch.where(both, self.alpha * relevance, relevance)
        down = torch.where(both, self.beta * relevance, torch.zeros_like(relevance))
        along = _back(layer, inputs, layer.weight.clamp(min=0), _divide(up, excited))
        against = _back(layer, inputs, layer.weight.clamp(max=0), _divide(down, inhibited))
        return inputs * (along - against)


class FlatRule(_LayerRule):
    """A unit's relevance in equal parts to all the inputs that it sees.

    For the first convolution: pictures have no zero that would mean "nothing there". The
    border that padding adds gets nothing.
    """

    def _share(self, layer: nn.Conv2d, inputs: Tensor, relevance: Tensor) -> Tensor:
        ones = torch.ones_like(layer.weight)
        seen = _convolve(layer, torch.ones_like(inputs), ones)
        return _back(layer, inputs, ones, relevance / seen)


#: Each preset's rule for convolutions after the first; dense layers have ε, the first
#: convolution is flat. Names and rules as iNNvestigate's (Alber et al., JMLR 20:93, 2019).
PRESETS: dict[str, Callable[[], PropagationRule]] = {
    "epsilon-plus-flat": lambda: Alpha1_Beta0_Rule(set_bias_to_zero=True),
    "epsilon-alpha2-beta1-flat": lambda: AlphaBetaRule(2, 1),
}


def rule_for(
    name: str, layer: nn.Module, preset: str, epsilon: float, *, first: bool
) -> PropagationRule | None:
    """Return a layer's rule; None for what relevance passes unchanged.

    Raises
    ------
    ExplanationError
        If the preset has no rule for the layer; it names it.
    """
    if isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.padding_mode == "zeros":
        return FlatRule() if first else PRESETS[preset]()
    if isinstance(layer, nn.Linear):
        return EpsilonRule(epsilon)
    if isinstance(layer, PROPORTIONAL):
        return EpsilonRule(TINY)
    if isinstance(layer, NONLINEAR):
        return None
    raise ExplanationError(
        f"layer {name}: {preset} has no rule for {type(layer).__name__}",
        hint="Fold batch normalisation (painscope.networks.fold_batch_norm); other layers need "
        "a rule in painscope/explain/rules.py.",
    )


def kept_share(layer: nn.Module, rule: PropagationRule, inputs: Tensor) -> Tensor:
    """Return the share of each output's relevance that a rule must hand to the inputs.

    The rest is taken by ε and, on dense layers, by the bias: (z − b) / (z + ε sign z). On a
    convolution, a unit that only its bias made active has no input to hand anything to.

    Parameters
    ----------
    inputs : float [B, …]
        The layer's.

    Returns
    -------
    float [B, …]
        Of the shape of the layer's outputs.
    """
    if isinstance(rule, FlatRule):
        return torch.ones_like(layer(inputs))
    if isinstance(layer, nn.Conv2d) and not isinstance(rule, EpsilonRule):
        excited = _convolve(layer, inputs, layer.weight.clamp(min=0))
        return excited / (excited + TINY)
    outputs = layer(inputs)
    bias = getattr(layer, "bias", None)
    if bias is not None and outputs.ndim == 4:
        bias = bias[:, None, None]
    own = outputs if bias is None else outputs - bias
    sign = torch.where(outputs < 0, -1.0, 1.0)
    return own / (outputs + sign * rule.STABILITY_FACTOR)


def _convolve(layer: nn.Conv2d, inputs: Tensor, weight: Tensor) -> Tensor:
    assert not isinstance(layer.padding, str)
    return nn.functional.conv2d(inputs, weight, None, layer.stride, layer.padding, layer.dilation)


def _back(layer: nn.Conv2d, inputs: Tensor, weight: Tensor, values: Tensor) -> Tensor:
    """Send values at the outputs back along the weights."""
    return conv2d_input(inputs.shape, weight, values, layer.stride, layer.padding, layer.dilation)


def _divide(values: Tensor, by: Tensor) -> Tensor:
    return torch.where(by.abs() > TINY, values / by, torch.zeros_like(values))
