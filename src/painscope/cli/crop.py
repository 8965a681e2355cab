"""``painscope crop``: the tracked face of every recording as images."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["crop"]


def crop(
    name: str = typer.Argument(
        ..., metavar="NAME", help="A dataset, see `painscope datasets list`."
    ),
    folder: Path = typer.Argument(..., metavar="DIR", help="Where it lies."),
    out: Path = typer.Option(..., "--out", help="Where the images go, a folder per recording."),
    locator: str = typer.Option(
        "auto", help="auto, mediapipe, lbp-cascade, face-alignment or precropped."
    ),
    size: int = typer.Option(224, min=16, help="Side of the images in pixels."),
    margin: float | None = typer.Option(
        None, min=0, help="Margin around the face, share of its side.  [default: the locator's]"
    ),
    rate: float = typer.Option(30.0, min=0.1, help="Frames per second."),
    every: int = typer.Option(1, min=1, help="Write every n-th frame."),
    workers: int = typer.Option(1, min=1, help="Recordings cropped at the same time."),
    option: list[str] = typer.Option(
        [], metavar="KEY=VALUE", help="Option of the dataset, see docs/datasets.md."
    ),
) -> None:
    """Write face crops as JPEG images; the same call continues where it was stopped.

    Exit status 1 if not one recording could be read.

    Example: painscope crop ai4pain-2024 AI4Pain --out crops
    """
    from painscope.cli.outcome import tell_outcome
    from painscope.cli.parsing import options
    from painscope.cli.progress import progress_bars
    from painscope.datasets import load_dataset
    from painscope.face import make_locator, write_crops

    dataset = load_dataset(name, folder, **options(option))
    done = 0

    def count(_: object) -> None:
        nonlocal done
        done += 1
        progress("crops", done, len(dataset.recordings))

    with progress_bars() as progress:
        status = write_crops(
            dataset.recordings,
            make_locator(locator),
            out,
            rate=rate,
            margin=margin,
            size=size,
            every=every,
            workers=workers,
            progress=count,
        )
    tell_outcome("Crops", status, {recording.id for recording in dataset.recordings}, out)
