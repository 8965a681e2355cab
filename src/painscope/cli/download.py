"""``painscope download``: the only command that reaches for the network."""

from __future__ import annotations

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(download)


def download() -> None:
    """Fetch MediaPipe's face model once (4 MB, checked by sha256) into PAINSCOPE_HOME.

    Without it the weight-free face locator serves. Nothing else is ever downloaded.

    Example: painscope download
    """
    from painscope.face import download_face_landmarker

    typer.echo(f"Face model: {download_face_landmarker()}")
