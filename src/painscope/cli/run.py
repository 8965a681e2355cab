"""``painscope run``: a recipe from data on disk to a report."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["run"]


def run(
    recipe: str = typer.Argument(
        ..., metavar="RECIPE", help="A name from `painscope recipes`, or a YAML file."
    ),
    data: list[str] = typer.Option(
        [], "--data", metavar="NAME=DIR", help="Where a dataset lies; give it once per dataset."
    ),
    out: Path = typer.Option(..., "--out", help="The run folder: new, or one to continue."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="KEY=VALUE", help="Change a setting of the recipe, such as seeds=3."
    ),
    store: Path | None = typer.Option(
        None, help="Folder of crops and features to share between runs.  [default: OUT/store]"
    ),
    workers: int | None = typer.Option(
        None,
        min=1,
        help="Processes that fit classifiers.  [default: one per core, as far as the memory goes]",
    ),
    on: str | None = typer.Option(
        None,
        metavar="ray[://HOST:PORT]",
        help="A Ray cluster, for classifiers and for networks on several nodes: docs/cluster.md.",
    ),
) -> None:
    """Run a recipe, to a report. The same call continues a run that was stopped.

    Example: painscope run faces-of-experimental-pain --data biovid-a=PartA
    --data ai4pain-2024=AI4Pain --out runs/first
    """
    from painscope.cli.parsing import data_folders
    from painscope.cli.progress import progress_bars
    from painscope.experiments import load_recipe
    from painscope.experiments import run as run_recipe
    from painscope.report import write_report

    chosen = load_recipe(recipe, settings)
    folders = data_folders(data)
    with progress_bars() as progress:
        folder = run_recipe(
            chosen, folders, out, store=store, workers=workers, on=on, progress=progress
        )
    typer.echo(f"Report: {write_report(folder.path)}")
