"""Where a run keeps what it learned."""

from __future__ import annotations

import re
from pathlib import Path

from painscope.classifiers import SequenceClassifier
from painscope.errors import RunError, UsageError
from painscope.experiments.folder import RunFolder
from painscope.experiments.recipe import Row
from painscope.face import Locator, make_locator
from painscope.training.network import CHECKPOINT

__all__ = ["load_models", "locator_of", "model_path", "network_path", "source_path"]


def source_path(folder: RunFolder) -> Path:
    """Return where the source network's checkpoint lies."""
    return network_path(folder, "source")


def network_path(folder: RunFolder, role: str) -> Path:
    """Return where the checkpoint of a study's role or stage lies, or that of a transfer."""
    own = folder.models if role == "source" else folder.models / role.replace(" ", "-")
    return own / CHECKPOINT


def model_path(folder: RunFolder, label: str, fold: str, seed: int) -> Path:
    """Return the folder of one fitted classifier."""
    name = re.sub(r"[^\w.\-]+", "-", label)
    return folder.models / name / fold / f"seed-{seed}"


def locator_of(folder: RunFolder) -> tuple[Locator, float]:
    """Return what found the faces of a run, and the margin around them.

    Raises
    ------
    RunError
        If the run read no faces.
    UsageError
        If faces would be found here in another way.
    """
    told = [f.provenance["crops"] for f in folder.facts.features if "crops" in f.provenance]
    if not told:
        raise RunError(
            "read no faces, so it cannot say how they are cut",
            path=folder.path,
            hint="Give a run whose rows read features of faces.",
        )
    wanted = dict(told[0]["locator"])
    locator = make_locator(str(wanted["name"]))
    if dict(locator.provenance) != wanted:
        raise UsageError(
            f"the run located faces with {wanted}, here it would be {dict(locator.provenance)}",
            path=folder.path,
            hint="Use the same model file and version.",
        )
    return locator, float(told[0]["margin"])


def load_models(folder: RunFolder, row: Row) -> list[SequenceClassifier]:
    """Load every fitted classifier of a row, over folds and seeds.

    Raises
    ------
    RunError
        If there is none.
    """
    root = model_path(folder, row.label, "fold", 0).parents[1]
    models = [
        SequenceClassifier.load(path.parent) for path in sorted(root.rglob("classifier.json"))
    ]
    if not models:
        raise RunError(
            f"holds no models of {row.label}",
            path=folder.path,
            hint="Remove its run.json, then run the recipe again into this folder.",
        )
    return models
