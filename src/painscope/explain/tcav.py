"""Concept activation vectors: which way a layer moves with a concept, and what the score does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from painscope.errors import UsageError
from painscope.evaluation import resample
from painscope.evaluation.bootstrap import estimate
from painscope.explain.concept_tests import holm
from painscope.explain.folds import people_folds
from painscope.explain.measures import ratio

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

__all__ = ["Sensitivity", "layer_view", "sensitivity", "tcav_table"]

#: Pictures at a time, and how little the classifiers are regularised (on standardised values).
BATCH, C = 32, 0.1


@dataclass(frozen=True)
class Sensitivity:
    """What concepts' directions tell, in people who took no part in finding them.

    Attributes
    ----------
    concepts : tuple of str, length C
    subjects : tuple of str, length P
        In sorted order.
    told : float64 [K, P, C, 2]
        Pictures without and with the concept that were told right, per seed and person.
    shown : float64 [K, P, C, 2]
        Pictures without and with it.
    rising : float64 [K, P, C]
        Pictures, with or without it, whose score rises along the concept's direction.
    """

    concepts: tuple[str, ...]
    subjects: tuple[str, ...]
    told: np.ndarray
    shown: np.ndarray
    rising: np.ndarray

    def accuracy(self) -> np.ndarray:
        """Return how well pictures with and without a concept are told apart, float64 [K, C].

        Balanced: chance is 0.5, however rare the concept.
        """
        return ratio(self.told.sum(axis=1), self.shown.sum(axis=1)).mean(axis=2)

    def score(self) -> np.ndarray:
        """Return the share of pictures whose score rises, float64 [K, C]."""
        return ratio(self.rising.sum(axis=1), self.shown.sum(axis=(1, 3)))


def layer_view(chain: nn.Sequential, images: Tensor, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what a layer answers, and how the score changes with each filter's answer.

    Parameters
    ----------
    chain : Sequential
        Of named layers with one output, such as `painscope.explain.as_chain` gives.
    images : float [B, C, H, W]
        Prepared.
    layer : str
        Such as ``"relu5_3"``.

    Returns
    -------
    activations : float32 [B, F, h, w]
    gradients : float32 [B, F]
        The score's change if a filter answered one more at every place.

    Raises
    ------
    UsageError
        If there is no such layer, or its answer is no map.
    """
    names = [name for name, _ in chain.named_children()]
    if layer not in names:
        raise UsageError(f"the network has no layer {layer!r}", hint=f"It has: {', '.join(names)}.")
    place = names.index(layer) + 1
    below, above = chain[:place], chain[place:]
    activations, gradients = [], []
    for batch in images.split(BATCH):
        with torch.no_grad():
            values = below(batch).detach()
        if values.ndim != 4:
            raise UsageError(f"layer {layer} gives no maps", hint="Choose a layer below average.")
        with torch.enable_grad():
            values.requires_grad_()
            (slope,) = torch.autograd.grad(above(values)[:, 0].sum(), values)
        activations.append(values.detach().float().cpu().numpy())
        gradients.append(slope.float().sum(dim=(2, 3)).cpu().numpy())
    return np.concatenate(activations), np.concatenate(gradients)


