"""Sanity of explanations: they must change with the weights, and point at what counts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from painscope.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Curves", "cascading_randomisation", "deletion", "insertion"]

#: Gives maps [B, H, W] of pictures by a chain.
Method = Callable[[nn.Sequential, Tensor], np.ndarray]


def cascading_randomisation(
    chain: nn.Sequential, images: Tensor, method: Method, *, seed: int = 0
) -> pd.DataFrame:
    """Draw a network's weights anew, from the last layer down, and compare the maps.

    Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018. A map that stays as it was
    does not depend on what was learned.

    Parameters
    ----------
    chain : Sequential
        Left as it is.
    images : float [B, C, H, W]
        Prepared.
    method : callable
        For example ``lambda chain, images: relevance(chain, images).maps``.
    seed : int
        Of the new weights: He-normal, biases zero.

    Returns
    -------
    DataFrame
        A row per layer drawn anew (with all above it) and picture: ``layer``, ``picture``,
        ``correlation`` (Spearman's, of the map with the trained network's; NaN for a map
        that is the same everywhere).
    """
    import pandas as pd
    from scipy.stats import rankdata

    def ranks(maps: np.ndarray) -> np.ndarray:
        values = rankdata(maps.reshape(len(maps), -1), axis=1)
        values -= values.mean(axis=1, keepdims=True)
        norm = np.linalg.norm(values, axis=1, keepdims=True)
        return np.divide(values, norm, out=np.full_like(values, np.nan), where=norm > 0)

    trained = ranks(method(chain, images))
    changed, generator = copy.deepcopy(chain), torch.Generator().manual_seed(seed)
    rows = []
    for name, layer in reversed(list(changed.named_children())):
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        with torch.no_grad():
            spread = (2 / layer.weight[0].numel()) ** 0.5
            drawn = torch.randn(layer.weight.shape, generator=generator) * spread
            layer.weight.copy_(drawn)
            if layer.bias is not None:
                layer.bias.zero_()
        correlation = (trained * ranks(method(changed, images))).sum(axis=1)
        rows += [(name, k, value) for k, value in enumerate(correlation)]
    return pd.DataFrame(rows, columns=["layer", "picture", "correlation"])


@dataclass(frozen=True)
class Curves:
    """A score while a picture's parts go or come, the most relevant first.

    Attributes
    ----------
    share : float64 [S]
        Of the picture that is changed, 0 to 1.
    score : float32 [B, S]
    random : float32 [R, B, S]
        The same in random orders.
    """

    share: np.ndarray
    score: np.ndarray
    random: np.ndarray


def deletion(
    chain: nn.Module,
    images: Tensor,
    maps: np.ndarray,
    baseline: Tensor,
    *,
    patch: int = 8,
    steps: int = 16,
    randoms: int = 5,
    seed: int = 0,
) -> Curves:
    """Replace a picture's parts by a baseline, the most relevant first, and follow the score.

    Petsiuk et al., RISE, BMVC 2018; here squares of pixels and not single ones, which a
    network does not miss.

    Parameters
    ----------
    chain : Module
        Gives [B, 1].
    images, baseline : float [B, C, H, W]
        Prepared; the baseline shows nothing: the pictures blurred, or one black.
    maps : float [B, H, W]
    patch : int
        Side of the squares in pixels.
    steps : int
        At most so many steps from the picture to the baseline.
    randoms : int
        Random orders to compare with.
    seed : int
        Of these.

    Raises
    ------
    UsageError
        If the pictures are smaller than a square.
    """
    blank = baseline.expand_as(images)
    return _curves(chain, images, blank, maps, patch, steps, randoms, seed)


def insertion(
    chain: nn.Module,
    images: Tensor,
    maps: np.ndarray,
    baseline: Tensor,
    *,
    patch: int = 8,
    steps: int = 16,
    randoms: int = 5,
    seed: int = 0,
) -> Curves:
    """Put a picture's parts into a baseline, the most relevant first.

    Parameters, and what is raised, are those of `deletion`.
    """
    blank = baseline.expand_as(images)
    return _curves(chain, blank, images, maps, patch, steps, randoms, seed)


def _curves(
    chain: nn.Module, start: Tensor, stop: Tensor, maps: np.ndarray,
    patch: int, steps: int, randoms: int, seed: int,
) -> Curves:  # fmt: skip
    height, width = start.shape[2:]
    if patch < 1 or min(height, width) < patch or steps < 1 or randoms < 1:
        raise UsageError(f"squares of {patch} pixels do not fit {width}×{height}")
    values = torch.from_numpy(np.ascontiguousarray(maps, np.float32))[:, None]
    grid = nn.functional.avg_pool2d(values, patch, ceil_mode=True)[:, 0]
    flat = grid.flatten(1).numpy()
    count = flat.shape[1]
    rng = np.random.default_rng(seed)
    orders = [np.argsort(-flat, axis=1, kind="stable")]
    for _ in range(randoms):
        orders.append(rng.permuted(np.tile(np.arange(count), (len(flat), 1)), axis=1))
    steps = min(steps, count)
    numbers = np.linspace(0, count, steps + 1).round().astype(int)
    scores = np.empty((len(orders), len(flat), len(numbers)), np.float32)
    for r, order in enumerate(orders):
        place = np.argsort(order, axis=1).reshape(grid.shape)
        whole = np.kron(place, np.ones((1, patch, patch), int))[:, :height, :width]
        rank = torch.from_numpy(whole)[:, None].to(start.device)
        for s, number in enumerate(numbers):
            with torch.no_grad():
                scores[r, :, s] = chain(torch.where(rank < number, stop, start))[:, 0].cpu()
    return Curves(numbers / count, scores[0], scores[1:])
