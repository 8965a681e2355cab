"""``painscope bench``: how fast this machine is."""

from __future__ import annotations

from pathlib import Path

import typer

__all__ = ["bench"]


def bench(
    video: Path | None = typer.Option(
        None, metavar="FILE", help="A video of one face.  [default: a virtual face]"
    ),
    checkpoint: Path | None = typer.Option(
        None, help="A network's file.  [default: VGG16, random weights]"
    ),
    locator: str = typer.Option(
        "auto", help="auto, mediapipe, lbp-cascade, face-alignment or precropped."
    ),
    precision: str = typer.Option("auto", help="auto, fp32, bf16 or int8."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    engine: str = typer.Option("auto", help="auto, torch, torch-compiled or openvino."),
    seconds: float = typer.Option(8.0, min=0.1, help="How long each measurement lasts, about."),
    rounds: int = typer.Option(2, min=1, help="How often the two ways take turns."),
    json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Measure frames per second of every stage and of the whole, beside the plain way.

    Example: painscope bench --json
    """
    from dataclasses import asdict
    from json import dumps

    from painscope.cli.progress import progress_bars
    from painscope.experiments.bench import bench as measure
    from painscope.networks import load_checkpoint

    with progress_bars() as progress:
        found = measure(
            video,
            checkpoint=load_checkpoint(checkpoint) if checkpoint else None,
            locator=locator,
            precision=precision,
            device=device,
            engine=engine,
            seconds=seconds,
            rounds=rounds,
            progress=progress,
        )
    if json:
        typer.echo(dumps(asdict(found), ensure_ascii=False))
        return
    typer.echo(
        f"{found.video}; {found.locator}; {found.device}, {found.threads} threads; "
        f"{found.engine}, {found.precision}"
    )
    for precision, fact in found.precisions.items():
        typer.echo(f"  {precision:8s} {fact}")
    for stage in ("decode", "locate", "crop", "network"):
        typer.echo(f"  {stage:8s} {getattr(found, f'{stage}_fps'):9.1f} frames/s")
    typer.echo(f"  {'whole':8s} {found.whole_fps:9.1f} frames/s, {found.ratio:.2f} times the plain")
    typer.echo(f"  {'plain':8s} {found.plain_fps:9.1f} frames/s, one at a time in fp32")
    typer.echo(
        f"Processor time per frame: whole {found.whole_cpu_ms:.1f} ms, "
        f"plain {found.plain_cpu_ms:.1f} ms"
    )
    typer.echo(
        f"Network: {found.network_gflops:.0f} GFLOP/s, counted as it is written, "
        f"{found.network_share_of_peak:.0%} of what matrix multiplication reaches "
        f"({found.peak_gflops:.0f})"
    )
    if found.peak_rss_mib is not None:
        typer.echo(f"Memory: {found.peak_rss_mib:.0f} MiB at most")
