"""Every figure of a report: pure functions from plain data to a matplotlib Figure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from painscope.report.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    ROLE_COLOURS,
    class_colours,
    house_style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "WIDE",
    "Bar",
    "blank_figure",
    "class_figure",
    "confusion_figure",
    "face_figure",
    "forest_figure",
    "interval_text",
    "learning_figure",
    "only_vertical_grid",
]

WIDE = 8.4  # inches: a full column of the page
_NARROW = 2.75  # inches: three in a column, one on a phone


class Bar(NamedTuple):
    """A row of a forest plot: a value with its interval (NaN if it has none)."""

    title: str
    value: float
    low: float
    high: float
    role: str = "model"


def forest_figure(
    bars: Sequence[Bar],
    *,
    label: str,
    references: Mapping[str, float] | None = None,
    limits: tuple[float, float] | None = (0.0, 1.0),
) -> Figure:
    """Draw values with their intervals, a row each, in the order given.

    Parameters
    ----------
    bars : sequence of Bar
        Rows from top to bottom; the role gives the colour.
    label : str
        What the value is.
    references : mapping of str to float, optional
        Upright dashed lines with their names.
    limits : (float, float) or None
        Of the axis; None fits the bars.
    """
    with house_style():
        figure = blank_figure(WIDE, 0.75 + 0.34 * len(bars))
        axes = figure.add_subplot()
        for row, bar in enumerate(bars):
            colour = ROLE_COLOURS[bar.role]
            axes.plot([bar.low, bar.high], [row, row], color=colour, linewidth=2.4, alpha=0.55)
            axes.plot([bar.value], [row], "o", color=colour, markersize=6.5)
        _draw_references(axes, references or {})
        axes.set_yticks(range(len(bars)), [bar.title for bar in bars])
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlabel(label)
        if limits:
            axes.set_xlim(*limits)
        only_vertical_grid(axes)
        numbers = axes.secondary_yaxis("right")
        digits = 2 if max((abs(bar.value) for bar in bars), default=1) >= 0.05 else 3
        numbers.set_yticks(range(len(bars)), [interval_text(bar, digits) for bar in bars])
        numbers.tick_params(length=0)
        numbers.spines["right"].set_visible(False)
    return figure


def confusion_figure(counts: np.ndarray, classes: Sequence[str], *, title: str = "") -> Figure:
    """Draw a confusion matrix: share of each true class, with the counts below.

    Parameters
    ----------
    counts : float [C, C]
        Rows are true classes, columns answers; means over seeds may be fractions.
    classes : sequence of str
        The C class names.
    title : str
        Above the matrix.
    """
    from matplotlib.patches import Rectangle

    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts, float), where=totals > 0)
    number = "{:.0f}" if np.allclose(counts, np.round(counts)) else "{:.1f}"
    with house_style():
        side = max(_NARROW, 0.6 * len(classes) + 0.7)
        figure = blank_figure(side, side)
        axes = figure.add_subplot()
        for row, column in np.ndindex(*counts.shape):
            corner = (column - 0.5, row - 0.5)
            # Never so dark that the page's ink, dark or light, could not be read on it.
            alpha = 0.85 * shares[row, column]
            axes.add_patch(Rectangle(corner, 1, 1, facecolor=BLUE, alpha=alpha, linewidth=0))
            middle = {"ha": "center", "va": "center"}
            percent, count = f"{shares[row, column]:.0%}", number.format(counts[row, column])
            axes.text(column, row - 0.1, percent, middle, fontsize=10, fontweight="bold")
            axes.text(column, row + 0.22, count, middle, fontsize=8)
        axes.set_xlim(-0.5, len(classes) - 0.5)
        axes.set_ylim(len(classes) - 0.5, -0.5)
        axes.set_aspect("equal")
        axes.set_xticks(range(len(classes)), classes)
        axes.set_yticks(range(len(classes)), classes, rotation=90, va="center")
        axes.tick_params(length=0)
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, edgecolor=FAINT)
        axes.set(xlabel="answer", ylabel="truth", title=textwrap.fill(title, 24))
    return figure


def learning_figure(histories: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw the losses of one classifier over the epochs, all folds and seeds.

    Thin lines are single trainings (left out beyond ten), the thick line is their mean
    as long as at least half of them still go on, the band holds the middle 80 %.

    Parameters
    ----------
    histories : DataFrame
        fold, seed, epoch, train_loss, validation_loss of one classifier.
    title : str
        Above the curves.
    """
    from matplotlib.ticker import MaxNLocator

    curves = [
        (
            name,
            colour,
            histories.pivot_table(index="epoch", columns=["fold", "seed"], values=column),
        )
        for name, column, colour in (
            ("training", "train_loss", ORANGE),
            ("validation", "validation_loss", BLUE),
        )
        if histories[column].notna().any()
    ]
    with house_style():
        figure = blank_figure(_NARROW, 2.2)
        axes = figure.add_subplot()
        for name, colour, table in curves:
            if table.shape[1] <= 10:
                axes.plot(table.index, table, color=colour, linewidth=0.7, alpha=0.45)
            together = table[table.notna().sum(axis=1) * 2 >= table.shape[1]]
            band = together.quantile([0.1, 0.9], axis=1)
            axes.fill_between(
                together.index, band.loc[0.1], band.loc[0.9], color=colour, alpha=0.15, linewidth=0
            )
            axes.plot(together.index, together.mean(axis=1), color=colour, label=name)
        axes.set(xlabel="epoch", ylabel="loss", title=textwrap.fill(title, 24))
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        axes.legend(loc="best", fontsize=8)
    return figure