def sensitivity(
    activations: np.ndarray,
    gradients: np.ndarray,
    shown: np.ndarray,
    subjects: Sequence[str],
    concepts: Sequence[str],
    *,
    seeds: int = 5,
    folds: int = 3,
    control: bool = False,
) -> Sensitivity:
    """Find concepts' directions with some people, and follow the score along them in others.

    A concept's direction is that of a linear classifier of pictures that show it against
    pictures that do not (Kim et al., TCAV, ICML 2018). Here it has one number per filter: what
    is classified is a filter's mean over the picture, so that a concept may be anywhere. And
    the score is followed in all pictures, where Kim et al. take those of the class in question.
    Everyone is tested once per seed. A group of people is not tested for a concept that the
    others never show, or always.

    Parameters
    ----------
    activations : float [N, F]
        Of one layer, mean over the places.
    gradients : float [N, F]
        See `layer_view`.
    shown : bool [N, C]
        Which picture shows which concept.
    subjects : sequence of str, length N
    concepts : sequence of str, length C
    seeds : int
        Each draws its own groups.
    folds : int
        Groups of people.
    control : bool
        Random concepts instead: every picture gets what another shows, drawn at random.

    Returns
    -------
    Sensitivity

    Raises
    ------
    UsageError
        If there are fewer people than folds, or lengths differ.
    """
    people, who = np.unique(np.asarray(subjects), return_inverse=True)
    lengths = {len(activations), len(gradients), len(shown), len(who)}
    if len(lengths) > 1 or shown.shape[1] != len(concepts):
        raise UsageError("activations, gradients, concepts and subjects do not belong together")
    shape = (seeds, len(people), len(concepts))
    told, pictures = np.zeros((2, *shape, 2))
    rising = np.zeros(shape)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        groups = people_folds(subjects, folds, rng)
        truth = rng.permuted(shown, axis=0) if control else shown
        for tested in groups:
            for k in range(len(concepts)):
                if len(np.unique(truth[~tested, k])) < 2:
                    continue
                model = _classifier().fit(activations[~tested], truth[~tested, k])
                right = model.predict(activations[tested]) == truth[tested, k]
                kind = truth[tested, k].astype(int)
                np.add.at(told[seed, :, k], (who[tested], kind), right)
                np.add.at(pictures[seed, :, k], (who[tested], kind), 1)
                up = gradients[tested] @ _direction(model) > 0
                np.add.at(rising[seed, :, k], who[tested], up)
    return Sensitivity(tuple(concepts), tuple(people.tolist()), told, pictures, rising)


def tcav_table(found: Sensitivity, control: Sensitivity) -> pd.DataFrame:
    """Return, per concept, whether its direction is one, and whether the score rises along it.

    Parameters
    ----------
    found, control : Sensitivity
        Of the same concepts and people; `control` of random concepts.

    Returns
    -------
    DataFrame
        A row per concept: ``concept``, ``accuracy`` (balanced, on others than fitted on) and
        ``accuracy_control``; ``score`` (TCAV: share of pictures whose score rises) with ``low``
        and ``high`` (95 %, bootstrap over people), ``control`` with ``control_low`` and
        ``control_high`` (the random concepts' lowest and highest); ``p`` (Student's t of the
        concept's score as one more of the random ones') and ``p_holm``. Kim et al. test the
        scores of many trainings; those of one concept hardly differ, and random concepts
        much, so that any concept would be different from the random ones' mean.

    Raises
    ------
    UsageError
        If the two are of other people or concepts.
    """
    import pandas as pd
    from scipy.stats import t

    if (found.subjects, found.concepts) != (control.subjects, control.concepts):
        raise UsageError("concepts and their controls are not of the same people")
    people = len(found.subjects)
    weights = resample(people).astype(float)
    rising, tested = (
        np.einsum("rp,kpc->rkc", weights, values)
        for values in (found.rising, found.shown.sum(axis=-1))
    )
    draws = ratio(rising, tested).mean(axis=1)
    scores, random = found.score(), control.score()
    rows = []
    for k, concept in enumerate(found.concepts):
        told = estimate(float(scores[:, k].mean()), draws[:, k], people)
        rows.append((concept, told.value, told.low, told.high))
    table = pd.DataFrame(rows, columns=["concept", "score", "low", "high"])
    table.insert(1, "accuracy", found.accuracy().mean(axis=0))
    table.insert(2, "accuracy_control", control.accuracy().mean(axis=0))
    apart, spread = np.abs(table["score"] - random.mean(axis=0)), random.std(axis=0, ddof=1)
    # Where random concepts never vary there is no t; a tie with them is no difference.
    far = np.divide(apart, spread, out=np.full(len(table), np.nan), where=spread > 0)
    p = 2 * t.sf(far / np.sqrt(1 + 1 / len(random)), len(random) - 1)
    p = np.where(apart == 0, 1.0, p)
    return table.assign(
        control=random.mean(axis=0),
        control_low=random.min(axis=0),
        control_high=random.max(axis=0),
        p=p,
        p_holm=holm(p),
    )


def _classifier() -> Pipeline:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(), LogisticRegression(C=C, class_weight="balanced", max_iter=500)
    )


def _direction(model: Pipeline) -> np.ndarray:
    """Return the classifier's weights in the layer's own units, float64 [F]."""
    return model[-1].coef_[0] / model[0].scale_
