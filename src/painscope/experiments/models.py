"""Where a run keeps what it learned."""

from __future__ import annotations

import re
from pathlib import Path

from painscope.classifiers import SequenceClassifier
from painscope.errors import RunError
from painscope.experiments.folder import RunFolder
from painscope.experiments.recipe import Row

__all__ = ["load_models", "model_path", "source_path"]


def source_path(folder: RunFolder) -> Path:
    """Return where the source network's checkpoint lies."""
    return folder.models / "source.safetensors"


def model_path(folder: RunFolder, label: str, fold: str, seed: int) -> Path:
    """Return the folder of one fitted classifier."""
    name = re.sub(r"[^\w.\-]+", "-", label)
    return folder.models / name / fold / f"seed-{seed}"


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
            f"holds no models of {row.label}", path=folder.path, hint="Run the recipe again."
        )
    return models
