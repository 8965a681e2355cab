from __future__ import annotations

from painscope.experiments import Recipe, Row
from painscope.experiments.story import _rows


def test_rows_that_would_be_called_alike_are_told_apart() -> None:
    kinds = ("lstm", "statistics-logistic")
    recipe = Recipe(
        name="x", title="x",
        rows=(*(Row(features="mediapipe-blendshapes", classifier=kind) for kind in kinds),
              Row(features="random-network", classifier="lstm")),
    )  # fmt: skip
    assert [facts.title for facts in _rows(recipe.rows, recipe)] == [
        "MediaPipe blendshapes (LSTM)",
        "MediaPipe blendshapes (Logistic regression on statistics)",
        "LSTM on a network never trained",
    ]
