"""The features of a recipe's rows: which can be had here, and their stores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from painscope.datasets import Dataset
from painscope.errors import UsageError
from painscope.experiments.recipe import Recipe
from painscope.face import Locator
from painscope.features import Extractor, FeatureStore, fill_store, make_extractor, open_store
from painscope.networks import Checkpoint, random_checkpoint

__all__ = ["Available", "available_features", "fill_stores", "needs_source"]

log = logging.getLogger("painscope")

#: What rows may read: the source network, the same shape with random weights, and two that
#: need no training.
SOURCE, RANDOM = "source-network", "random-network"
BLENDSHAPES, TRUTH = "mediapipe-blendshapes", "true-action-units"


@dataclass(frozen=True)
class Available:
    """Extractors by the names that rows use, and why others cannot be had.

    Attributes
    ----------
    extractors : dict of str to Extractor
    left_out : dict of str to str
        Features of optional rows, and the reason.
    """

    extractors: dict[str, Extractor]
    left_out: dict[str, str]


def needs_source(recipe: Recipe) -> bool:
    """Whether a row reads the source network's features, or its shape."""
    return any(row.features in (SOURCE, RANDOM) for row in recipe.rows)


def available_features(
    recipe: Recipe, dataset: Dataset | None, locator: Locator, checkpoint: Checkpoint | None
) -> Available:
    """Make the extractors that the recipe's rows name.

    Raises
    ------
    UsageError
        If features are unknown, or a row that is not optional cannot have them.
    """
    found: dict[str, Extractor] = {}
    left_out: dict[str, str] = {}
    for row in recipe.rows:
        if row.features in found or row.features in left_out:
            continue
        made = _make(row.features, dataset, locator, checkpoint)
        if not isinstance(made, str):
            found[row.features] = made
        elif row.optional:
            left_out[row.features] = made
            log.info("%s: left out, %s.", row.label, made)
        else:
            raise UsageError(f"row {row.label}: {made}", hint="Leave it out, or make it optional.")
    return Available(found, left_out)


def _make(
    name: str, dataset: Dataset | None, locator: Locator, checkpoint: Checkpoint | None
) -> Extractor | str:
    """Make one extractor, or say why it cannot be had."""
    if name == SOURCE:
        assert checkpoint is not None
        return make_extractor("vgg16-gap", checkpoint=checkpoint)
    if name == RANDOM:
        assert checkpoint is not None
        card = checkpoint.card
        random = random_checkpoint(
            width=card.width, input_size=card.input_size, preprocessing=card.preprocessing
        )
        return make_extractor("vgg16-gap", checkpoint=random)
    if name == BLENDSHAPES:
        if not locator.blendshape_names:
            return f"the locator {locator.name} gives no blendshapes"
        return make_extractor(BLENDSHAPES)
    if name == TRUTH:
        if dataset is None or not dataset.virtual:
            return "nobody knows the true action units of real people"
        return make_extractor(TRUTH)
    raise UsageError(
        f"unknown features {name!r}",
        hint=f"There are: {SOURCE}, {RANDOM}, {BLENDSHAPES}, {TRUTH}.",
    )


def fill_stores(
    recipe: Recipe,
    dataset: Dataset,
    extractors: dict[str, Extractor],
    locator: Locator,
    root: Path,
    progress: Callable[[str, int, int], None],
) -> dict[str, FeatureStore]:
    """Extract what is missing of every kind of features; return their stores by name."""
    stores = {}
    for name, extractor in extractors.items():
        finder = locator if extractor.crop_size is not None else None
        store = open_store(
            root / dataset.name,
            extractor,
            locator=finder,
            rate=recipe.face.rate,
            margin=recipe.face.margin,
            locate_every=recipe.face.locate_every,
        )
        summary = fill_store(
            dataset.recordings,
            extractor,
            store,
            locator=finder,
            progress=_titled(progress, f"features: {name}"),
        )
        _log_failures(name, summary.failed.items())
        stores[name] = store
    return stores


def _titled(progress: Callable[[str, int, int], None], title: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(title, done, total)


def _log_failures(name: str, failed: Iterable[tuple[str, str]]) -> None:
    for recording, reason in failed:
        log.warning("%s of %s: %s", name, recording, reason)
