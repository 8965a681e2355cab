"""``painscope extract``: fill a feature store."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["extract"]


def extract(
    name: str = typer.Argument(
        ..., metavar="NAME", help="A dataset, see `painscope datasets list`."
    ),
    folder: Path = typer.Argument(..., metavar="DIR", help="Where it lies."),
    out: str = typer.Option(
        ..., "--out", help="The feature store: a folder, or an address such as s3://BUCKET/DIR."
    ),
    checkpoint: Path | None = typer.Option(
        None, help="A source network's checkpoint, such as RUN/models/source.safetensors."
    ),
    extractor: str | None = typer.Option(
        None,
        help="Instead: an extractor's name, such as mediapipe-blendshapes, see docs/features.md.",
    ),
    locator: str = typer.Option(
        "auto", help="auto, mediapipe, lbp-cascade, face-alignment or precropped."
    ),
    margin: float | None = typer.Option(
        None, min=0, help="Margin around the face, share of its side.  [default: the locator's]"
    ),
    rate: float = typer.Option(30.0, min=0.1, help="Frames per second."),
    locate_every: int = typer.Option(
        1, help="Search only every n-th frame for the face, up to 10."
    ),
    precision: str = typer.Option("auto", help="Of a network: auto, fp32, bf16 or int8."),
    device: str = typer.Option("auto", help="Of a network: auto, cpu or cuda."),
    engine: str = typer.Option(
        "auto", help="Of a network: auto, torch, torch-compiled or openvino."
    ),
    calibrate: list[Path] = typer.Option(
        [], metavar="VIDEO", help="Of a network in int8: faces of people who are not tested."
    ),
    on: str | None = typer.Option(
        None,
        metavar="ray[://HOST:PORT]",
        help="Spread the recordings over a Ray cluster: see docs/cluster.md.",
    ),
    option: list[str] = typer.Option(
        [], metavar="KEY=VALUE", help="Option of the dataset, see docs/datasets.md."
    ),
) -> None:
    """Extract a feature vector per frame; the same call continues where it was stopped.

    Exit status 1 if not one recording could be read.

    Example: painscope extract ai4pain-2024 AI4Pain --checkpoint source.safetensors --out features
    """
    from functools import partial

    from painscope.cli.outcome import tell_outcome
    from painscope.cli.parsing import options
    from painscope.cli.progress import progress_bars
    from painscope.experiments.extraction import extract_dataset

    with progress_bars() as progress:
        store, summary = extract_dataset(
            name,
            folder,
            out,
            options=options(option),
            checkpoint=checkpoint,
            extractor=extractor,
            locator=locator,
            rate=rate,
            margin=margin,
            locate_every=locate_every,
            device=device,
            precision=precision,
            engine=engine,
            calibrate=calibrate,
            on=on,
            progress=partial(progress, "features"),
        )
    asked = {*summary.extracted, *summary.kept, *summary.failed}
    tell_outcome("Features", store.status, asked, store.folder)
