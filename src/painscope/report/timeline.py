"""The timeline of one recording: its class probabilities, and its faces above."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope.files import write_bytes
from painscope.report.figures import WIDE, blank_figure
from painscope.report.style import FAINT, INK, class_colours, draw_png, house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from painscope.experiments.predict import Answer

__all__ = ["save_timeline", "thin", "timeline_figure"]

_TIMELINE = 7.3  # inches: the part of the figure's width that is time
_MARGIN = 0.2  # inches: to its right
_MOST = 300  # stretches of time: a line of more looks the same


def save_timeline(answer: Answer, path: Path, crops: np.ndarray | None = None) -> None:
    """Draw what a run says about a video into a PNG file.

    A classifier without a timeline is drawn as the steps of its windows that show a face.

    Parameters
    ----------
    answer : Answer
        With a label; one without has nothing to draw.
    path : Path
        The picture.
    crops : uint8 [N, S, S, 3], optional
        Faces at the middles of N equal parts of the video.

    Raises
    ------
    StorageError
        If the picture cannot be written.
    """
    proba = np.full((len(answer.time_s), len(answer.classes)), np.nan)
    if answer.timeline is not None:  # it leaves out a last part that is too short to be read
        proba[: len(answer.timeline)] = answer.timeline
    else:
        for window in (window for window in answer.windows if window.label is not None):
            inside = (answer.time_s >= window.start_s) & (answer.time_s < window.stop_s)
            proba[inside] = [window.probabilities[name] for name in answer.classes]
    caution = f"; caution: {answer.flag}" if answer.flag else ""
    title = f"{answer.video.name}: {answer.label or 'no face'}{caution}"
    figure = timeline_figure(answer.time_s, proba, answer.classes, answer.found, crops, title=title)
    write_bytes(path, draw_png(figure))


def timeline_figure(
    time_s: np.ndarray,
    proba: np.ndarray | Mapping[str, np.ndarray],
    classes: Sequence[str],
    found: np.ndarray,
    crops: np.ndarray | None = None,
    *,
    title: str = "",
) -> Figure:
    """Draw the class probabilities over one recording, its faces above.

    Parameters
    ----------
    time_s : float [T]
        Time of each frame in seconds.
    proba : float [T, C], or a mapping of classifier titles to such arrays
        Probabilities per frame; rows of NaN leave a gap. A panel per classifier.
    classes : sequence of str
        The C class names, from none to most pain.
    found : bool [T]
        Frames in which the face was seen; the others are marked below.
    crops : uint8 [N, S, S, 3], optional
        Faces at the middles of N equal parts of the recording.
    title : str
        Above the figure.

    Notes
    -----
    More than 300 frames are drawn as means over equal stretches of time.
    """
    panels = proba if isinstance(proba, Mapping) else {"": proba}
    edges, unseen, panels = thin(np.asarray(time_s, float), ~np.asarray(found, bool), panels)
    face = 0.0 if crops is None else min(_TIMELINE / len(crops), 0.95)
    lines = textwrap.wrap(title, 48)
    top = 0.15 + 0.17 * max(1, len(lines))
    height = top + face + 1.34 * len(panels) + 0.58
    with house_style():
        figure = blank_figure(WIDE, height, layout=None)
        if crops is not None:
            _draw_faces(_place(figure, top, face), crops, edges, face / _TIMELINE)
        top += face + 0.06
        for name, values in panels.items():
            axes = _place(figure, top, 1.22)
            _draw_probabilities(axes, edges, values, classes)
            axes.set_ylabel(textwrap.fill(name or "probability", 15), fontsize=8)
            axes.tick_params(labelbottom=False, bottom=False)
            top += 1.34
        _draw_unseen(_place(figure, top - 0.06, 0.13), edges, unseen)
        handles, names = axes.get_legend_handles_labels()
        figure.legend(
            handles,
            names,
            ncols=len(classes),
            fontsize=8,
            loc="upper right",
            bbox_to_anchor=(1 - _MARGIN / WIDE, 1 - 0.05 / height),
            borderaxespad=0,
        )
        left = (WIDE - _TIMELINE - _MARGIN) / WIDE
        head = {"va": "top", "fontsize": 10, "fontweight": "bold"}
        figure.text(left, 1 - 0.05 / height, "\n".join(lines), head)
    return figure


def thin(
    time_s: np.ndarray, unseen: np.ndarray, panels: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return edges [B+1] of stretches of time, share unseen [B], and panels of means [B, C]."""
    step = -(-len(time_s) // _MOST)
    starts = np.arange(0, len(time_s), step)
    frame = (time_s[-1] - time_s[0]) / max(len(time_s) - 1, 1) or 1 / 30
    edges = np.append(time_s[starts], time_s[-1] + frame)
    sizes = np.diff(np.append(starts, len(time_s)))
    share = np.add.reduceat(unseen.astype(float), starts) / sizes
    thinned = {}
    for name, values in panels.items():
        known = np.isfinite(values).all(axis=1)
        total = np.add.reduceat(np.where(known[:, None], values, 0), starts)
        number = np.add.reduceat(known.astype(float), starts)[:, None]
        thinned[name] = np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)
    return edges, share, thinned


def _place(figure: Figure, top: float, height: float) -> Axes:
    """Add a timeline's panel: `height` inches high, its top `top` inches below the figure's."""
    full = figure.get_figheight()
    left, width = WIDE - _TIMELINE - _MARGIN, _TIMELINE
    return figure.add_axes((left / WIDE, 1 - (top + height) / full, width / WIDE, height / full))


def _draw_faces(axes: Axes, crops: np.ndarray, edges: np.ndarray, share: float) -> None:
    """Put each crop above the middle of its part of the recording, `share` of the axis wide."""
    start, length = edges[0], edges[-1] - edges[0]
    step = -(-crops.shape[1] // 112)  # larger pictures only make the page heavy
    for k, crop in enumerate(crops[:, ::step, ::step]):
        middle = start + (k + 0.5) / len(crops) * length
        half = 0.48 * share * length
        place = (middle - half, middle + half, 0.02, 0.98)
        axes.imshow(crop, extent=place, aspect="auto", interpolation="none")
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1))
    axes.axis("off")


def _draw_probabilities(
    axes: Axes, edges: np.ndarray, values: np.ndarray, classes: Sequence[str]
) -> None:
    """Stack the classes' probabilities; together they fill the height wherever there are any."""
    time_s = np.repeat(edges, 2)[1:-1]  # both ends of every stretch
    tops = np.repeat(np.cumsum(values, axis=1), 2, axis=0)
    below = np.zeros(len(tops))
    for name, colour, top in zip(classes, class_colours(tuple(classes)), tops.T, strict=True):
        axes.fill_between(time_s, below, top, color=colour, alpha=0.85, linewidth=0, label=name)
        below = top
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=(0, 0.5, 1))
    axes.grid(False, axis="x")


def _draw_unseen(axes: Axes, edges: np.ndarray, share: np.ndarray) -> None:
    """Mark the stretches in which the face was not seen."""
    axes.stairs(share, edges, fill=True, color=INK)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=(), xlabel="time (s)")
    axes.set_ylabel("no face", rotation=0, ha="right", va="center", fontsize=8)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=True, edgecolor=FAINT)
