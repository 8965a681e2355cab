"""extract: a dataset's features into a store, here or on a cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from painscope.datasets import Dataset, load_dataset
from painscope.errors import UsageError
from painscope.experiments.trees import tree_folder
from painscope.face import Locator, make_locator
from painscope.features import (
    EXTRACTORS,
    ExtractionSummary,
    Extractor,
    FeatureStore,
    VGGFeatures,
    calibration_crops,
    fill_store,
    fill_store_on_ray,
    make_extractor,
    open_store,
)
from painscope.networks import load_checkpoint

__all__ = ["extract_dataset"]

log = logging.getLogger(__name__)

#: Below so many videos, int8 loses clearly more on people whom it was not calibrated on
#: (docs/speed.md).
FEW_VIDEOS = 16


def extract_dataset(
    name: str,
    folder: Path,
    out: Path | str,
    *,
    options: Mapping[str, Any] | None = None,
    checkpoint: Path | None = None,
    extractor: str | None = None,
    locator: str = "auto",
    rate: float = 30.0,
    margin: float | None = None,
    locate_every: int = 1,
    device: str = "auto",
    precision: str = "auto",
    engine: str = "auto",
    calibrate: Sequence[Path] = (),
    on: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[FeatureStore, ExtractionSummary]:
    """Extract a feature vector per frame of every recording; continue what was stopped.

    Parameters
    ----------
    name : str
        Of the dataset.
    folder : Path
        Where it lies.
    out : path-like
        A folder, or an fsspec address; the store is made below it, in the dataset's name (with
        a digest, where another tree of that name was first).
    options : mapping, optional
        Of the dataset's adapter.
    checkpoint : Path, optional
        A source network's file.
    extractor : str, optional
        Instead: a name of `painscope.features.EXTRACTORS` that needs no settings.
    locator : str
        A name of `painscope.face.LOCATORS`, or ``"auto"``.
    rate, margin, locate_every
        As of `painscope.face.FaceStream`.
    device, precision, engine : str
        Of the network: as of `painscope.features.VGGFeatures`. The precision is chosen here for
        all machines of a cluster.
    calibrate : sequence of Path
        For int8: videos of people who are not tested; some dozens, of as many people as can be.
    on : str, optional
        ``ray`` or ``ray://HOST:PORT``: the cluster that does it.
    progress : callable, optional
        Called with the recordings done and to do.

    Raises
    ------
    DatasetError
        If the folder does not hold the dataset.
    UsageError
        If not one of `checkpoint` and `extractor` is given, the latter needs settings, or what
        is a network's goes with an extractor that is none.
    StorageError
        If the store cannot be written.
    """
    if (checkpoint is None) == (extractor is None):
        raise UsageError("name either --checkpoint or --extractor")
    if extractor is not None:
        _refuse(extractor, device=device, precision=precision, engine=engine, calibrate=calibrate)
    dataset = load_dataset(name, folder, **(options or {}))
    finder: Locator | None
    kind, settings = str(extractor), dict[str, Any]()
    if checkpoint is not None:
        network, finder = load_checkpoint(checkpoint), make_locator(locator)
        size = network.card.input_size
        crops = None
        known = network.card.seen(dataset.population)
        _warn_of_known_people(f"{checkpoint}: the network learned from", known, dataset)
        if calibrate:
            _warn_of_calibration(calibrate, dataset)
            crops = calibration_crops(calibrate, finder, size=size, margin=margin)
        kind, settings = "vgg16-gap", {"device": device, "engine": engine, "calibration": crops}
        reader = make_extractor(kind, checkpoint=network, precision=precision, **settings)
    else:
        reader = _by_name(kind)
        finder = None if reader.crop_size is None else make_locator(locator)
    store = open_store(
        tree_folder(out, dataset),
        reader,
        locator=finder,
        rate=rate,
        margin=margin,
        locate_every=locate_every,
    )
    if on is None:
        filled = fill_store(dataset.recordings, reader, store, locator=finder, progress=progress)
        return store, filled
    if checkpoint is not None:  # read again, as it must not have been moved to a device
        settings["checkpoint"] = load_checkpoint(checkpoint)
        settings["precision"] = reader.provenance["precision"]
    make = partial(make_extractor, kind, **settings)
    filled = fill_store_on_ray(
        dataset.recordings, make, store, locator=finder, address=on, progress=progress
    )
    return store, filled


def _by_name(extractor: str) -> Extractor:
    """Make an extractor of which the call gives the name alone."""
    try:
        return make_extractor(extractor)
    except UsageError:
        if extractor not in EXTRACTORS:
            raise
    hint = "Its settings go into a recipe, or a script: see docs/neonatal.md."
    if extractor == VGGFeatures.name:
        hint = "Give --checkpoint FILE in its place."
    raise UsageError(f"--extractor {extractor}: a name is not enough", hint=hint)


def _warn_of_known_people(told: str, known: Collection[str], dataset: Dataset) -> None:
    """Say whom no classifier may be tested on: `run` refuses it, a script of one's own does not."""
    these = [subject for subject in dataset.subjects if subject in known]
    if these:
        log.warning(
            "%s %d of the %d people of %s, such as %s. Do not test a classifier of these features "
            "on them: its scores would be worthless.",
            told,
            len(these),
            len(dataset.subjects),
            dataset.name,
            these[0],
        )


def _warn_of_calibration(videos: Sequence[Path], dataset: Dataset) -> None:
    """Say what is wrong with the videos that int8 takes its ranges from."""
    shown = {video.resolve() for video in videos}
    known = {r.subject for r in dataset.recordings if r.video.resolve() in shown}
    _warn_of_known_people("int8 is calibrated on", known, dataset)
    if len(videos) < FEW_VIDEOS:
        log.warning(
            "int8 is calibrated on %d video%s: what other people's faces show more strongly is cut "
            "off. Give some dozens, of as many people as you can.",
            len(videos),
            "" if len(videos) == 1 else "s",
        )


def _refuse(extractor: str, *, calibrate: Sequence[Path], **chosen: str) -> None:
    """Refuse what is a network's, of an extractor that is none."""
    given = [name for name, value in chosen.items() if value != "auto"]
    for name in (*given, *(["calibrate"] if calibrate else [])):
        raise UsageError(
            f"--{name} goes with --checkpoint: {extractor} is no network of painscope's"
        )
