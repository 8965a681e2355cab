"""painscope reads pain from recordings of a person, above all from the face.

The names below are the way from recordings to predictions; each room of the package offers
more. They are imported when first used, so that ``import painscope`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from painscope.classifiers import make_classifier
    from painscope.datasets import load_dataset
    from painscope.evaluation import evaluate, predefined_split, score_table
    from painscope.experiments import Predictor, RunFolder, load_recipe, run
    from painscope.face import FaceStream, make_locator, write_crops
    from painscope.features import FeatureStore, extract, fill_store, make_extractor
    from painscope.networks import load_checkpoint
    from painscope.report import compare, write_report
    from painscope.training import train_source
    from painscope.virtual import generate

_ROOMS = {
    "classifiers": ("make_classifier",),
    "datasets": ("load_dataset",),
    "evaluation": ("evaluate", "predefined_split", "score_table"),
    "experiments": ("Predictor", "RunFolder", "load_recipe", "run"),
    "face": ("FaceStream", "make_locator", "write_crops"),
    "features": ("FeatureStore", "extract", "fill_store", "make_extractor"),
    "networks": ("load_checkpoint",),
    "report": ("compare", "write_report"),
    "training": ("train_source",),
    "virtual": ("generate",),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "FaceStream",
    "FeatureStore",
    "Predictor",
    "RunFolder",
    "compare",
    "evaluate",
    "extract",
    "fill_store",
    "generate",
    "load_checkpoint",
    "load_dataset",
    "load_recipe",
    "make_classifier",
    "make_extractor",
    "make_locator",
    "predefined_split",
    "run",
    "score_table",
    "train_source",
    "write_crops",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'painscope' has no attribute {name!r}")
    return getattr(import_module(f"painscope.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
