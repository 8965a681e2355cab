"""Datasets on disk: which recordings there are, who is in them, and what is missing."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

from painscope.datasets.affectnet import AffectNet
from painscope.datasets.ai4pain import AI4Pain2024
from painscope.datasets.base import Dataset
from painscope.datasets.biovid import BioVidA
from painscope.datasets.check import CheckReport, Count, Expected, Scan
from painscope.datasets.icope_photos import ICOPEPhotos
from painscope.datasets.icope_video import ICOPEVideo
from painscope.datasets.manifest import Manifest
from painscope.datasets.unbc import UNBC, frame_labels, frame_landmarks, pspi_labels
from painscope.errors import UsageError, did_you_mean

__all__ = [
    "DATASETS",
    "UNBC",
    "AI4Pain2024",
    "AffectNet",
    "BioVidA",
    "CheckReport",
    "Count",
    "Dataset",
    "Expected",
    "ICOPEPhotos",
    "ICOPEVideo",
    "Manifest",
    "Scan",
    "frame_labels",
    "frame_landmarks",
    "load_dataset",
    "pspi_labels",
]

#: The index: every dataset by its name.
DATASETS: dict[str, type[Dataset]] = {
    dataset.name: dataset
    for dataset in (AI4Pain2024, BioVidA, UNBC, AffectNet, ICOPEPhotos, ICOPEVideo, Manifest)
}


def load_dataset(name: str, root: Path | str, **options: object) -> Dataset:
    """Return the dataset called `name` that lies in `root`.

    Parameters
    ----------
    name : str
        A name in `DATASETS`.
    root : Path or str
        Its folder.
    **options
        The dataset's own options; see its class.

    Raises
    ------
    UsageError
        If there is no such dataset or option.
    DatasetError
        If the folder does not hold it.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        raise UsageError(f"there is no dataset {name!r}", hint=did_you_mean(name, DATASETS))
    known = [option for option in signature(dataset).parameters if option != "root"]
    for option in options:
        if option not in known:
            raise UsageError(f"{name} has no option {option!r}", hint=did_you_mean(option, known))
    return dataset(root, **options)
