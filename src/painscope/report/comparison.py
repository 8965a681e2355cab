"""Runs side by side: their scores, and differences over the same people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from painscope.errors import RunError, UsageError
from painscope.evaluation import difference
from painscope.experiments.facts import ClassifierFacts
from painscope.files import write_text
from painscope.report import figures
from painscope.report.answer import METRIC
from painscope.report.html import render
from painscope.report.pictures import Picture
from painscope.report.provenance import flat, without_folders
from painscope.report.results import Results, load_results
from painscope.report.tables import METRIC_TITLES, Cell, Row, Table, number, signed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "compare", "write_comparison"]


class Comparison(NamedTuple):
    """Runs side by side, as a table and as a page.

    Attributes
    ----------
    table : DataFrame
        As `compare` returns it.
    page : Path
    virtual : tuple of str
        Datasets of the runs whose people are virtual.
    """

    table: pd.DataFrame
    page: Path
    virtual: tuple[str, ...]


def compare(runs: Sequence[Path | str]) -> pd.DataFrame:
    """Put runs of one dataset and protocol side by side.

    Parameters
    ----------
    runs : sequence of path-like
        Two or more run folders; the first is what the others are compared with.

    Returns
    -------
    DataFrame
        A row per split, classifier and run: split, classifier, run, role, value, low, high
        (macro-F1 with its interval), n, and difference, difference_low, difference_high to
        the first run's same classifier. The difference's interval is a 95 % bootstrap over
        subjects, paired; all three are NaN where the runs did not answer the same recordings.

    Raises
    ------
    UsageError
        If there are fewer than two different runs.
    RunError
        If a folder is no run or of another format, or the runs are about different data.
    """
    return _table(_load(runs))


def write_comparison(runs: Sequence[Path | str], out: Path | str) -> Comparison:
    """Write `compare`'s table as a self-contained HTML page.

    Parameters
    ----------
    runs : sequence of path-like
        As of `compare`.
    out : path-like
        The page.

    Raises
    ------
    UsageError
        If there are fewer than two different runs, or `out` is a folder.
    RunError
        If a folder is no run or of another format, or the runs are about different data.
    StorageError
        If the page cannot be written.
    """
    page = Path(out)
    if page.is_dir():
        raise UsageError("is a folder, name a file", path=page)
    loaded = _load(runs)
    table = _table(loaded)
    first = next(iter(loaded.values()))
    names = list(loaded)
    virtual = dict.fromkeys(who for run in loaded.values() for who in run.facts.virtual_people)
    text = render(
        "comparison.html",
        runs=loaded,
        first=first,
        splits=[
            (split, list(_pictures(rows, names, str(split))), _layout(rows, names, str(split)))
            for split, rows in table.groupby("split", sort=False)
        ],
        settings=_different_settings(loaded),
        virtual=list(virtual),
        all_virtual=all(results.facts.all_virtual for results in loaded.values()),
    )
    write_text(page, text)
    return Comparison(table, page, tuple(virtual))


def _load(runs: Sequence[Path | str]) -> dict[str, Results]:
    """Read runs under names that tell them apart; refuse those that cannot be compared."""
    folders = [Path(run) for run in runs]
    if len({folder.resolve() for folder in folders}) < max(2, len(folders)):
        raise UsageError("nothing to compare", hint="Name two or more different run folders.")
    loaded = [load_results(folder) for folder in folders]
    for other in loaded[1:]:
        _same_question(loaded[0], other)
    return dict(zip(_names(folders), loaded, strict=True))


def _names(folders: Sequence[Path]) -> list[str]:
    """Return the end of each folder's path, as short as tells it from the others."""
    paths = [folder.resolve().parts for folder in folders]
    return [
        next(
            Path(*own[-n:]).as_posix()
            for n in range(1, len(own) + 1)
            if sum(other[-n:] == own[-n:] for other in paths) == 1
        )
        for own in paths
    ]


def _same_question(first: Results, other: Results) -> None:
    for what, one, two in (
        ("data", first.facts.target.name, other.facts.target.name),
        ("held-out people", first.recipe.protocol, other.recipe.protocol),
        ("classes", ", ".join(first.classes), ", ".join(other.classes)),
        ("people", _kind(first), _kind(other)),
    ):
        if one != two:
            raise RunError(
                f"cannot be compared with {first.folder}, which has other {what}: {one}, not {two}",
                path=other.folder,
            )


def _kind(results: Results) -> str:
    return "virtual" if results.facts.target.virtual else "real"


