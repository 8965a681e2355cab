"""Pages of runs that look into networks: their tables, their figures, and the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painscope.errors import RunError
from painscope.experiments.facts import StudyFacts, read_facts
from painscope.experiments.folder import RunFolder
from painscope.experiments.studies import StudyRecipe
from painscope.report.pictures import Picture
from painscope.report.study_figures import Series, rows_figure
from painscope.report.tables import Cell, Row, Table, interval, number, signed, signed_interval

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Study",
    "cell",
    "concept_pictures",
    "estimates_table",
    "load_study",
    "p_value",
    "series",
    "tcav_table",
]

#: What networks are called in the tables, and on the page.
TITLES = {
    "emotion": "before",
    "fc": "FC",
    "block5": "block 5 + FC",
    "block4": "blocks 4–5 + FC",
    "all": "everything",
    "experimental": "experimental pain",
    "clinical": "clinical pain",
}

_SCORES = ("value", "low", "high")
#: Tables of each kind of study, and the columns that their page reads.
TABLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "forgotten-action-units": {
        "scores": ("stage", "metric", "class", *_SCORES),
        "changes": ("stage", "metric", "class", "before", "after", *_SCORES),
        "flipped": ("stage", "subject", "true_label", "answer"),
        "examples": ("subject", "true_label", "answer", "evidence_before", "evidence_after"),
        "lost": ("network", "concept", "before", "after", "change", "low", "high", "p", "p_holm"),
    },
    "clinical-vs-experimental": {
        "matrix": ("trained_on", "dataset", "metric", "class", *_SCORES, "people", "in_pain"),
        "faces": ("dataset", "subject", "label", "experimental", "clinical"),
        "inside": ("network", "dataset", "unit", "asked", "pictures", "people", "mass", "random",
                   "area", "hit", "hit_random", "gain", "low", "high"),
        "curves": ("network", "dataset", "curve", "order", "share", *_SCORES),
        "cascade": ("network", "dataset", "layer", *_SCORES),
    },
}  # fmt: skip
_BOTH = {
    "concepts": ("network", "concept", "iou", "iou_low", "iou_high", "control", "control_low",
                 "control_high", "gain", "gain_low", "gain_high"),
    "tcav": ("network", "concept", "accuracy", "accuracy_control", "score", "low", "high",
             "control", "control_low", "control_high", "p", "p_holm"),
    "shown": ("unit", "pictures", "people", "tested"),
    "asked": ("network", "dataset", "pictures", "people", "seen"),
}  # fmt: skip


@dataclass(frozen=True)
class Study:
    """Everything a study's page is drawn from.

    Attributes
    ----------
    folder : RunFolder
    facts : StudyFacts
    recipe : StudyRecipe
    tables : mapping of str to DataFrame
        See `TABLES`.
    """

    folder: RunFolder
    facts: StudyFacts
    recipe: StudyRecipe
    tables: Mapping[str, pd.DataFrame]

    def title(self, name: str) -> str:
        """Return what a network, a dataset or a role is called on the page."""
        known = {d.name: d.title.split()[0].strip(",") for d in self.facts.datasets}
        return (TITLES | known).get(name, name)


def load_study(run: Path | str) -> Study:
    """Read a study's run folder.

    Parameters
    ----------
    run : path-like

    Raises
    ------
    RunError
        If it is not one, of another format, or damaged; one line says where.
    """
    folder = RunFolder(run)
    facts = read_facts(folder.path)  # says what is wrong with a folder that is no run
    if not isinstance(facts, StudyFacts) or facts.kind not in TABLES:
        raise RunError(f"is a run of the unknown kind {facts.kind}", path=folder.path)
    tables = {}
    for name, columns in {**TABLES[facts.kind], **_BOTH}.items():
        tables[name] = folder.table(name, columns)
    recipe: Any = folder.recipe
    return Study(folder, facts, recipe, tables)


def series(
    table: pd.DataFrame, rows: list[str], by: str, title: str, names: tuple[str, str, str]
) -> Series:
    """Return the values of a table in a figure's order.

    Parameters
    ----------
    table : DataFrame
    rows : list of str
        The figure's rows, from the top.
    by : str
        The column that names them.
    title : str
        Of the series.
    names : (str, str, str)
        The columns of the value and of its interval's ends.

    Returns
    -------
    Series
        NaN where the table has no such row.
    """
    told = table.set_index(by).reindex(rows)
    value, low, high = (told[name].to_numpy(float) for name in names)
    return Series(title, value, low, high)


def concept_pictures(study: Study) -> list[Picture]:
    """Draw each concept's IoU and TCAV score, network by network, beside random concepts."""
    found, tcav = study.tables["concepts"], study.tables["tcav"]
    units = list(dict.fromkeys(found["concept"]))
    order = [study.title(str(name)) for name in dict.fromkeys(found["network"])]
    iou = [
        series(part, units, "concept", study.title(str(name)), ("iou", "iou_low", "iou_high"))
        for name, part in found.groupby("network", sort=False)
    ]
    scores = [
        series(part, units, "concept", study.title(str(name)), ("score", "low", "high"))
        for name, part in tcav.groupby("network", sort=False)
    ]
    return [
        Picture(
            "concepts",
            "IoU of every action unit's concept in each network, and of random concepts (grey)",
            rows_figure(
                {"": iou}, units, controls={"": _range(found, units, "random concepts")},
                label="IoU of the concept, on people it was not fitted on",
                order=order, limits=(0, None),
            ),
        ),
        Picture(
            "tcav",
            "Share of pictures in which the evidence for pain rises along a concept's direction",
            rows_figure(
                {"": scores}, units, controls={"": _range(tcav, units, "random concepts")},
                label="share of pictures whose evidence for pain rises with the concept (TCAV)",
                reference=("as often as not", 0.5), order=order, limits=(-0.03, 1.03),
            ),
        ),
    ]  # fmt: skip


