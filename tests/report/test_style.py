from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from painscope.report import figures
from painscope.report.style import class_colours, draw_pdf, draw_png, draw_svg, inline_svg


@pytest.mark.parametrize("number", range(2, 12))
def test_classes_have_colours_of_their_own(number: int) -> None:
    colours = class_colours(tuple(map(str, range(number))))
    assert len(set(colours)) == number


def test_files_of_a_figure_are_what_they_say_and_the_same_twice() -> None:
    def draw() -> Figure:
        return figures.confusion_figure(np.eye(2), ("a", "b"), title="x < y")

    svg = draw_svg(draw())
    assert svg.startswith("<?xml")
    assert svg == draw_svg(draw())
    assert draw_png(draw()).startswith(b"\x89PNG")
    assert draw_pdf([draw(), draw()]).startswith(b"%PDF")


def test_an_inline_figure_keeps_its_ids_apart_and_its_caption_escaped() -> None:
    svg = draw_svg(figures.forest_figure([figures.Bar("a", 0.5, 0.4, 0.6)], label="x"))
    element = inline_svg(svg, "fig-1", 'a "quoted" <caption>')
    assert element.startswith("<svg ")
    assert "<caption>" not in element
    assert 'id="fig-1-' in element
    assert 'href="#fig-1-' in element
    assert 'id="figure' not in element
    assert "var(--ink)" in element
