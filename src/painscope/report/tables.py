"""Every table of a report, as plain cells for any page to lay out."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from painscope.evaluation.metrics import metrics
from painscope.report.published import Column, Published, PublishedTable
from painscope.report.results import Results

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "METRIC_TITLES",
    "Cell",
    "Constant",
    "Row",
    "Table",
    "class_table",
    "constant_answers",
    "counted",
    "interval",
    "number",
    "pooling_notes",
    "published_tables",
    "results_table",
    "signed",
    "signed_interval",
]

METRIC_TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "auc": "AUC",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "macro_f1": "Macro-F1",
}
# Averages over the classes stand as a last column beside them.
_AVERAGE_OF = {"macro_precision": "precision", "balanced_accuracy": "recall", "macro_f1": "f1"}
_NONE = "–"


class Cell(NamedTuple):
    """A number as text, and in small letters what belongs to it, such as its interval.

    `shade`, from -1 to 1, is how far it is below or above what says nothing.
    """

    text: str
    small: str = ""
    shade: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row: its title, its kind (a classifier's role, or ``"published"``) and its cells."""

    title: str
    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    caption : str
        What it shows.
    groups : tuple of (str, int)
        Headings over several columns, with how many; empty if there are none.
    header : tuple of str
        A heading per column, without that of the titles.
    rows : tuple of Row
        As many cells each as the header.
    notes : tuple of str
        Below the table.
    of : str
        What a row is about.
    """

    caption: str
    groups: tuple[tuple[str, int], ...]
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    of: str = "Classifier"


@dataclass(frozen=True)
class Constant:
    """What a system scores that always gives the same answer."""

    label: str
    recordings: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float


def results_table(results: Results, split: str) -> Table:
    """Tell how well every classifier does on a split, with intervals."""
    scored = set(results.scores["metric"])
    shown = [
        name for name in ("macro_f1", "balanced_accuracy", "accuracy", "auc") if name in scored
    ]
    rows = _our_rows(results, split, [(metric, "") for metric in shown])
    spreads = [results.score(split, facts.name, shown[0]) for facts in results.classifiers(split)]
    rows = [
        replace(row, cells=(*row.cells, Cell(number(spread["seed_sd"]))))
        for row, spread in zip(rows, spreads, strict=True)
        if spread is not None
    ]
    truth = results.true_labels(split)
    return Table(
        caption=(
            f"{split}: {counted(len(truth), 'recording')} "
            f"of {counted(truth['subject'].nunique(), 'person', 'people')}"
        ),
        groups=(),
        header=(*(METRIC_TITLES[name] for name in shown), "Spread over seeds"),
        rows=tuple(rows),
        notes=pooling_notes(results, split) if "auc" in shown else (),
    )


def pooling_notes(results: Results, split: str) -> tuple[str, ...]:
    """Say what an AUC over several folds is: one of scores that several classifiers gave."""
    folds = results.labelled(split)["fold"].nunique()
    if folds == 1:
        return ()
    return (
        f"The AUC ranks the recordings of all {folds} folds together, each scored by the "
        "classifier of its own fold. Whom a fold leaves out shifts all its scores the other way: "
        "a constant answer may come out below 0.5, and what others reach is, if anything, too low.",
    )


def class_table(results: Results, split: str) -> Table:
    """Tell precision, recall and F1 of every class on a split, with intervals."""
    columns = [(m, label) for m in ("precision", "recall", "f1") for label in results.classes]
    return Table(
        caption=f"{split}: class by class",
        groups=_groups(columns),
        header=_header(columns),
        rows=tuple(_our_rows(results, split, columns)),
    )


def published_tables(results: Results, published: Published) -> list[Table]:
    """Put the run's rows below a paper's own, table by table.

    The paper's classes are matched to the run's by their order, from none to most pain; a
    run on another dataset, or with another number of classes, has nothing to be put beside and
    gives no tables.
    """
    same = published.dataset == results.facts.target.name
    if not same or len(published.classes) != len(results.classes):
        return []
    names = dict(zip(published.classes, results.classes, strict=True))
    return [_published_table(results, table, names) for table in published.tables]


def constant_answers(truth: pd.Series, classes: Sequence[str]) -> list[Constant]:
    """Work out what each constant answer scores on these true labels."""
    had = np.array([(truth == label).sum() for label in classes])
    answers = []
    for column, label in enumerate(classes):
        counts = np.zeros((len(classes), len(classes)))
        counts[:, column] = had
        scores = metrics(counts)
        answers.append(
            Constant(
                label,
                int(had[column]),
                *(float(scores[name, None]) for name in _OF_CONSTANTS),
            )
        )
    return answers


_OF_CONSTANTS = ("accuracy", "balanced_accuracy", "macro_f1")


def _our_rows(
    results: Results,
    split: str,
    columns: Sequence[Column],
    left_out: Collection[str] = (),
) -> list[Row]:
    return [
        Row(
            title=facts.title,
            kind=facts.role,
            cells=tuple(_cell(results.score(split, facts.name, *column)) for column in columns),
        )
        for facts in results.classifiers(split)
        if facts.name not in left_out
    ]


def _beaten(results: Results, table: PublishedTable) -> set[str]:
    """Return the rows of a cross that another classifier on the same features is better than."""
    metric = table.columns[0][0]
    beaten = set()
    for features in results.recipe.cross.features:
        names = [
            results.recipe.crossed(features, kind).label
            for kind in results.recipe.cross.classifiers
        ]
        found = {
            name: score["value"]
            for name in names
            if (score := results.score(table.split, name, metric)) is not None
        }
        if found:
            beaten |= set(found) - {max(found, key=found.__getitem__)}
    return beaten


def _published_table(results: Results, table: PublishedTable, names: Mapping[str, str]) -> Table:
    theirs = [
        Row(title, "published", tuple(Cell(number(value)) for value in values))
        for title, values in table.rows.items()
    ]
    columns = [(metric, names.get(label, label)) for metric, label in table.columns]
    notes = list(table.notes)
    if table.split not in results.splits:
        known = table.split in results.unlabelled_splits
        why = (
            f"has no labels for the {table.split} split" if known else f"has no {table.split} split"
        )
        notes.append(f"This run {why}, so no rows of its own here.")
    else:
        asked = len(results.true_labels(table.split))
        notes.append(
            f"Rows of this run are over {asked} recordings, with 95 % intervals over subjects. "
            "Papers on this data leave out different clips: their accuracies are no ranking."
        )
    ours = [
        replace(
            row, cells=tuple(_bare(cell, c) for cell, c in zip(row.cells, columns, strict=True))
        )
        for row in _our_rows(results, table.split, columns, _beaten(results, table))
    ]
    if results.recipe.cross.features and table.split in results.splits:
        notes.append(
            f"For each kind of features stands the classifier with the highest "
            f"{METRIC_TITLES[columns[0][0]]} here. It was picked by that very number, which "
            "flatters it."
        )
    return Table(
        caption=table.title,
        groups=_groups(columns),
        header=_header(columns),
        rows=(*theirs, *ours),
        notes=tuple(notes),
    )


def _bare(cell: Cell, column: Column) -> Cell:
    """Leave out the interval of a class's own number: a paper's table has no room for it."""
    return Cell(cell.text) if column[1] else cell


def _groups(columns: Sequence[Column]) -> tuple[tuple[str, int], ...]:
    """Return the metrics above the classes, with how many columns each takes."""
    parts = [
        _AVERAGE_OF.get(metric, metric) if _per_class(columns) else "" for metric, _ in columns
    ]
    counted = tuple((name, len(list(run))) for name, run in groupby(parts))
    return tuple((METRIC_TITLES[name] if n > 1 else "", n) for name, n in counted if name)


def _header(columns: Sequence[Column]) -> tuple[str, ...]:
    per_class = _per_class(columns)
    return tuple(
        label or ("Average" if per_class and metric in _AVERAGE_OF else METRIC_TITLES[metric])
        for metric, label in columns
    )


def _per_class(columns: Sequence[Column]) -> bool:
    return any(label for _, label in columns)


def _cell(score: Mapping[Hashable, Any] | None) -> Cell:
    if score is None or np.isnan(score["value"]):
        return Cell(_NONE)
    return Cell(number(score["value"]), interval(score["low"], score["high"]))


def interval(low: float, high: float, digits: int = 2) -> str:
    """Return an interval as it stands in pages: ``0.43–0.58``; empty where there is none."""
    return "" if np.isnan(low) else f"{low:.{digits}f}–{high:.{digits}f}"


def signed_interval(low: float, high: float, digits: int = 2) -> str:
    """Return a difference's interval: ``−0.05 to +0.12``; empty where there is none."""
    return "" if np.isnan(low) else f"{signed(low, digits)} to {signed(high, digits)}"


def number(value: float | None, digits: int = 2) -> str:
    """Return a number as it stands in pages; a dash where there is none."""
    return _NONE if value is None or np.isnan(value) else f"{value:.{digits}f}"


def signed(value: float, digits: int = 2) -> str:
    """Return a difference as it stands in pages: ``+0.05``, ``−0.05``."""
    return _NONE if np.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number of things as it stands in pages: ``1 person``, ``1,200 people``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
