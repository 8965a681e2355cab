"""Maps of what a network looks at: relevance, and two other methods to compare it with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from painscope.errors import ExplanationError, UsageError, did_you_mean
from painscope.explain.propagation import EPSILON, as_chain, relevance
from painscope.networks import Checkpoint, pick_device, prepare

__all__ = ["METHODS", "Explainer", "Explanation", "grad_cam", "integrated_gradients"]

METHODS = ("relevance", "integrated-gradients", "grad-cam")

#: Steps of the path from black to the picture.
STEPS = 32


@dataclass(frozen=True)
class Explanation:
    """Maps of B pictures.

    Attributes
    ----------
    maps : float32 [B, S, S]
        What each pixel speaks for the class (above 0) or against it.
    score : float32 [B]
        The evidence that is explained: of two classes the log odds.
    absorbed : float32 [B]
        What the maps leave out of the score; NaN where a method does not promise to add up.
    """

    maps: np.ndarray
    score: np.ndarray
    absorbed: np.ndarray


class Explainer:
    """Explains one class of one network.

    Parameters
    ----------
    checkpoint : Checkpoint
    label : str, optional
        The class to explain; by default the last one, most pain.
    method : {"relevance", "integrated-gradients", "grad-cam"}
    preset, epsilon
        Of relevance: see `painscope.explain.relevance`.

    Raises
    ------
    UsageError
        If the class or the method is unknown.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        label: str | None = None,
        method: str = "relevance",
        preset: str = "epsilon-plus-flat",
        epsilon: float = EPSILON,
    ) -> None:
        network, card = checkpoint
        self.label = card.classes[-1] if label is None else label
        if self.label not in card.classes:
            raise UsageError(
                f"the network has no class {label!r}", hint=f"It has: {', '.join(card.classes)}."
            )
        if method not in METHODS:
            raise UsageError(f"unknown method {method!r}", hint=did_you_mean(method, METHODS))
        self.card, self.method, self.preset, self.epsilon = card, method, preset, epsilon
        self.device = pick_device("auto")
        self.chain = as_chain(network, card.classes.index(self.label)).to(self.device)

    def explain(self, crops: np.ndarray) -> Explanation:
        """Return the maps of face crops, uint8 [B, S, S, 3] of the network's input size.

        Raises
        ------
        ExplanationError
            If relevance is not conserved.
        UsageError
            If the preset or ε is impossible.
        """
        images = prepare(torch.from_numpy(crops).to(self.device), self.card.preprocessing)
        if self.method == "relevance":
            found = relevance(self.chain, images, preset=self.preset, epsilon=self.epsilon)
            return Explanation(found.maps, found.score, found.absorbed)
        with torch.no_grad():
            score = self.chain(images)[:, 0]
        if self.method == "grad-cam":
            maps, absorbed = grad_cam(self.chain, images), torch.full_like(score, torch.nan)
        else:
            black = torch.zeros((1, *crops.shape[1:]), dtype=torch.uint8, device=self.device)
            baseline = prepare(black, self.card.preprocessing)
            maps = integrated_gradients(self.chain, images, baseline)
            absorbed = score - maps.sum(dim=(1, 2))
        return Explanation(*(part.float().cpu().numpy() for part in (maps, score, absorbed)))


def integrated_gradients(chain: nn.Module, images: Tensor, baseline: Tensor) -> Tensor:
    """Return integrated gradients [B, H, W], channels summed, of a network with one output.

    Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, ICML 2017. The maps
    add up to the score's difference from the baseline's, but for the integral's steps.

    Parameters
    ----------
    images : float [B, C, H, W]
    baseline : float [1, C, H, W]
        A picture that shows nothing.
    """
    from captum.attr import IntegratedGradients

    found = IntegratedGradients(chain).attribute(
        images, baselines=baseline, n_steps=STEPS, target=0, internal_batch_size=4 * len(images)
    )
    return found.detach().sum(dim=1)


def grad_cam(chain: nn.Sequential, images: Tensor) -> Tensor:
    """Return Grad-CAM [B, H, W] at the last convolution, of a network with one output.

    Selvaraju et al., Grad-CAM, ICCV 2017. Nowhere negative; enlarged linearly from the
    convolution's coarse grid.

    Parameters
    ----------
    chain : Sequential
        Such as `painscope.explain.as_chain` gives.
    images : float [B, C, H, W]

    Raises
    ------
    ExplanationError
        If the network has no convolution.
    """
    from captum.attr import LayerAttribution, LayerGradCam

    layers = list(chain)
    last = max((k for k, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)), default=None)
    if last is None:
        raise ExplanationError("Grad-CAM needs a convolution, and the network has none")
    found = LayerGradCam(chain, layers[last + 1]).attribute(
        images.detach().requires_grad_(), target=0, relu_attributions=True
    )
    size = (images.shape[2], images.shape[3])
    return LayerAttribution.interpolate(found.detach(), size, "bilinear")[:, 0]
