"""``painscope explain``: what a network looks at in a video."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["explain"]


def explain(
    video: Path = typer.Argument(
        ..., metavar="VIDEO", help="A video, a photograph or a folder of pictures."
    ),
    model: Path = typer.Option(
        ..., "--model", metavar="RUN", help="A finished run, or a network's file."
    ),
    out: Path = typer.Option(..., "--out", metavar="DIR", help="Folder for the results."),
    label: str | None = typer.Option(
        None, help="The class to explain.  [default: the one of most pain]"
    ),
    method: str = typer.Option("relevance", help="relevance, integrated-gradients or grad-cam."),
    preset: str = typer.Option(
        "epsilon-plus-flat", help="Of relevance; or epsilon-alpha2-beta1-flat."
    ),
    epsilon: float = typer.Option(0.1, help="Of relevance, on dense layers."),
    rate: float = typer.Option(5.0, min=0.1, help="Frames per second to explain."),
    locator: str = typer.Option("auto", help="For a network's file: as of `painscope extract`."),
) -> None:
    """Draw what the source network looks at: maps, an overlay video, shares of facial regions.

    Example: painscope explain patient.mp4 --model runs/first --out looked-at
    """
    from painscope.cli.progress import progress_bars
    from painscope.experiments.explain import explain_video, load_eye
    from painscope.explain import Explainer
    from painscope.report.explanation import save_explanation
    from painscope.video import probe

    eye = load_eye(model, locator)
    explainer = Explainer(
        eye.checkpoint, label=label, method=method, preset=preset, epsilon=epsilon
    )
    frames = round((probe(video).duration_s or 0) * rate)
    with progress_bars() as progress:
        found = explain_video(
            video,
            eye,
            explainer,
            out,
            rate=rate,
            progress=lambda done: progress("frames", done, max(done, frames)),
        )
    learned = "; learned from virtual people" if eye.checkpoint.card.virtual else ""
    save_explanation(found, out, title=f"{video.name}: {explainer.label} by {method}{learned}")
    seen = found.frames["score"].notna()
    typer.echo(
        f"{video}: {seen.sum()} of {len(seen)} frames explained, "
        f"evidence for {explainer.label} {found.frames['score'].mean():+.2f} ({found.unit}) on "
        "average; "
        f"see {out}"
    )
    if found.shares["share"].isna().all():
        typer.echo(
            f"  no shares of facial regions: the locator {eye.locator.name} gives no landmarks"
        )
    if eye.checkpoint.card.virtual:
        typer.echo("  caution: this network learned from virtual people")
    if eye.checkpoint.card.untrained:
        layers = ", ".join(eye.checkpoint.card.untrained)
        typer.echo(f"  caution: parts of this network hold random numbers: {layers}")
