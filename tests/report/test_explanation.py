"""The figure of an explanation; that it is drawn from real maps is seen with `explain`'s tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from painscope.experiments.explain import VideoExplanation
from painscope.report.explanation import explanation_figure


@pytest.fixture
def found() -> VideoExplanation:
    rng = np.random.default_rng(0)
    time_s = np.arange(6) / 5
    shares = pd.DataFrame({"time_s": time_s, "region": "face", "share": 0.8, "area": 0.5})
    return VideoExplanation(
        frames=pd.DataFrame({"time_s": time_s, "found": True, "score": rng.normal(size=6)}),
        shares=shares,
        crops=rng.integers(0, 256, (4, 32, 32, 3), np.uint8),
        maps=rng.normal(size=(4, 32, 32)).astype(np.float32),
    )


@pytest.mark.parametrize("name", ["7.mp4", "one patient of ward seven at the second visit " * 3])
def test_the_title_is_on_the_picture_to_its_last_word(found: VideoExplanation, name: str) -> None:
    """Its last words say that a network learned from virtual people."""
    title = f"{name}: high-pain by relevance; learned from virtual people"
    figure = explanation_figure(found, title=title)
    figure.canvas.draw()
    (shown,) = figure.findobj(
        lambda each: isinstance(each, Text) and each.get_text().split() == title.split()
    )
    box, page = shown.get_window_extent(), figure.bbox
    assert page.x0 <= box.x0
    assert box.x1 <= page.x1
    assert page.y0 <= box.y0
    assert box.y1 <= page.y1


def test_without_landmarks_the_panel_of_regions_is_left_out(found: VideoExplanation) -> None:
    labels = [axes.get_xlabel() or axes.get_ylabel() for axes in explanation_figure(found).axes]
    assert "share of relevance / share of area" in labels
    found.shares["share"] = np.nan
    assert len(explanation_figure(found).axes) == 2
