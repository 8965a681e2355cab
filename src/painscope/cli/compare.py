"""``painscope compare``: runs side by side."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["compare"]


def compare(
    runs: list[Path] = typer.Argument(..., metavar="RUN", help="Two or more run folders."),
    out: Path = typer.Option(Path("comparison.html"), "--out", help="The page to write."),
) -> None:
    """Put runs side by side: scores, and differences with intervals over the same subjects.

    Example: painscope compare runs/first runs/second
    """
    from painscope.report import write_comparison

    found = write_comparison(runs, out)
    if found.virtual:
        typer.echo(f"Virtual people, who say nothing about real ones: {', '.join(found.virtual)}")
    typer.echo(found.table.to_string(index=False))
    typer.echo(f"Comparison: {found.page}")