def class_figure(counts: pd.DataFrame, classes: Sequence[str]) -> Figure:
    """Draw how many recordings of each class every split holds.

    Parameters
    ----------
    counts : DataFrame
        Index: split; columns: the classes, and ``"unlabelled"`` where there are such.
    """
    colours = dict(zip(classes, class_colours(tuple(classes)), strict=True))
    with house_style():
        figure = blank_figure(WIDE, 0.75 + 0.42 * len(counts))
        axes = figure.add_subplot()
        left = np.zeros(len(counts))
        for name in counts.columns:
            values = counts[name].to_numpy(float)
            bars = axes.barh(
                counts.index, values, left=left, height=0.62, label=name,
                color=colours.get(name, FAINT), alpha=0.85,
            )  # fmt: skip
            enough = values > 0.03 * counts.to_numpy().sum(axis=1).max()
            axes.bar_label(
                bars,
                [
                    f"{value:.0f}" if show else ""
                    for value, show in zip(values, enough, strict=True)
                ],
                label_type="center",
                fontsize=8,
                color="#1B1B1B" if name in colours else INK,
            )
            left += values
        axes.invert_yaxis()
        axes.set_xlabel("recordings")
        only_vertical_grid(axes)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(counts.columns), fontsize=8)
    return figure


def face_figure(status: pd.DataFrame) -> Figure:
    """Draw the share of frames without a face, a bar per person, worst first.

    Parameters
    ----------
    status : DataFrame
        subject, n_frames, found_share, a row per recording that could be read.
    """
    frames = status["n_frames"].astype(float)
    lost = (frames * (1 - status["found_share"].astype(float))).groupby(status["subject"]).sum()
    share = (lost / frames.groupby(status["subject"]).sum()).sort_values(ascending=False)
    with house_style():
        figure = blank_figure(WIDE, 2.1)
        axes = figure.add_subplot()
        axes.bar(range(len(share)), 100 * share, color=BLUE, width=0.75)
        axes.set_ylabel("frames without\na face (%)")
        axes.set_xlim(-0.6, max(len(share), 8) - 0.4)
        axes.set_ylim(0, max(1.0, 108 * share.max()))
        axes.grid(False, axis="x")
        if len(share) <= 48:
            small = 8 if len(share) <= 24 else 6
            names = [_short(str(name)) for name in share.index]
            axes.set_xticks(range(len(share)), names, rotation=90, fontsize=small)
            axes.set_xlabel("person")
        else:
            axes.set_xticks([])
            best, worst = _short(str(share.index[-1])), _short(str(share.index[0]))
            axes.set_xlabel(f"{len(share)} people, from {worst} to {best}")
        axes.tick_params(axis="x", length=0)
    return figure


def interval_text(bar: Bar, digits: int = 2) -> str:
    """Return a value with its interval, as it stands in figures: ``0.51 [0.43, 0.58]``."""
    text = f"{bar.value:.{digits}f}"
    if not np.isnan(bar.low):
        text += f" [{bar.low:.{digits}f}, {bar.high:.{digits}f}]"
    return text.replace("-", "−")


def blank_figure(
    width: float, height: float, layout: Literal["constrained"] | None = "constrained"
) -> Figure:
    """Return an empty figure of this size in inches, tied to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout)


def only_vertical_grid(axes: Axes) -> None:
    """Leave axes of rows nothing but the upright lines."""
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _short(name: str, most: int = 16) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _draw_references(axes: Axes, references: Mapping[str, float]) -> None:
    """Draw named upright lines; the names lean outwards, so that close lines keep theirs apart."""
    middle = np.mean(list(references.values()) or [0])
    for name, value in references.items():
        axes.axvline(value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
        axes.annotate(
            name,
            (value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3 if value < middle else 3, 3),
            textcoords="offset points",
            color=MUTED,
            fontsize=8,
            ha="right" if value < middle else "left",
        )
