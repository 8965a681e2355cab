"""Faces that networks learn from and look at, cut once for all who ask."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from painscope.datasets import Dataset
from painscope.experiments.settings import FaceSettings
from painscope.experiments.steps import StepProgress
from painscope.experiments.trees import tree_folder
from painscope.face import Locator, crop_provenance, write_crops
from painscope.recording import Recording

__all__ = ["cut_faces"]

log = logging.getLogger("painscope")


def cut_faces(
    dataset: Dataset,
    recordings: Sequence[Recording],
    locator: Locator,
    face: FaceSettings,
    *,
    store: Path,
    size: int,
    every: int,
    progress: StepProgress,
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
    progress : callable
        Called with step, done, total.

    Returns
    -------
    Path
        The folder of crops.
    """
    shape = crop_provenance(locator, rate=face.rate, margin=face.margin, size=size)
    digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:8]
    crops = tree_folder(store / "crops", dataset) / f"{size}-{face.rate:g}-{every}-{digest}"
    done = 0

    def cropped(_: object) -> None:
        nonlocal done
        done += 1
        progress(f"faces: {dataset.name}", done, len(recordings))

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
