"""``painscope datasets``: what is known, what is there, and virtual ones."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from painscope.recording import Recording

__all__ = ["app"]

app = typer.Typer(
    help="List and check datasets, and make virtual ones.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_datasets() -> None:
    """List the datasets, with access and citation.

    Example: painscope datasets list
    """
    from painscope.datasets import DATASETS

    for name, kind in DATASETS.items():
        typer.echo(f"{name}\n")
        for text in (kind.title, f"Access: {kind.access}", f"Cite: {kind.citation}"):
            typer.echo(textwrap.fill(text, 88, initial_indent="    ", subsequent_indent="    "))
        typer.echo("")


@app.command()
def check(
    name: str = typer.Argument(
        ..., metavar="NAME", help="A dataset, see `painscope datasets list`."
    ),
    folder: Path = typer.Argument(..., metavar="DIR", help="Where it lies."),
    fast: bool = typer.Option(False, "--fast", help="Do not open the videos."),
    option: list[str] = typer.Option(
        [], metavar="KEY=VALUE", help="Option of the dataset, see docs/datasets.md."
    ),
) -> None:
    """Compare what is there with what should be there, per split, person and class.

    Exit status 1 if something is missing or unreadable.

    Example: painscope datasets check ai4pain-2024 AI4Pain
    """
    from painscope.cli.parsing import options
    from painscope.cli.progress import progress_bars
    from painscope.datasets import load_dataset

    dataset = load_dataset(name, folder, **options(option))
    with progress_bars() as progress:

        def track(recordings: Sequence[Recording]) -> Iterator[Recording]:
            for done, recording in enumerate(recordings, start=1):
                yield recording
                progress("videos", done, len(recordings))

        report = dataset.check(read_videos=not fast, track=track)
    typer.echo(str(report))
    if not report.complete:
        raise typer.Exit(1)


@app.command()
def virtual(
    name: str = typer.Argument(
        ..., metavar="NAME", help="A layout, such as ai4pain-2024 or biovid-a."
    ),
    folder: Path = typer.Argument(..., metavar="DIR", help="Where it shall lie."),
    people: int = typer.Option(20, help="How many people."),
    seed: int = typer.Option(0, help="The same seed makes the same people."),
    workers: int | None = typer.Option(None, min=1, help="Processes.  [default: all cores]"),
    option: list[str] = typer.Option(
        [], metavar="KEY=VALUE", help="Setting of the layout, see docs/virtual-people.md."
    ),
) -> None:
    """Make virtual people in the layout of a real dataset, their truth beside them.

    The same call continues where it was stopped.

    Example: painscope datasets virtual ai4pain-2024 virtual-ai4pain --people 24 --seed 7
    """
    from painscope.cli.parsing import options
    from painscope.cli.progress import progress_bars
    from painscope.virtual import generate

    settings = options(option, ("name", "root", "people", "seed", "workers", "progress"))
    with progress_bars() as progress:
        generate(
            name,
            folder,
            people=people,
            seed=seed,
            workers=workers,
            progress=lambda done, total: progress("clips", done, total),
            **settings,
        )
    typer.echo(f"Virtual {name}: {people} people in {folder}")
