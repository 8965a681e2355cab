"""The source network of a recipe: given, or trained on the source dataset."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from painscope.datasets import Dataset
from painscope.errors import CheckpointError
from painscope.experiments.recipe import Recipe
from painscope.experiments.settings import FaceSettings
from painscope.experiments.steps import Steps
from painscope.face import Locator, crop_provenance, write_crops
from painscope.networks import Checkpoint, load_checkpoint
from painscope.networks.card import people_of
from painscope.recording import Recording
from painscope.training import train_source, train_together

__all__ = ["cut_faces", "given_source", "rights", "train_on"]

log = logging.getLogger("painscope")


def given_source(path: Path) -> Checkpoint:
    """Load a trained source network.

    Raises
    ------
    CheckpointError
        If it cannot give features: FC 1024 was never trained.
    """
    checkpoint = load_checkpoint(path)
    if "dense" in checkpoint.card.untrained:
        raise CheckpointError(
            "has no trained FC 1024, so it gives no features",
            path=path,
            hint="Train from it: --set source.start=FILE instead of source.checkpoint.",
        )
    return checkpoint


def train_on(
    dataset: Dataset,
    recipe: Recipe,
    locator: Locator,
    steps: Steps,
) -> Checkpoint:
    """Crop the source dataset's faces and train on them; both continue what is there.

    Parameters
    ----------
    dataset : Dataset
    recipe : Recipe
    locator : Locator
    steps : Steps
        Crops go to ``crops`` in their store, the training to the run's models.
    """
    source = recipe.source
    start = load_checkpoint(source.start) if source.start is not None else None
    size = start.card.input_size if start else source.input_size
    recordings = [r for r in dataset.recordings if r.label is not None]
    crops = cut_faces(
        dataset, recordings, locator, recipe.face, store=steps.store, size=size,
        every=source.frame_step, title="source: faces", progress=steps.progress,
    )  # fmt: skip
    train = partial(
        train_source,
        crops,
        recordings,
        dataset=people_of(dataset.name, virtual=dataset.virtual),
        out=steps.folder.models,
        classes=dataset.scheme.classes,
        start=start,
        width=None if start else source.width,
        input_size=size,
        window_s=source.window_s,
        frame_step=source.frame_step,
        **rights(dataset),
        **source.fitting(),
    )
    return train_together(
        train,
        **source.sharing(),
        on=steps.on,
        progress=partial(steps.progress, "source: training"),
    )


def rights(dataset: Dataset) -> dict[str, Any]:
    """Return licence and citation for the card of a network; virtual people have neither."""
    if dataset.virtual:
        return {"licence": "", "citation": ""}
    return {"licence": dataset.licence, "citation": dataset.citation}


def cut_faces(
    dataset: Dataset,
    recordings: Sequence[Recording],
    locator: Locator,
    face: FaceSettings,
    *,
    store: Path,
    size: int,
    every: int,
    title: str,
    progress: Callable[[str, int, int], None],
) -> Path:
    """Crop recordings' faces into ``store/crops``, continuing what is there.

    Parameters
    ----------
    dataset : Dataset
    recordings : sequence of Recording
        Those of its recordings whose faces are wanted.
    locator : Locator
    face : FaceSettings
        Every frame is searched for the face: `locate_every` is of features only.
    store : Path
        May be shared between runs, of other data and other settings too.
    size : int
        Side of the crops in pixels.
    every : int
        Every how many frames one is cut.
    title : str
        Of the step, for `progress`.
    progress : callable
        Called with step, done, total.

    Returns
    -------
    Path
        The folder of crops.
    """
    shape = crop_provenance(locator, rate=face.rate, margin=face.margin, size=size)
    # Ids alone tell no two trees apart: virtual people have those of the real ones.
    told = json.dumps([str(dataset.root.resolve()), dataset.virtual, shape], sort_keys=True)
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    crops = store / "crops" / f"{dataset.name}-{size}-{face.rate:g}-{every}-{digest}"
    done = 0

    def cropped(_: object) -> None:
        nonlocal done
        done += 1
        progress(title, done, len(recordings))

    status = write_crops(
        recordings,
        locator,
        crops,
        rate=face.rate,
        margin=face.margin,
        size=size,
        every=every,
        workers=os.cpu_count() or 1,
        progress=cropped,
    )
    for row in status[status["status"] == "failed"].itertuples():
        log.warning("%s: left out, %s", row.recording, row.reason)
    return crops
