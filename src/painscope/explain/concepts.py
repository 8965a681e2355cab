"""Concept embedding: whether a layer knows where an action unit is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from painscope.errors import UsageError
from painscope.explain.folds import people_folds
from painscope.explain.measures import ratio

__all__ = ["ConceptScores", "concept_scores", "fit_concepts", "random_concepts"]


@dataclass(frozen=True)
class ConceptScores:
    """How well concepts are found in people who took no part in fitting them.

    Attributes
    ----------
    concepts : tuple of str, length C
    subjects : tuple of str, length P
        In sorted order.
    showing : tuple of int, length C
        How many of the people show each concept.
    intersection, union : float64 [K, P, C]
        Pixels, per seed and person.
    """

    concepts: tuple[str, ...]
    subjects: tuple[str, ...]
    showing: tuple[int, ...]
    intersection: np.ndarray
    union: np.ndarray

    def iou(self) -> np.ndarray:
        """Return the IoU over all people, float64 [K, C]; NaN where nothing is to be found."""
        return ratio(self.intersection.sum(axis=1), self.union.sum(axis=1))


def random_concepts(shown: np.ndarray, seed: int) -> np.ndarray:
    """Return controls: whether a picture shows a concept is drawn from another picture.

    How often a concept shows stays the same, and where it is in each face; only its tie to what
    the picture shows is cut. A network that merely knows where on a face the concept would be
    does as well on it.

    Parameters
    ----------
    shown : bool [N, C]
    seed : int

    Returns
    -------
    bool [N, C]
    """
    return np.random.default_rng(seed).permuted(shown, axis=0)


def concept_scores(
    activations: np.ndarray,
    regions: np.ndarray,
    shown: np.ndarray,
    subjects: Sequence[str],
    concepts: Sequence[str],
    *,
    seeds: int = 5,
    folds: int = 3,
    control: bool = False,
    epochs: int = 30,
) -> ConceptScores:
    """Fit concepts on some people and look for them in the others, until everyone was tested.

    Parameters
    ----------
    activations : float32 [N, K, h, w]
        Of one layer.
    regions : bool [N, C, H, W]
        Where each concept is, or would be if the picture showed it.
    shown : bool [N, C]
        Whether it does.
    subjects : sequence of str, length N
    concepts : sequence of str, length C
    seeds : int
        Each draws its own folds, weights and order.
    folds : int
        Groups of people.
    control : bool
        Fit and test on `random_concepts` instead.
    epochs : int
        See `fit_concepts`.

    Returns
    -------
    ConceptScores

    Raises
    ------
    UsageError
        If there are fewer people than folds, or lengths differ.
    """
    people, who = np.unique(np.asarray(subjects), return_inverse=True)
    same = len(activations) == len(regions) == len(who)
    if not same or not shown.shape == regions.shape[:2] == (len(who), len(concepts)):
        raise UsageError("activations, regions, subjects and concepts do not belong together")
    shape = (seeds, len(people), len(concepts))
    intersection, union = np.zeros(shape), np.zeros(shape)
    for seed in range(seeds):
        there = random_concepts(shown, seed) if control else shown
        truth = regions & there[..., None, None]
        for tested in people_folds(subjects, folds, np.random.default_rng(seed)):
            weights, scale = fit_concepts(
                activations[~tested], truth[~tested], seed=seed, epochs=epochs
            )
            found = _present(activations[tested] / scale[:, None, None], weights, truth.shape[2:])
            both = (found & truth[tested]).sum(axis=(2, 3))
            either = (found | truth[tested]).sum(axis=(2, 3))
            np.add.at(intersection[seed], who[tested], both)
            np.add.at(union[seed], who[tested], either)
    showing = tuple(len(np.unique(who[there])) for there in shown.T)
    return ConceptScores(tuple(concepts), tuple(people.tolist()), showing, intersection, union)


def fit_concepts(
    activations: np.ndarray, masks: np.ndarray, *, seed: int = 0, epochs: int = 30
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one weight per filter and concept, so that their sum is high where the concept is.

    Net2Vec (Fong and Vedaldi, CVPR 2018): class-weighted log loss on the weighted sum of
    activation maps, enlarged to the masks' size; SGD with momentum 0.9, its rate (1) and the
    gradient's greatest norm chosen. Each filter is divided by its 99.5 % quantile where Net2Vec
    cuts it there: a scale, not a threshold.

    Parameters
    ----------
    activations : float32 [N, K, h, w]
    masks : bool [N, C, H, W]
    seed : int
        Of the first weights and of the order.
    epochs : int
        Passes over the pictures, in batches of 32.

    Returns
    -------
    weights : float32 [C, K]
    scale : float32 [K]
        What activations are divided by.
    """
    scale = np.quantile(np.moveaxis(activations, 1, 0).reshape(activations.shape[1], -1), 0.995, 1)
    scale = np.where(scale > 1e-6, scale, 1.0).astype(np.float32)
    values = torch.from_numpy((activations / scale[:, None, None]).astype(np.float32))
    truth = torch.from_numpy(masks)
    share = truth.float().mean(dim=(0, 2, 3)).clamp(1e-4, 1 - 1e-4)[:, None, None]
    generator = torch.Generator().manual_seed(seed)
    count = (masks.shape[1], activations.shape[1])
    weights = torch.randn(count, generator=generator).mul_(0.01).requires_grad_()
    optimiser = torch.optim.SGD([weights], lr=1.0, momentum=0.9)
    for _ in range(epochs):
        for rows in torch.randperm(len(values), generator=generator).split(32):
            logit = _enlarge(values[rows], weights, masks.shape[2:])
            target = truth[rows].float()
            balance = torch.where(truth[rows], 1 - share, share)
            balance = balance / (2 * share * (1 - share))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, target, balance)
            optimiser.zero_grad()
            (loss * masks.shape[1]).backward()  # concepts are fitted beside, not against, another
            torch.nn.utils.clip_grad_norm_([weights], 1.0 * masks.shape[1])
            optimiser.step()
    return weights.detach().numpy(), scale


def _present(activations: np.ndarray, weights: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return where concepts are found, bool [N, C, H, W]: the sigmoid is above 0.5."""
    found = [
        _enlarge(torch.from_numpy(part), torch.from_numpy(weights), size).numpy() > 0
        for part in np.array_split(activations.astype(np.float32), -(-len(activations) // 64))
    ]
    return np.concatenate(found)


def _enlarge(values: Tensor, weights: Tensor, size: tuple[int, int]) -> Tensor:
    logit = torch.einsum("nkhw,ck->nchw", values, weights)
    return torch.nn.functional.interpolate(logit, size=size, mode="bilinear", align_corners=False)
