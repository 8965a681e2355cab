"""Features by classifiers: the scores of a recipe's cross, and its tests pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from painscope.classifiers import CLASSIFIERS
from painscope.report.results import Results
from painscope.report.tables import (
    METRIC_TITLES,
    Cell,
    Row,
    Table,
    constant_answers,
    interval,
    number,
    pooling_notes,
    signed,
    signed_interval,
)

__all__ = ["crossed_tables", "difference_tables"]

#: In this order; AUC is there for two classes only.
_METRICS = ("auc", "accuracy", "balanced_accuracy")
_NONE = Cell("–")


def crossed_tables(results: Results, split: str) -> list[Table]:
    """Return a table per metric: a row per kind of features, a column per classifier.

    Cells are shaded by how far they are from the best constant answer, whose AUC is 0.5.
    """
    crossed = results.recipe.crossed
    truth = results.true_labels(split)["true_label"]
    constants = constant_answers(truth, results.classes)

    def cell(features: str, kind: str, metric: str) -> Cell:
        score = results.score(split, crossed(features, kind).label, metric)
        if score is None or np.isnan(score["value"]):
            return _NONE
        level = 0.5 if metric == "auc" else max(getattr(one, metric) for one in constants)
        room = 1 - level if score["value"] > level else level
        shade = (score["value"] - level) / room if room else 0.0
        return Cell(number(score["value"]), interval(score["low"], score["high"]), shade)

    rows = {features: features for features in results.recipe.cross.features}
    notes = {"auc": pooling_notes(results, split)}
    return _tables(results, split, rows, cell, "{metric} ({split})", notes)


def difference_tables(results: Results, split: str) -> list[Table]:
    """Return a table per metric: a row per pair of features, a column per classifier.

    A star marks an interval that leaves out 0.
    """
    crossed = results.recipe.crossed
    found = results.differences[results.differences["split"] == split]
    told = found.set_index(["first", "second", "metric"]).to_dict("index")

    def cell(pair: tuple[str, str], kind: str, metric: str) -> Cell:
        one, other = (crossed(features, kind).label for features in pair)
        row = told.get((one, other, metric))
        if row is None or np.isnan(row["value"]):
            return _NONE
        low, high = row["low"], row["high"]
        clear = low > 0 or high < 0
        text = signed(row["value"]) + "*" * clear
        return Cell(text, signed_interval(low, high), float(row["value"]) * clear)

    rows = {f"{one} − {other}": (one, other) for one, other in results.recipe.pairs}
    return _tables(
        results, split, rows, cell, "{metric}: how much the first is ahead ({split})", {}
    )


def _tables(
    results: Results,
    split: str,
    rows: Mapping[str, Any],
    cell: Callable[[Any, str, str], Cell],
    caption: str,
    notes: Mapping[str, tuple[str, ...]],
) -> list[Table]:
    """Lay out a table per metric, without rows and columns that have nothing to show."""
    tables = []
    for metric in _METRICS:
        cells = {
            (title, kind): cell(key, kind, metric)
            for title, key in rows.items()
            for kind in results.recipe.cross.classifiers
        }
        shown = [place for place, one in cells.items() if one is not _NONE]
        titles = list(dict.fromkeys(title for title, _ in shown))
        kinds = [kind for kind in results.recipe.cross.classifiers if kind in {k for _, k in shown}]
        if shown:
            tables.append(
                Table(
                    caption=caption.format(metric=METRIC_TITLES[metric], split=split),
                    groups=(),
                    header=tuple(CLASSIFIERS[kind].title for kind in kinds),
                    rows=tuple(
                        Row(title, "model", tuple(cells[title, kind] for kind in kinds))
                        for title in titles
                    ),
                    notes=notes.get(metric, ()),
                )
            )
    return tables
