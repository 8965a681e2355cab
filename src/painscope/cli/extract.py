"""``painscope extract``: fill a feature store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(extract)


def extract(
    name: str = typer.Argument(..., help="A dataset, see `painscope datasets list`."),
    folder: Path = typer.Argument(..., metavar="DIR", help="Where it lies."),
    out: str = typer.Option(
        ..., "--out", help="The feature store: a folder, or an address such as s3://BUCKET/DIR."
    ),
    checkpoint: Path | None = typer.Option(
        None, help="A source network's checkpoint, such as RUN/models/source.safetensors."
    ),
    extractor: str | None = typer.Option(
        None, help="An extractor that needs no checkpoint, such as mediapipe-blendshapes."
    ),
    locator: str = typer.Option("auto", help="How faces are found."),
    margin: float | None = typer.Option(
        None, min=0, help="Margin around the face, share of its side.  [default: the locator's]"
    ),
    rate: float = typer.Option(30.0, min=0.1, help="Frames per second."),
    locate_every: int = typer.Option(1, help="Search only every n-th frame for the face."),
    precision: str = typer.Option("auto", help="Of a network: auto, fp32, bf16 or int8."),
    engine: str = typer.Option("auto", help="auto, torch, torch-compiled or openvino."),
    calibrate: list[Path] = typer.Option(
        [], metavar="VIDEO", help="For int8: faces of people who are not tested."
    ),
    on: str | None = typer.Option(
        None,
        metavar="ray[://HOST:PORT]",
        help="Spread the recordings over a Ray cluster: see docs/cluster.md.",
    ),
    option: list[str] = typer.Option([], metavar="KEY=VALUE", help="Option of the dataset."),
) -> None:
    """Extract a feature vector per frame; the same call continues where it was stopped.

    Exit status 1 if not one recording could be read.

    Example: painscope extract ai4pain-2024 AI4Pain --checkpoint source.safetensors --out features
    """
    from functools import partial

    from painscope.cli.parsing import options
    from painscope.cli.progress import progress_bars
    from painscope.datasets import load_dataset
    from painscope.errors import UsageError
    from painscope.face import Locator, make_locator
    from painscope.features import (
        calibration_crops,
        fill_store,
        fill_store_on_ray,
        make_extractor,
        open_store,
    )
    from painscope.files import folder_at
    from painscope.networks import load_checkpoint

    if (checkpoint is None) == (extractor is None):
        raise UsageError("name either --checkpoint or --extractor")
    dataset = load_dataset(name, folder, **options(option))
    kind, settings = str(extractor), dict[str, Any]()
    if checkpoint is not None:
        network = load_checkpoint(checkpoint)
        finder: Locator | None = (found := make_locator(locator))
        crops = None
        if calibrate:
            size = network.card.input_size
            crops = calibration_crops(calibrate, found, size=size, margin=margin)
        kind, settings = "vgg16-gap", {"checkpoint": network, "calibration": crops}
        reader = make_extractor(kind, **settings, precision=precision, engine=engine)
    else:
        reader = make_extractor(kind)
        finder = None if reader.crop_size is None else make_locator(locator)
    root = folder_at(out) / dataset.name
    store = open_store(
        root, reader, locator=finder, rate=rate, margin=margin, locate_every=locate_every
    )
    with progress_bars() as progress:
        show = partial(progress, "features")
        if on is None:
            summary = fill_store(dataset.recordings, reader, store, locator=finder, progress=show)
        else:
            if checkpoint is not None:  # the precision is chosen here, for all machines
                settings["checkpoint"] = load_checkpoint(checkpoint)  # not moved to a device yet
                settings |= {"precision": reader.provenance["precision"], "engine": engine}
            make = partial(make_extractor, kind, **settings)
            summary = fill_store_on_ray(
                dataset.recordings, make, store, locator=finder, address=on, progress=show
            )
    done = len(summary.extracted) + len(summary.kept)
    typer.echo(f"Features: {done} of {len(dataset.recordings)} recordings in {store.folder}")
    for recording, reason in summary.failed.items():
        typer.echo(f"  left out {recording}: {reason}")
    if not done:
        raise typer.Exit(1)
