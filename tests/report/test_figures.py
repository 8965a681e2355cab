from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from painscope.report import figures


def _texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_forest_puts_every_value_and_interval_where_it_belongs() -> None:
    bars = [figures.Bar("one", 0.5, 0.4, 0.6), figures.Bar("two", 0.2, np.nan, np.nan, "baseline")]
    figure = figures.forest_figure(bars, label="macro-F1", references={"majority": 0.2})
    axes = figure.axes[0]
    interval, dot = axes.lines[0], axes.lines[1]
    assert list(interval.get_xdata()) == [0.4, 0.6]
    assert list(dot.get_xdata()) == [0.5]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert figures.interval_text(bars[0]) == "0.50 [0.40, 0.60]"
    assert figures.interval_text(bars[1]) == "0.20"
    assert _texts(figure) == ["majority"]


def test_confusion_is_normalised_by_row_and_shows_the_counts() -> None:
    counts = np.array([[3, 1, 0], [2, 2, 4], [0, 0, 0]])
    texts = _texts(figures.confusion_figure(counts, ("NP", "LP", "HP")))
    assert texts[:6] == ["75%", "3", "25%", "1", "0%", "0"]
    assert texts[6:12] == ["25%", "2", "25%", "2", "50%", "4"]
    assert texts[12:] == ["0%", "0"] * 3  # a class that does not occur is no division by zero


def test_learning_mean_ends_where_fewer_than_half_go_on() -> None:
    rows = [
        {"fold": "f", "seed": seed, "epoch": epoch, "train_loss": 1.0 + seed, "validation_loss": 2}
        for seed, length in enumerate((3, 5, 5, 9))
        for epoch in range(1, length + 1)
    ]
    axes = figures.learning_figure(pd.DataFrame(rows)).axes[0]
    means = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    assert set(means) == {"training", "validation"}
    assert list(means["training"].get_xdata()) == [1, 2, 3, 4, 5]
    assert means["training"].get_ydata()[0] == pytest.approx(2.5)
    assert means["training"].get_ydata()[-1] == pytest.approx(3.0)  # seeds 1, 2, 3 are left


def test_learning_without_validation_loss_draws_the_training_alone() -> None:
    table = pd.DataFrame(
        {"fold": "f", "seed": 0, "epoch": [1, 2], "train_loss": [1, 0.5], "validation_loss": np.nan}
    )
    axes = figures.learning_figure(table).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training"]


def test_class_bars_stack_to_the_recordings() -> None:
    table = pd.DataFrame(
        {"NP": [12, 3], "HP": [144, 4], "unlabelled": [0, 9]}, index=["train", "test"]
    )
    axes = figures.class_figure(table, ("NP", "HP")).axes[0]
    ends = [patch.get_x() + patch.get_width() for patch in axes.patches]
    assert max(ends[0::2]) == 156
    assert max(ends[1::2]) == 16


def test_frames_without_a_face_are_weighed_by_length() -> None:
    table = pd.DataFrame(
        {"subject": ["a", "a", "b"], "n_frames": [100, 300, 50], "found_share": [0.0, 1.0, 1.0]}
    )
    axes = figures.face_figure(table).axes[0]
    assert [patch.get_height() for patch in axes.patches] == [25.0, 0.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]


def test_many_people_are_not_all_named() -> None:
    table = pd.DataFrame(
        {"subject": [f"{k:06d}_w_21" for k in range(87)], "n_frames": 138, "found_share": 1.0}
    )
    axes = figures.face_figure(table).axes[0]
    assert len(axes.get_xticks()) == 0
    assert axes.get_xlabel().startswith("87 people")
