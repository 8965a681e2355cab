"""``painscope predict``: an answer per video."""

from __future__ import annotations

import json
from pathlib import Path

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(predict)


def predict(
    videos: list[Path] = typer.Argument(..., metavar="VIDEO…", help="Video files."),
    model: Path = typer.Option(..., "--model", metavar="RUN", help="A finished run."),
    classifier: str | None = typer.Option(
        None, help="A row of the run.  [default: the best on validation people]"
    ),
    out: Path | None = typer.Option(None, "--out", help="Folder for a timeline plot per video."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON for programs."),
) -> None:
    """Read the level of pain from videos: label, probabilities, share of frames with a face.

    Videos longer than the model's segment are read in windows. A research tool, not a
    medical device.

    Example: painscope predict patient.mp4 --model runs/first --out timelines
    """
    from painscope.cli.progress import progress_bars
    from painscope.experiments import Predictor
    from painscope.report import save_timeline

    predictor = Predictor.load(model, classifier=classifier)
    answers = []
    with progress_bars() as progress:
        for done, video in enumerate(videos):
            progress("videos", done, len(videos))
            answer = predictor.predict(video)
            answers.append(answer)
            if out is not None and answer.error is None:
                save_timeline(answer, out / f"{video.stem}.png", predictor.faces(video))
    if as_json:
        typer.echo(json.dumps([answer.to_dict() for answer in answers], indent=2))
    else:
        for answer in answers:
            typer.echo(answer.summary())
    if any(answer.error is not None for answer in answers):
        raise typer.Exit(1)
