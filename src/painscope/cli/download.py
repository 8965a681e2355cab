"""``painscope download``: fetch the face model, once."""

from __future__ import annotations

import typer

__all__ = ["download"]


def download() -> None:
    """Fetch MediaPipe's face model once (3.8 MB, checked by sha256) into PAINSCOPE_HOME.

    Without it the weight-free face locator serves. No other command downloads anything by itself;
    the optional locator face-alignment fetches its own weights.

    Example: painscope download
    """
    from painscope.face import download_face_landmarker

    typer.echo(f"Face model: {download_face_landmarker()}")
