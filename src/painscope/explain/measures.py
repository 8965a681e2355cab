"""How much of a map lies where: shares of regions, the pointing game, gains over a control."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from painscope.errors import UsageError
from painscope.evaluation import Estimate
from painscope.evaluation.bootstrap import over_people

__all__ = ["gain", "mass_inside", "pointing_game", "ratio"]


def mass_inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the share of a map's positive relevance that lies inside a region.

    Parameters
    ----------
    maps : float [B, H, W]
    masks : bool [B, H, W], or [B, U, H, W] for several regions

    Returns
    -------
    float64 [B] or [B, U]
        NaN where the map has no positive relevance, or the region is empty.
    """
    positive = np.clip(maps, 0, None).astype(float)
    subscripts = "bhw,buhw->bu" if masks.ndim == 4 else "bhw,bhw->b"
    inside = np.einsum(subscripts, positive, masks.astype(float))
    total = positive.sum(axis=(1, 2)).reshape(-1, *[1] * (inside.ndim - 1))
    known = (total > 0) & masks.any(axis=(-1, -2))
    return np.divide(inside, total, out=np.full_like(inside, np.nan), where=known)


def pointing_game(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return whether each map's highest point lies in the region.

    Zhang et al., Top-down neural attention by excitation backprop, ECCV 2016.

    Parameters
    ----------
    maps : float [B, H, W]
    masks : bool [B, H, W]

    Returns
    -------
    float64 [B]
        1 or 0; NaN where the region is empty.
    """
    hits = np.full(len(maps), np.nan)
    for k, (values, mask) in enumerate(zip(maps, masks, strict=True)):
        if mask.any():
            hits[k] = mask.flat[values.argmax()]
    return hits


def gain(values: np.ndarray, control: np.ndarray, subjects: Sequence[str]) -> Estimate:
    """Return how much higher values are than a control's, with an interval over people.

    Parameters
    ----------
    values, control : float [N]
        Of the same pictures; pictures where either is NaN are left out.
    subjects : sequence of str, length N
        Who is in each picture. A person counts once, however many pictures there are.

    Returns
    -------
    Estimate
        Mean over people of the mean difference; without an interval below
        `painscope.evaluation.FEWEST_SUBJECTS` people.

    Raises
    ------
    UsageError
        If there is no picture to compare.
    """
    difference = np.asarray(values, float) - np.asarray(control, float)
    known = np.isfinite(difference)
    if not known.any():
        raise UsageError("no picture has both a value and a control's")
    [told] = over_people(difference[known], np.asarray(subjects)[known].tolist())
    return told


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return `part` / `whole`, element by element; NaN where the whole is nothing."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
