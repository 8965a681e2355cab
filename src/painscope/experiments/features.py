"""The features of a recipe's rows: which can be had here, and their stores."""

from __future__ import annotations

import logging
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from painscope.datasets import Dataset
from painscope.errors import UsageError, did_you_mean
from painscope.experiments.recipe import RANDOM, SOURCE, FeatureSettings, Recipe, Row
from painscope.experiments.steps import StepProgress
from painscope.experiments.trees import tree_folder
from painscope.face import Locator
from painscope.features import (
    EXTRACTORS,
    Extractor,
    FeatureSequence,
    FeatureStore,
    VGGFeatures,
    fill_store,
    has_truth,
    join_sequences,
    make_extractor,
    open_store,
)
from painscope.networks import Card, Checkpoint, random_checkpoint
from painscope.recording import Recording

__all__ = [
    "Available",
    "available_features",
    "fill_stores",
    "read_features",
    "rows_to_fit",
]

log = logging.getLogger("painscope")

#: What rows may read besides the source network: two kinds that need no training.
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

    @property
    def cards(self) -> dict[str, Card]:
        """The cards of the networks among them, which say whom those learned from."""
        return {
            name: extractor.checkpoint.card
            for name, extractor in self.extractors.items()
            if isinstance(extractor, VGGFeatures)
        }


def available_features(
    recipe: Recipe,
    dataset: Dataset | None,
    locator: Locator,
    checkpoint: Checkpoint | None,
    *,
    without: Collection[str] = (),
) -> Available:
    """Make the extractors that the recipe's rows name.

    Parameters
    ----------
    recipe : Recipe
    dataset : Dataset, optional
        Whose features are wanted; None if it is none that is known.
    locator : Locator
    checkpoint : Checkpoint, optional
        The source network.
    without : collection of str
        Features that are left for later.

    Raises
    ------
    UsageError
        If features are unknown, or a row that is not optional cannot have them.
    """
    found: dict[str, Extractor] = {}
    left_out: dict[str, str] = {}
    wanted = [(row, name) for row in recipe.all_rows for name in recipe.blocks(row.features)]
    for row, name in wanted:
        if name in found or name in without:
            continue
        made = left_out.get(name) or _make(name, recipe, dataset, locator, checkpoint)
        if not isinstance(made, str):
            found[name] = made
        elif not row.optional:
            raise UsageError(f"row {row.label}: {made}", hint="Leave it out, or make it optional.")
        else:
            left_out[name] = made
    return Available(found, left_out)


def _make(
    name: str,
    recipe: Recipe,
    dataset: Dataset | None,
    locator: Locator,
    checkpoint: Checkpoint | None,
) -> Extractor | str:
    """Make one extractor, or say why it cannot be had."""
    own = recipe.features.get(name)
    if isinstance(own, FeatureSettings):
        if own.settings.get("weights", "") is None:
            return f"no weights are given (--set features.{name}.settings.weights=FILE)"
        return make_extractor(own.extractor, **own.settings)
    if name in (SOURCE, RANDOM) and checkpoint is None:
        return (
            "no network is given (--set source.checkpoint=FILE, or "
            f"--data {recipe.source.dataset}=DIR to train one)"
        )
    if name == SOURCE:
        return make_extractor("vgg16-gap", checkpoint=checkpoint)
    if name == RANDOM:
        assert checkpoint is not None
        card = checkpoint.card
        random = random_checkpoint(
            width=card.width, input_size=card.input_size, preprocessing=card.preprocessing
        )
        return make_extractor("vgg16-gap", checkpoint=random)
    if name == BLENDSHAPES and not locator.blendshape_names:
        return f"the locator {locator.name} gives no blendshapes"
    if name == TRUTH and (dataset is None or not dataset.virtual):
        return "nobody knows the true action units of real people"
    if name == TRUTH and dataset is not None and not any(map(has_truth, dataset.recordings)):
        return "the truth about these recordings is not beside them under their names"
    if name in EXTRACTORS:
        return make_extractor(name)
    names = (SOURCE, RANDOM, *recipe.features, *EXTRACTORS)
    raise UsageError(f"unknown features {name!r}", hint=did_you_mean(name, names))


def read_features(
    recipe: Recipe,
    features: str,
    stores: Mapping[str, FeatureStore],
    recordings: Iterable[Recording],
) -> dict[str, FeatureSequence]:
    """Read a row's features of every recording that has all of them, side by side.

    Parameters
    ----------
    recipe : Recipe
    features : str
        A name, or one that stands for several side by side.
    stores : mapping of str to FeatureStore
        By the names of single features.
    recordings : iterable of Recording

    Returns
    -------
    dict of str to FeatureSequence
        By the recording's id; whatever lacks some of the features is not there.

    Raises
    ------
    StorageError
        If a file of a store is damaged.
    """
    names = recipe.blocks(features)
    there = set.intersection(*(set(stores[name].ids()) for name in names))
    read = {}
    for recording in recordings:
        if recording.id in there:
            parts = {name: stores[name].read(recording.id) for name in names}
            read[recording.id] = join_sequences(parts) if len(parts) > 1 else parts[names[0]]
    return read


def rows_to_fit(recipe: Recipe, there: Container[str]) -> list[Row]:
    """Return the rows whose features are all there."""
    return [
        row for row in recipe.all_rows if all(name in there for name in recipe.blocks(row.features))
    ]


def fill_stores(
    recipe: Recipe,
    dataset: Dataset,
    extractors: dict[str, Extractor],
    locator: Locator,
    root: Path,
    progress: StepProgress,
) -> dict[str, FeatureStore]:
    """Extract what is missing of every kind of features.

    Parameters
    ----------
    recipe : Recipe
        Says how faces are found.
    dataset : Dataset
    extractors : dict of str to Extractor
    locator : Locator
    root : Path
        Gets a folder per dataset (`tree_folder`), and in it one per store.
    progress : callable
        Called with step, done, total.

    Returns
    -------
    dict of str to FeatureStore
        By the extractors' names. Recordings that could not be read are logged.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written.
    UsageError
        If a setting of the faces is impossible.
    """
    stores = {}
    folder = tree_folder(root, dataset)
    for name, extractor in extractors.items():
        store = open_store(
            folder,
            extractor,
            locator=locator,
            rate=recipe.face.rate,
            margin=recipe.face.margin,
            locate_every=recipe.face.locate_every,
        )
        summary = fill_store(
            dataset.recordings,
            extractor,
            store,
            locator=locator,
            progress=partial(progress, f"features: {name}"),
        )
        for recording, reason in summary.failed.items():
            log.warning("%s of %s: %s", name, recording, reason)
        stores[name] = store
    return stores
