"""Figures of studies that look into networks: pure functions from plain data to a Figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from painscope.report.figures import WIDE, blank_figure, only_vertical_grid
from painscope.report.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    house_style,
)
from painscope.report.tables import counted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Series",
    "cascade_figure",
    "curves_figure",
    "maps_figure",
    "matrix_figure",
    "rows_figure",
    "steps_figure",
]

#: Colour and marker, so that series are told apart in grey as well.
LOOKS = ((BLUE, "o"), (ORANGE, "s"), (PURPLE, "^"), (SKY, "D"), (VERMILLION, "v"), (GREEN, "P"))


class Series(NamedTuple):
    """Values with their intervals, float [N], one per row; NaN leaves a place empty."""

    title: str
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def rows_figure(
    panels: Mapping[str, Sequence[Series]],
    rows: Sequence[str],
    *,
    label: str,
    reference: tuple[str, float] | None = None,
    controls: Mapping[str, Series] | None = None,
    order: Sequence[str] = (),
    limits: tuple[float, float | None] | None = None,
) -> Figure:
    """Draw several series against the same rows, a little apart, with their intervals.

    Parameters
    ----------
    panels : mapping of str to sequence of Series
        A panel each, side by side; one without a title if there is but one.
    rows : sequence of str
        From top to bottom.
    label : str
        What the values are.
    reference : (str, float), optional
        An upright dashed line with its name.
    controls : mapping of str to Series, optional
        By panel: a grey bar per row, from low to high, with a line at the value.
    order : sequence of str, optional
        Titles of series in the order of their colours, so that one looks the same in several
        figures though some lack others.
    limits : (float, float or None), optional
        Of the axis; None fits what is drawn.
    """
    from matplotlib.ticker import MaxNLocator

    titles = list(dict.fromkeys(one.title for series in panels.values() for one in series))
    looks = dict(zip([*order, *(t for t in titles if t not in order)], cycle(LOOKS), strict=False))
    most = max(len(titles), 1)
    with house_style():
        height = 0.95 + len(rows) * max(0.3, 0.14 * most)
        figure = blank_figure(WIDE, height)
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for panel, (title, series) in zip(axes, panels.items(), strict=True):
            for row in range(0, len(rows), 2):
                panel.axhspan(row - 0.5, row + 0.5, color=FAINT, alpha=0.28, linewidth=0, zorder=0)
            if controls and title in controls:
                _draw_controls(panel, controls[title])
            for one in series:
                k = titles.index(one.title)
                place = np.arange(len(rows)) + (k - (most - 1) / 2) * 0.72 / max(most, 2)
                _draw_series(panel, one, place, *looks[one.title])
            if reference:
                _draw_reference(panel, *reference)
            panel.set_title(title, pad=14)
            panel.set_xlabel(label)
            panel.xaxis.set_major_locator(MaxNLocator(9 // len(panels), steps=[1, 2, 2.5, 5, 10]))
            if limits:
                panel.set_xlim(*limits)
            panel.set_yticks(range(len(rows)), rows)
            panel.set_ylim(len(rows) - 0.5, -0.5)
            only_vertical_grid(panel)
        _draw_legend(figure, axes)
    return figure


def steps_figure(panels: Mapping[str, Series], steps: Sequence[str], *, label: str) -> Figure:
    """Draw a value over steps, a small panel each, against its value at the first step.

    Parameters
    ----------
    panels : mapping of str to Series
        Values per step.
    steps : sequence of str
    label : str
        What the values are; they lie between 0 and 1.
    """
    columns = 4
    rows = -(-len(panels) // columns)
    with house_style():
        figure = blank_figure(WIDE, 0.8 + 1.55 * rows)
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for panel in axes.ravel()[len(panels) :]:
            panel.axis("off")
        for panel, (title, series) in zip(axes.ravel(), panels.items(), strict=False):
            panel.axhline(series.value[0], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
            place = np.arange(len(steps))
            panel.plot(place, series.value, color=BLUE, linewidth=1, alpha=0.5)
            panel.vlines(place, series.low, series.high, color=BLUE, linewidth=2.2, alpha=0.5)
            panel.plot(place, series.value, "o", color=BLUE, markersize=5)
            panel.set_title(title)
            panel.set_xticks(place, steps, rotation=40, ha="right", rotation_mode="anchor")
            panel.set_xlim(-0.4, len(steps) - 0.6)
            panel.set_ylim(-0.03, 1.03)
            panel.grid(False, axis="x")
        for panel in axes[:, 0]:
            panel.set_ylabel(label)
    return figure


def maps_figure(
    crops: np.ndarray,
    maps: Mapping[str, np.ndarray],
    above: Sequence[str],
    below: Mapping[str, Sequence[str]],
    *,
    of: str,
) -> Figure:
    """Draw faces, and under each what networks look at.

    Parameters
    ----------
    crops : uint8 [N, S, S, 3]
    maps : mapping of str to float [N, S, S]
        A row of maps each, by its name.
    above : sequence of str, length N
        Over each face.
    below : mapping of str to sequence of str
        Under each map.
    of : str
        What is spoken for or against.
    """
    from painscope.experiments.explain import SIDE, overlay

    columns = max(len(crops), 4)
    with house_style():
        side = (WIDE - 0.5) / columns
        figure = blank_figure(WIDE, 0.55 + (1 + len(maps)) * (side + 0.22))
        axes = figure.subplots(1 + len(maps), columns, squeeze=False)
        for panel in axes.ravel():
            panel.set(xticks=[], yticks=[])
            panel.grid(False)
            for spine in panel.spines.values():
                spine.set_visible(False)
        for k, crop in enumerate(crops):
            axes[0, k].imshow(overlay(crop, np.full(crop.shape[:2], np.nan))[:, :SIDE])
            axes[0, k].set_title(above[k], fontsize=8, loc="center", fontweight="normal")
            for row, (name, values) in enumerate(maps.items(), 1):
                axes[row, k].imshow(overlay(crop, values[k])[:, SIDE:])
                axes[row, k].set_xlabel(below[name][k], fontsize=8, color=INK)
        for row, name in enumerate(("face", *maps)):
            axes[row, 0].set_ylabel(name, fontsize=9)
        _explain_colours(figure, of)
    return figure


def matrix_figure(table: pd.DataFrame, trained_on: Sequence[str], tested_on: Sequence[str],
                  titles: Mapping[str, str], *, label: str) -> Figure:  # fmt: skip
    """Draw how well networks do on each other's data, with intervals.

    Parameters
    ----------
    table : DataFrame
        ``trained_on``, ``dataset``, ``value``, ``low``, ``high``, ``people``; one metric.
    trained_on, tested_on : sequence of str
        Rows and columns.
    titles : mapping of str to str
        Of both, as people read them.
    label : str
        The metric; 0.5 is chance, 1 perfect.
    """
    from matplotlib.patches import Rectangle

    cells = {(row["trained_on"], row["dataset"]): row for row in table.to_dict("records")}
    with house_style():
        figure = blank_figure(2.6 + 1.9 * len(tested_on), 1.0 + 0.85 * len(trained_on))
        axes = figure.add_subplot()
        for row, column in np.ndindex(len(trained_on), len(tested_on)):
            cell = cells[trained_on[row], tested_on[column]]
            alpha = 0.85 * float(np.clip(2 * cell["value"] - 1, 0, 1))
            axes.add_patch(
                Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=BLUE, alpha=alpha)
            )
            middle = {"ha": "center", "va": "center"}
            axes.text(column, row - 0.12, f"{cell['value']:.2f}", middle, fontsize=13)
            around = "" if np.isnan(cell["low"]) else f"[{cell['low']:.2f}, {cell['high']:.2f}]  "
            people = counted(round(cell["people"]), "person", "people")
            axes.text(column, row + 0.22, around + people, middle, fontsize=8)
        axes.set_xlim(-0.5, len(tested_on) - 0.5)
        axes.set_ylim(len(trained_on) - 0.5, -0.5)
        axes.set_xticks(range(len(tested_on)), [titles[name] for name in tested_on])
        axes.set_yticks(range(len(trained_on)), [titles[name] for name in trained_on])
        axes.set(xlabel=f"tested on ({label})", ylabel="trained on")
        axes.tick_params(length=0)
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, edgecolor=FAINT)
    return figure


def curves_figure(panels: Mapping[str, Mapping[str, pd.DataFrame]]) -> Figure:
    """Draw the evidence while parts of pictures go or come, by relevance and at random.

    Parameters
    ----------
    panels : mapping of str to mapping of str to DataFrame
        By network, then by curve: ``order``, ``share``, ``value``, ``low``, ``high``.
    """
    with house_style():
        figure = blank_figure(WIDE, 0.85 + 1.9 * len(panels))
        axes = figure.subplots(len(panels), 2, sharex=True, sharey="row", squeeze=False)
        for row, (network, curves) in zip(axes, panels.items(), strict=True):
            for panel, (curve, table) in zip(row, curves.items(), strict=True):
                for order, colour, line in (("relevance", BLUE, "-"), ("random", MUTED, "--")):
                    part = table[table["order"] == order]
                    share = 100 * part["share"]
                    panel.fill_between(
                        share, part["low"], part["high"], color=colour, alpha=0.15, linewidth=0
                    )
                    name = "most relevant first" if order == "relevance" else "in random order"
                    panel.plot(share, part["value"], line, color=colour, label=name)
                panel.set_title(f"{network}: {curve}", fontsize=9)
            row[0].set_ylabel("evidence for pain\n(log odds)")
        axes[-1, 0].set_xlabel("share of the picture removed (%)")
        axes[-1, 1].set_xlabel("share of the picture put in (%)")
        handles, names = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2, fontsize=8)
    return figure


def cascade_figure(lines: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw how alike maps stay while weights are drawn anew from the last layer down.

    Parameters
    ----------
    lines : mapping of str to DataFrame
        By title: ``layer``, ``value``, ``low``, ``high``.
    """
    with house_style():
        figure = blank_figure(WIDE, 3.2)
        axes = figure.add_subplot()
        axes.axhline(0, color=MUTED, linewidth=0.8)
        for k, (title, table) in enumerate(lines.items()):
            colour, marker = LOOKS[1:][k % (len(LOOKS) - 1)]
            place = np.arange(len(table)) + 1 + (k - (len(lines) - 1) / 2) * 0.14
            axes.vlines(place, table["low"], table["high"], color=colour, linewidth=2, alpha=0.5)
            axes.plot(
                [0, *place], [1, *table["value"]], color=colour, marker=marker, markersize=4,
                linewidth=1, label=title,
            )  # fmt: skip
        names = ["trained", *next(iter(lines.values()))["layer"]]
        axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_xlabel("weights drawn anew from the last layer down to …")
        axes.set_ylabel("rank correlation with\nthe trained network's maps")
        axes.set_ylim(-1.08, 1.08)
        figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return figure


