"""``painscope demo``: the whole way on virtual people."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["demo"]


def demo(
    out: Path = typer.Option(Path("painscope-demo"), "--out", help="Where all of it goes."),
) -> None:
    """Make virtual people, train on them, test on others, write the report.

    Takes some minutes the first time and reuses what is there the next. Virtual people prove
    that the machinery works, never that it works on patients.

    Example: painscope demo --out demo
    """
    from painscope.cli.progress import progress_bars
    from painscope.experiments import run_demo
    from painscope.report import write_report

    with progress_bars() as progress:
        folder = run_demo(out, progress=progress)
    typer.echo(f"Report: {write_report(folder.path)}")
