"""The figure of an explanation: what was looked at over time."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope.files import write_bytes, write_text
from painscope.report.figures import WIDE, blank_figure
from painscope.report.style import BLUE, MUTED, draw_pdf, draw_png, draw_svg, house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from painscope.experiments.explain import VideoExplanation

__all__ = ["explanation_figure", "save_explanation", "save_figure"]


def save_explanation(found: VideoExplanation, out: Path, *, title: str = "") -> None:
    """Draw an explanation into ``out/explanation.pdf``, ``.svg`` and ``.png``."""
    save_figure(explanation_figure(found, title=title), out / "explanation")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PDF, SVG and PNG beside one another."""
    write_bytes(path.with_suffix(".png"), draw_png(figure))
    write_bytes(path.with_suffix(".pdf"), draw_pdf([figure]))
    write_text(path.with_suffix(".svg"), draw_svg(figure))


def explanation_figure(found: VideoExplanation, *, title: str = "") -> Figure:
    """Draw faces and maps, the evidence over time, and each region's share of the relevance.

    The share is drawn against the region's area: 1 is what a map without any preference
    would give. Without landmarks that panel is left out.

    Parameters
    ----------
    found : VideoExplanation
    title : str
        Above the faces.
    """
    from painscope.experiments.explain import overlay

    shares = found.shares.assign(ratio=found.shares["share"] / found.shares["area"])
    table = shares.pivot(index="region", columns="time_s", values="ratio")
    table = table.loc[list(dict.fromkeys(shares["region"]))]
    known = bool(table.notna().to_numpy().any())
    with house_style():
        figure = blank_figure(WIDE, 6.6 if known else 3.6)
        heights = [2.1, 1.2, 3.0] if known else [2.1, 1.2]
        axes = figure.subplots(len(heights), 1, height_ratios=heights)
        _draw_faces(axes[0], [overlay(c, m) for c, m in zip(found.crops, found.maps, strict=True)])
        axes[0].set_title(textwrap.fill(title, 72))
        time_s = found.frames["time_s"].to_numpy()
        axes[1].axhline(0, color=MUTED, linewidth=0.8)
        axes[1].plot(time_s, found.frames["score"], color=BLUE, marker=".", markersize=3)
        axes[1].set(ylabel=f"evidence\n({found.unit})", xlabel="time (s)")
        if known:
            step = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
            extent = (time_s[0] - step / 2, time_s[-1] + step / 2, len(table) - 0.5, -0.5)
            axes[1].set_xlim(*extent[:2])
            image = axes[2].imshow(
                table, extent=extent, aspect="auto", cmap="cividis", interpolation="none", vmin=0
            )
            axes[2].set_yticks(range(len(table)), table.index)
            axes[2].set(xlabel="time (s)")
            axes[2].grid(False)
            figure.colorbar(image, ax=axes[2], label="share of relevance / share of area")
    return figure


def _draw_faces(axes: Axes, pictures: Sequence[np.ndarray]) -> None:
    """Put faces above their maps, side by side."""
    half = pictures[0].shape[1] // 2
    column = [np.vstack([picture[:, :half], picture[:, half:]]) for picture in pictures]
    axes.imshow(np.hstack(column)[::2, ::2], interpolation="none")
    axes.axis("off")