def _draw_series(panel: Axes, series: Series, place: np.ndarray, colour: str, marker: str) -> None:
    panel.hlines(place, series.low, series.high, color=colour, linewidth=2, alpha=0.5)
    panel.plot(
        series.value, place, marker, color=colour, markersize=4.5, linestyle="", label=series.title
    )


def _draw_controls(panel: Axes, series: Series) -> None:
    """Draw a grey bar per row, from the least to the most that chance gives."""
    place = np.arange(len(series.value))
    widths = series.high - series.low
    panel.barh(
        place, widths, left=series.low, height=0.84, color=MUTED, alpha=0.28, linewidth=0,
        label=series.title,
    )  # fmt: skip
    panel.vlines(series.value, place - 0.42, place + 0.42, color=MUTED, linewidth=1.2)


def _draw_reference(panel: Axes, name: str, value: float) -> None:
    panel.axvline(value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    panel.annotate(
        name, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
        textcoords="offset points", color=MUTED, fontsize=8, ha="center",
    )  # fmt: skip


def _draw_legend(figure: Figure, panels: Iterable[Axes]) -> None:
    """Tell what is drawn in any of the panels, each once."""
    shown: dict[str, Artist] = {}
    for panel in panels:
        handles, names = panel.get_legend_handles_labels()
        shown |= dict(zip(names, handles, strict=True))
    figure.legend(
        list(shown.values()), list(shown), loc="outside lower center", ncols=6, fontsize=8
    )


def _explain_colours(figure: Figure, of: str) -> None:
    from matplotlib.patches import Patch

    patches = {ORANGE: f"speaks for {of}", BLUE: f"against {of}"}
    figure.legend(
        handles=[Patch(color=colour, label=label) for colour, label in patches.items()],
        loc="outside lower center", ncols=2, fontsize=8,
    )  # fmt: skip
