"""People in groups, each tested once on what was fitted on the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from painscope.errors import UsageError

__all__ = ["people_folds"]


def people_folds(subjects: Sequence[str], folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return which pictures each fold tests, bool [folds, N]: all of a person's or none.

    Parameters
    ----------
    subjects : sequence of str, length N
        Who is in each picture.
    folds : int
        Groups of people.
    rng : Generator
        Draws the groups.

    Raises
    ------
    UsageError
        If there are fewer people than folds, or fewer than two folds.
    """
    people, who = np.unique(np.asarray(subjects), return_inverse=True)
    if len(people) < folds or folds < 2:
        raise UsageError(f"{len(people)} people cannot be divided into {folds} groups")
    group = rng.permutation(len(people)) % folds
    return group[who] == np.arange(folds)[:, None]
