"""``painscope predict``: an answer per video."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import typer

__all__ = ["predict"]


def predict(
    videos: list[Path] = typer.Argument(
        ..., metavar="VIDEO", help="Videos, photographs, folders of pictures."
    ),
    model: Path = typer.Option(..., "--model", metavar="RUN", help="A finished run."),
    classifier: str | None = typer.Option(
        None, help="A row of the run.  [default: the best on held-out people]"
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
    from painscope.experiments import Answer, Predictor
    from painscope.report import save_timeline

    predictor = Predictor.load(model, classifier=classifier)
    answers: list[Answer] = []
    stems = Counter(video.stem.casefold() for video in videos)  # many systems tell no case
    try:
        with progress_bars() as progress:
            for number, video in enumerate(videos, start=1):
                progress("videos", number - 1, len(videos))
                answer = predictor.predict(video)
                answers.append(answer)
                if not as_json:
                    typer.echo(answer.summary())
                if out is not None and answer.error is None:
                    twice = f"{number:03d}-" if stems[video.stem.casefold()] > 1 else ""
                    picture = out / f"{twice}{video.stem}.png"
                    save_timeline(answer, picture, predictor.faces(video))
    finally:  # what there is, if it is stopped or cannot be written
        if as_json:
            typer.echo(json.dumps([answer.to_dict() for answer in answers], indent=2))
    if any(answer.error is not None for answer in answers):
        raise typer.Exit(1)
