"""What a command made of a dataset's recordings, in lines."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["tell_outcome"]


def tell_outcome(what: str, status: pd.DataFrame, asked: Collection[str], folder: Path) -> None:
    """Say how many recordings were read, which were not or in part and why, and which show no face.

    Parameters
    ----------
    what : str
        What is in the folder now.
    status : DataFrame
        recording, status, reason, found_share, damage; of earlier calls there may be others.
    asked : collection of str
        Ids of this call's recordings.
    folder : Path

    Raises
    ------
    typer.Exit
        With status 1 if not one could be read.
    """
    status = status[status["recording"].isin(list(asked))]
    failed = status[status["status"] == "failed"]
    blind = status[(status["status"] != "failed") & (status["found_share"] == 0)]
    typer.echo(f"{what}: {len(status) - len(failed)} of {len(status)} recordings in {folder}")
    for row in failed.itertuples():
        typer.echo(f"  left out {row.recording}: {row.reason}")
    for recording in blind["recording"]:
        typer.echo(f"  no face in {recording}")
    for row in status[status["damage"].fillna("") != ""].itertuples():
        typer.echo(f"  damaged {row.recording}: {row.damage}")
    if len(failed) == len(status):
        raise typer.Exit(1)
