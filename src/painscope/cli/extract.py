"""``painscope extract``: fill a feature store."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(extract)


def extract(
    name: str = typer.Argument(..., help="A dataset, see `painscope datasets list`."),
    folder: Path = typer.Argument(..., metavar="DIR", help="Where it lies."),
    out: Path = typer.Option(..., "--out", help="The feature store."),
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
    option: list[str] = typer.Option([], metavar="KEY=VALUE", help="Option of the dataset."),
) -> None:
    """Extract a feature vector per frame; the same call continues where it was stopped.

    Example: painscope extract ai4pain-2024 AI4Pain --checkpoint source.safetensors --out features
    """
    from painscope.cli.parsing import options
    from painscope.cli.progress import progress_bars
    from painscope.datasets import load_dataset
    from painscope.errors import UsageError
    from painscope.face import Locator, make_locator
    from painscope.features import calibration_crops, fill_store, make_extractor, open_store
    from painscope.networks import load_checkpoint

    if (checkpoint is None) == (extractor is None):
        raise UsageError("name either --checkpoint or --extractor")
    dataset = load_dataset(name, folder, **options(option))
    if checkpoint is not None:
        network = load_checkpoint(checkpoint)
        finder: Locator | None = (found := make_locator(locator))
        crops = None
        if calibrate:
            size = network.card.input_size
            crops = calibration_crops(calibrate, found, size=size, margin=margin)
        reader = make_extractor(
            "vgg16-gap", checkpoint=network, precision=precision, engine=engine, calibration=crops
        )
    else:
        reader = make_extractor(str(extractor))
        finder = None if reader.crop_size is None else make_locator(locator)
    store = open_store(
        out / dataset.name,
        reader,
        locator=finder,
        rate=rate,
        margin=margin,
        locate_every=locate_every,
    )
    with progress_bars() as progress:
        summary = fill_store(
            dataset.recordings,
            reader,
            store,
            locator=finder,
            progress=lambda done, total: progress("features", done, total),
        )
    done = len(summary.extracted) + len(summary.kept)
    typer.echo(f"Features: {done} of {len(dataset.recordings)} recordings in {store.folder}")
    for recording, reason in summary.failed.items():
        typer.echo(f"  left out {recording}: {reason}")