def _range(table: pd.DataFrame, units: list[str], title: str) -> Series:
    """Return the random concepts' span over all networks, by concept."""
    groups = table.groupby("concept")
    return Series(
        title,
        groups["control"].mean().reindex(units).to_numpy(float),
        groups["control_low"].min().reindex(units).to_numpy(float),
        groups["control_high"].max().reindex(units).to_numpy(float),
    )


def tcav_table(study: Study, network: str) -> Table:
    """Tell how well a network's layer tells each concept, and which way the evidence goes."""
    table = study.tables["tcav"]
    return estimates_table(
        table[table["network"] == network],
        f"directions in the network: {study.title(network)}",
        [
            ("Told from others", cell("accuracy")),
            ("Random concepts", cell("accuracy_control")),
            ("Evidence rises", cell("score", "low", "high")),
            ("Random concepts", cell("control", "control_low", "control_high")),
            ("p (Holm)", lambda row: Cell(p_value(row["p_holm"]))),
        ],
        title=lambda row: str(row["concept"]),
        of="Action unit",
    )


def estimates_table(
    table: pd.DataFrame,
    caption: str,
    columns: Sequence[tuple[str, Callable[[pd.Series], Cell]]],
    *,
    title: Callable[[pd.Series], str],
    of: str,
) -> Table:
    """Lay a data frame out as a page's table.

    Parameters
    ----------
    table : DataFrame
    caption : str
    columns : sequence of (str, callable)
        Headings, and how a row becomes the cell below (`cell`).
    title : callable
        How a row is called.
    of : str
        What a row is about.

    Returns
    -------
    Table
    """
    rows = [
        Row(title(row), "model", tuple(fill(row) for _, fill in columns))
        for _, row in table.iterrows()
    ]
    return Table(caption, (), tuple(heading for heading, _ in columns), tuple(rows), of=of)


def cell(
    value: str, low: str = "", high: str = "", *, plus: bool = False, digits: int = 2
) -> Callable[..., Cell]:
    """Return a way to fill a cell with a value and its interval.

    Parameters
    ----------
    value, low, high : str
        The columns of the value and of its interval's ends; without the latter there is none.
    plus : bool
        Whether it is a difference, whose sign is always written.
    digits : int
        Behind the point.

    Returns
    -------
    callable
        From a row to its cell.
    """

    def fill(row: pd.Series) -> Cell:
        told, between = (signed, signed_interval) if plus else (number, interval)
        small = between(row[low], row[high], digits) if low else ""
        return Cell(told(row[value], digits), small)

    return fill


def p_value(value: float) -> str:
    """Return a p-value as it stands in pages."""
    if np.isnan(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
