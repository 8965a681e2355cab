"""Is there a concept of an action unit, and is it less after fine-tuning? Intervals and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from painscope.errors import UsageError
from painscope.evaluation import resample
from painscope.evaluation.bootstrap import estimate
from painscope.explain.concepts import ConceptScores
from painscope.explain.measures import ratio

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["concept_table", "holm", "lost_attention"]

PERMUTATIONS = 10_000


def concept_table(found: ConceptScores, control: ConceptScores) -> pd.DataFrame:
    """Return each concept's IoU beside that of random concepts.

    Parameters
    ----------
    found, control : ConceptScores
        Of the same people, concepts and seeds; `control` of random concepts.

    Returns
    -------
    DataFrame
        A row per concept: ``concept``, and ``iou``, ``control`` and ``gain`` (the IoU above the
        control's), each with ``…_low`` and ``…_high`` (95 %, bootstrap over people; as wide as
        it must be for those who show the concept).

    Raises
    ------
    UsageError
        If the scores are not of the same people, concepts and seeds.
    """
    import pandas as pd

    _same(found, control)
    people = len(found.subjects)
    everyone, weights = np.ones((1, people)), resample(people).astype(float)
    iou, random = ([_mean_iou(s, w) for w in (everyone, weights)] for s in (found, control))
    parts = {
        "iou": iou,
        "control": random,
        "gain": [a - b for a, b in zip(iou, random, strict=True)],
    }
    columns: dict[str, object] = {"concept": list(found.concepts)}
    for name, (value, draws) in parts.items():
        told = [
            estimate(float(value[0, k]), draws[:, k], showing)
            for k, showing in enumerate(found.showing)
        ]
        columns[name] = [one.value for one in told]
        columns[f"{name}_low"] = [one.low for one in told]
        columns[f"{name}_high"] = [one.high for one in told]
    return pd.DataFrame(columns)


def lost_attention(before: ConceptScores, after: ConceptScores, *, seed: int = 0) -> pd.DataFrame:
    """Test per concept whether its IoU is lower after fine-tuning than before.

    Under the null hypothesis a person's two results could be swapped. The p-value is the
    share of swaps, drawn at random for each person, that lower the IoU as much. Swapped are
    people, not seeds: more seeds make no more evidence. Holm's correction is over the
    concepts.

    Parameters
    ----------
    before, after : ConceptScores
        Of the same people, concepts and seeds.
    seed : int
        Of the swaps.

    Returns
    -------
    DataFrame
        A row per concept: ``concept``, ``before``, ``after``, ``change`` with ``low`` and
        ``high`` (95 %, bootstrap over people), ``p`` (one-sided), ``p_holm``.

    Raises
    ------
    UsageError
        If the scores are not of the same people, concepts and seeds.
    """
    import pandas as pd

    _same(before, after)
    people = len(before.subjects)
    weights = resample(people).astype(float)
    signs = np.random.default_rng(seed).random((PERMUTATIONS, people)) < 0.5
    value = _mean_iou(after, np.ones((1, people))) - _mean_iou(before, np.ones((1, people)))
    draws = _mean_iou(after, weights) - _mean_iou(before, weights)
    swapped = _swapped(before, after, signs)
    # The observed order is one of them, so that no p-value is 0.
    p = (1 + (swapped <= value + 1e-12).sum(axis=0)) / (1 + PERMUTATIONS)
    p = np.where(np.isfinite(value[0]), p, np.nan)
    rows = []
    for k, concept in enumerate(before.concepts):
        found = estimate(float(value[0, k]), draws[:, k], before.showing[k])
        rows.append((concept, found.value, found.low, found.high))
    table = pd.DataFrame(rows, columns=["concept", "change", "low", "high"])
    table.insert(1, "before", before.iou().mean(axis=0))
    table.insert(2, "after", after.iou().mean(axis=0))
    return table.assign(p=p, p_holm=holm(p))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number (Holm, 1979); NaN stays and does not count."""
    corrected = np.full(len(p), np.nan)
    order = [k for k in np.argsort(p) if np.isfinite(p[k])]
    largest = 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * float(p[k])))
        corrected[k] = largest
    return corrected


def _same(one: ConceptScores, other: ConceptScores) -> None:
    same = all(getattr(one, n) == getattr(other, n) for n in ("subjects", "concepts", "showing"))
    if not same or one.union.shape != other.union.shape:
        raise UsageError("the two networks were not tested on the same people and concepts")


def _mean_iou(scores: ConceptScores, weights: np.ndarray) -> np.ndarray:
    """Return the IoU, mean over seeds, of people weighted [R, P]: float64 [R, C]."""
    both, either = (
        np.einsum("rp,kpc->rkc", weights, part) for part in (scores.intersection, scores.union)
    )
    return ratio(both, either).mean(axis=1)


def _swapped(before: ConceptScores, after: ConceptScores, signs: np.ndarray) -> np.ndarray:
    """Return the change of IoU if the people under `signs` [R, P] had their results swapped."""
    swap = signs.astype(float)
    one, two = (
        [
            np.einsum("rp,kpc->rkc", 1 - swap, getattr(first, part))
            + np.einsum("rp,kpc->rkc", swap, getattr(second, part))
            for part in ("intersection", "union")
        ]
        for first, second in ((before, after), (after, before))
    )
    return ratio(*two).mean(axis=1) - ratio(*one).mean(axis=1)
