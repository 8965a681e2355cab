"""``painscope report``: draw a run's report again."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["report"]


def report(run: Path = typer.Argument(..., metavar="RUN", help="A run folder.")) -> None:
    """Write a run's report again from its tables.

    Example: painscope report runs/first
    """
    from painscope.report import write_report

    typer.echo(f"Report: {write_report(run)}")
