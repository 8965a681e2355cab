"""Figures of studies: a network looks the same wherever it is drawn."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from painscope.report.study_figures import Series, maps_figure, rows_figure


def values(title: str) -> Series:
    """Two values with their intervals."""
    return Series(title, np.array([0.1, 0.2]), np.array([0.0, 0.1]), np.array([0.2, 0.3]))


def colours(figure: Figure) -> dict[str, str]:
    handles, names = figure.axes[0].get_legend_handles_labels()
    return {name: to_hex(h.get_color()) for h, name in zip(handles, names, strict=True)}


def test_a_network_keeps_its_colour_where_others_are_lacking() -> None:
    order = ["before", "fc", "all"]
    every = rows_figure({"": [values(t) for t in order]}, ["AU4", "AU6"], label="x", order=order)
    some = rows_figure({"": [values(t) for t in order[1:]]}, ["AU4", "AU6"], label="x", order=order)
    assert colours(some) == {t: colours(every)[t] for t in order[1:]}
    assert len(set(colours(every).values())) == 3


def test_maps_say_what_they_speak_for() -> None:
    crops = np.zeros((1, 8, 8, 3), np.uint8)
    figure = maps_figure(crops, {"net": np.ones((1, 8, 8))}, ["face"], {"net": ["+1.0"]}, of="pain")
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["speaks for pain", "against pain"]
