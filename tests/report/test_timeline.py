from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painscope.experiments import Answer
from painscope.experiments.predict import Window
from painscope.report import save_timeline, timeline_figure
from painscope.report.style import draw_png
from painscope.report.timeline import thin

CLASSES = ("NP", "LP", "HP")


def _proba(frames: int) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(3), frames)


def test_a_short_recording_is_drawn_frame_by_frame() -> None:
    time_s, proba = np.arange(60) / 30, _proba(60)
    unseen = np.zeros(60, bool)
    edges, share, panels = thin(time_s, unseen, {"x": proba})
    assert np.allclose(edges, np.arange(61) / 30)
    assert not share.any()
    assert np.allclose(panels["x"], proba)


def test_a_long_recording_is_drawn_as_means_over_equal_stretches() -> None:
    frames = 20 * 60 * 30
    proba, unseen = _proba(frames), np.zeros(frames, bool)
    proba[:120] = np.nan
    unseen[:60] = True
    edges, share, panels = thin(np.arange(frames) / 30, unseen, {"x": proba})
    assert len(edges) == 301
    assert np.isnan(panels["x"][0]).all()
    assert share[0] == 0.5
    assert np.allclose(panels["x"][1], proba[120:240].mean(axis=0))
    assert edges[-1] == pytest.approx(20 * 60)


def test_faces_stand_over_their_part_of_the_recording() -> None:
    crops = np.zeros((5, 64, 64, 3), np.uint8)
    figure = timeline_figure(np.arange(300) / 30, _proba(300), CLASSES, np.ones(300, bool), crops)
    faces = figure.axes[0].images
    middles = [(image.get_extent()[0] + image.get_extent()[1]) / 2 for image in faces]
    assert np.allclose(middles, [1, 3, 5, 7, 9])


def test_every_classifier_has_a_panel_and_the_classes_one_legend() -> None:
    panels = {"ANN": _proba(30), "LSTM": _proba(30)}
    figure = timeline_figure(np.arange(30) / 30, panels, CLASSES, np.ones(30, bool), title="t")
    assert [axes.get_ylabel() for axes in figure.axes] == ["ANN", "LSTM", "no face"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(CLASSES)


@pytest.mark.parametrize("frames", [1, 2, 299, 301])
def test_any_length_can_be_drawn(frames: int) -> None:
    figure = timeline_figure(
        np.arange(frames) / 30, _proba(frames), CLASSES, np.zeros(frames, bool)
    )
    assert figure.axes[-1].get_xlim()[1] == pytest.approx(frames / 30)


def test_probabilities_reach_from_the_first_frame_to_the_gap() -> None:
    proba = _proba(60)
    proba[30:] = np.nan
    figure = timeline_figure(np.arange(60) / 30, proba, CLASSES, np.ones(60, bool))
    for area in figure.axes[0].collections:
        drawn = area.get_paths()[0].vertices[:, 0]
        assert (drawn.min(), drawn.max()) == (0, 1)


def test_a_long_title_is_wrapped_above_the_faces() -> None:
    title = "a video with quite a name.mp4: HP; caution: " + "no face in any frame; " * 3
    figure = timeline_figure(
        np.arange(30) / 30, _proba(30), CLASSES, np.ones(30, bool), title=title
    )
    lines = figure.texts[0].get_text().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 48  # beside them stands the legend
    assert " ".join(lines) == title.strip()


def _answer(timeline: np.ndarray | None) -> Answer:
    halves = [{"NP": 0.7, "LP": 0.2, "HP": 0.1}, {"NP": 0.1, "LP": 0.2, "HP": 0.7}]
    return Answer(
        video=Path("somebody.mp4"),
        label="HP",
        windows=tuple(
            Window(10.0 * k, 10.0 * (k + 1), label, proba, 1.0)
            for k, (label, proba) in enumerate(zip(("NP", "HP"), halves, strict=True))
        ),
        classes=CLASSES,
        time_s=np.arange(660) / 30,
        timeline=timeline,
        found=np.ones(660, bool),
    )


@pytest.mark.parametrize("timeline", [None, _proba(660), _proba(600)])
def test_an_answer_is_saved_as_a_picture(tmp_path: Path, timeline: np.ndarray | None) -> None:
    """A last part too short for a window has no probabilities, and is left blank."""
    path = tmp_path / "new" / "somebody.png"
    save_timeline(_answer(timeline), path, np.full((8, 112, 112, 3), 200, np.uint8))
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000


def test_a_dollar_in_a_name_is_no_mathematics() -> None:
    figure = timeline_figure(
        np.arange(30) / 30, _proba(30), CLASSES, np.ones(30, bool), title=r"p$\q$.mp4: HP"
    )
    assert draw_png(figure).startswith(b"\x89PNG")