def _table(loaded: dict[str, Results]) -> pd.DataFrame:
    import pandas as pd

    first = next(iter(loaded.values()))
    rows: list[dict[str, Any]] = []
    for split in first.splits:
        for facts in _all_classifiers(loaded, split):
            for run, results in loaded.items():
                score = results.score(split, facts.name, METRIC)
                if score is None:
                    continue
                gain = (
                    (np.nan, np.nan, np.nan)
                    if results is first
                    else _difference(first, results, split, facts.name)
                )
                rows.append(
                    {
                        "split": split,
                        "classifier": facts.title,
                        "run": run,
                        "role": facts.role,
                        **{name: float(score[name]) for name in ("value", "low", "high")},
                        "n": int(score["n"]),
                        **dict(zip(_DIFFERENCE, gain, strict=True)),
                    }
                )
    columns = ("split", "classifier", "run", "role", "value", "low", "high", "n", *_DIFFERENCE)
    return pd.DataFrame(rows, columns=columns)


_DIFFERENCE = ("difference", "difference_low", "difference_high")


def _all_classifiers(loaded: dict[str, Results], split: str) -> list[ClassifierFacts]:
    """Return the classifiers of all runs, each once and with a title of its own.

    They stand in the order of the first run.
    """
    found: dict[str, ClassifierFacts] = {}
    for results in loaded.values():
        for facts in results.classifiers(split):
            found.setdefault(facts.name, facts)
    titles = Counter(facts.title for facts in found.values())
    return [
        facts.model_copy(update={"title": f"{facts.title} ({facts.name})"})
        if titles[facts.title] > 1
        else facts
        for facts in found.values()
    ]


def _difference(
    first: Results, other: Results, split: str, classifier: str
) -> tuple[float, float, float]:
    """Return how much more macro-F1 the other run has, with its interval; NaN if not paired."""
    tables = []
    for results in (first, other):
        table = results.labelled(split)
        tables.append(table[table["classifier"] == classifier])
    asked = [
        set(table[["recording", "subject", "true_label"]].itertuples(index=False, name=None))
        for table in tables
    ]
    if not asked[0] or asked[0] != asked[1]:
        return np.nan, np.nan, np.nan
    gain = difference(
        tables[1], tables[0], first.classes, metric=METRIC, resamples=first.recipe.bootstrap
    )
    return gain.value, gain.low, gain.high


def _layout(rows: pd.DataFrame, runs: Sequence[str], split: str) -> Table:
    """Lay a split's rows out: a row per classifier, the runs and then the differences across."""
    lines = []
    for title, part in rows.groupby("classifier", sort=False):
        by_run = part.set_index("run")
        values = [_cell(by_run, run, ("value", "low", "high"), number) for run in runs]
        gains = [_cell(by_run, run, _DIFFERENCE, signed) for run in runs[1:]]
        lines.append(Row(str(title), part["role"].iloc[0], (*values, *gains)))
    return Table(
        caption=f"{split}: {METRIC_TITLES[METRIC]}",
        groups=(),
        header=(*runs, *(f"{run} against {runs[0]}" for run in runs[1:])),
        rows=tuple(lines),
    )


def _cell(
    by_run: pd.DataFrame, run: str, columns: Sequence[str], write: Callable[[float], str]
) -> Cell:
    if run not in by_run.index:
        return Cell("–")
    row = by_run.loc[[run]]
    value, low, high = (float(row[name].iloc[0]) for name in columns)
    return Cell(write(value), "" if np.isnan(low) else f"{write(low)} to {write(high)}")


def _pictures(rows: pd.DataFrame, runs: Sequence[str], split: str) -> Iterator[Picture]:
    title = METRIC_TITLES[METRIC]
    yield Picture(
        f"scores-{split}",
        f"{title} of every classifier and run on the {split} split",
        figures.forest_figure(_bars(rows, ("value", "low", "high")), label=f"{title} ({split})"),
    )
    paired = rows[rows["difference"].notna() & (rows["role"] != "baseline")]
    if not paired.empty:
        yield Picture(
            f"differences-{split}",
            f"Difference in {title} to {runs[0]}, with 95 % paired intervals",
            figures.forest_figure(
                _bars(paired, _DIFFERENCE),
                label=f"difference in {title} ({split})",
                references={f"as {runs[0]}": 0.0},
                limits=None,
            ),
        )


def _bars(rows: pd.DataFrame, columns: tuple[str, str, str]) -> list[figures.Bar]:
    bars = []
    for _, row in rows.iterrows():
        value, low, high = (row[name] for name in columns)
        title = f"{row['classifier']}: {row['run']}"
        bars.append(figures.Bar(title, value, low, high, row["role"]))
    return bars


def _different_settings(loaded: dict[str, Results]) -> list[tuple[str, list[str]]]:
    """Return the recipe's settings in which the runs differ, a value per run."""
    whole = [results.recipe.model_dump(mode="json") for results in loaded.values()]
    trees, shown = ([dict(flat(tree)) for tree in part] for part in (whole, without_folders(whole)))
    names = dict.fromkeys(name for tree in trees for name in tree)
    different = [name for name in names if len({tree.get(name, "–") for tree in trees}) > 1]
    return [(name, [tree.get(name, "–") for tree in shown]) for name in different]
