"""Any dataset that is described by a table: one row per recording."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite, nan
from pathlib import Path
from typing import ClassVar, cast

from painscope.datasets.base import Dataset
from painscope.datasets.check import Scan
from painscope.datasets.layout import child
from painscope.errors import DatasetError, UsageError
from painscope.recording import SPLITS, VIRTUAL_MARK, LabelScheme, Recording, Split

__all__ = ["Manifest"]

_REQUIRED = ("recording", "subject", "video")
_KNOWN = (*_REQUIRED, "label", "split", "start_s", "stop_s")
_TABLES = ("manifest.csv", "manifest.parquet")

#: Classes that need no `classes` option, in order, and how else they may be written.
_PAIN_CLASSES = {
    "no-pain": {"no-pain", "no", "none"},
    "low-pain": {"low-pain", "low"},
    "high-pain": {"high-pain", "high"},
}


class Manifest(Dataset):
    """A table of recordings: CSV (comma, semicolon or tab) or Parquet.

    ========== ========= =====================================================================
    column               holds
    ========== ========= =====================================================================
    recording  required  the id: unique, safe as a file name
    subject    required  the person
    video      required  the file, absolute or relative to the table's folder
    label                the class; empty if unknown
    split                ``train``, ``validation`` or ``test``; empty if none
    start_s              where in the video the recording starts, in seconds; empty: at its start
    stop_s               where it stops; empty: at its end
    ========== ========= =====================================================================

    Further columns become attributes.

    Parameters
    ----------
    root : Path or str
        The table, or a folder with ``manifest.csv`` or ``manifest.parquet``.
    classes : str or sequence of str, optional
        The labels' names in order, from none to most pain (a string separates them by commas).
        Without it the labels must be no, low and high pain (``no``, ``No pain``,
        ``no_pain``, …); they are then called ``no-pain``, ``low-pain`` and ``high-pain``.

    Raises
    ------
    DatasetError
        If the table cannot be read, lacks a column, or a row is wrong; names the row.
    """

    name: ClassVar[str] = "manifest"
    title: ClassVar[str] = "a table of recordings"
    citation: ClassVar[str] = "the source of the recordings"
    licence: ClassVar[str] = "that of the recordings"
    access: ClassVar[str] = "your own recordings"
    layout: ClassVar[str] = "manifest.csv or manifest.parquet, or the table itself"

    def __init__(self, root: Path | str, *, classes: str | Sequence[str] | None = None) -> None:
        self._classes = _class_names(classes)
        super().__init__(root)
        # A table may lie anywhere: its people are virtual if those in the videos are.
        folders = {folder.resolve() for folder in {r.video.parent for r in self.recordings}}
        above = {place for folder in folders for place in (folder, *folder.parents)}
        self.virtual |= any((place / VIRTUAL_MARK).is_file() for place in above)

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether there is a table of the usual name."""
        return any(child(folder, name) for name in _TABLES)

    @classmethod
    def _checked(cls, root: Path) -> Path:
        if root.is_file():
            return root
        root = super()._checked(root)
        tables = [table for name in _TABLES if (table := child(root, name))]
        if len(tables) > 1:
            raise DatasetError(
                "holds both manifest.csv and manifest.parquet", path=root, hint="Name one of them."
            )
        return tables[0]

    def _scan(self) -> Scan:
        rows = list(_rows(self.root))
        self.scheme, names = _scheme(self._classes, [_text(row.get("label")) for _, row in rows])
        recordings: list[Recording] = []
        seen: dict[str, tuple[str, str]] = {}
        for where, row in rows:
            try:
                recording = _recording(row, self.root.parent, self.scheme, names)
                key = recording.id.casefold()  # as `_unique` tells them apart
                before, other = seen.setdefault(key, (where, recording.id))
                if before != where:
                    raise DatasetError(
                        f"{before} is called {other} too",
                        hint="" if other == recording.id else "Case alone tells no files apart.",
                    )
            except DatasetError as error:
                raise DatasetError(
                    f"{where}: {error.what}", path=self.root, hint=error.hint
                ) from None
            recordings.append(recording)
        return Scan(recordings)


def _class_names(classes: str | Sequence[str] | None) -> tuple[str, ...]:
    if classes is None:
        return ()
    names = classes.split(",") if isinstance(classes, str) else classes
    if not isinstance(names, list | tuple):
        raise UsageError(f"classes are names in order, not {classes!r}")
    return tuple(str(name).strip() for name in names)


def _scheme(
    classes: tuple[str, ...], labels: Iterable[str | None]
) -> tuple[LabelScheme, dict[str, str]]:
    """Return the scheme, and the class that each way of writing a label means."""
    if classes:
        return LabelScheme("manifest", classes), {name: name for name in classes}
    written = {label: _plain(label) for label in labels if label is not None}
    names = {
        label: name
        for label, plain in written.items()
        for name, spellings in _PAIN_CLASSES.items()
        if plain in spellings
    }
    present = tuple(name for name in _PAIN_CLASSES if name in names.values())
    return LabelScheme("manifest", present if len(present) > 1 else tuple(_PAIN_CLASSES)), names


def _plain(label: str) -> str:
    return label.casefold().replace("_", "-").replace(" ", "-")


def _recording(
    row: Mapping[str, object], home: Path, scheme: LabelScheme, names: Mapping[str, str]
) -> Recording:
    """Turn one row into a recording, or raise `DatasetError` saying what is wrong with it."""
    for column in _REQUIRED:
        if _text(row[column]) is None:
            raise DatasetError(f"{column} is empty")
    label, split = _text(row.get("label")), _text(row.get("split"))
    if label is not None and label not in names:
        raise DatasetError(
            f"unknown label {label!r}",
            hint=f"Known are {', '.join(scheme.classes)}; the option classes names others.",
        )
    if split is not None and split.lower() not in SPLITS:
        raise DatasetError(f"unknown split {split!r}", hint=f"Splits are {', '.join(SPLITS)}.")
    return Recording(
        id=str(_text(row["recording"])),
        subject=str(_text(row["subject"])),
        label=None if label is None else names[label],
        split=None if split is None else cast(Split, split.lower()),
        video=home / str(_text(row["video"])),
        start_s=_seconds(row, "start_s"),
        stop_s=_seconds(row, "stop_s"),
        attributes={k: v for k, v in row.items() if k not in _KNOWN and _text(v) is not None},
    )


def _text(value: object) -> str | None:
    """Return a cell as text; None if it is empty."""
    if value is None or value != value:  # NaN is how tables write nothing
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Parquet turns a column of whole numbers with gaps into floats
    return str(value).strip() or None


def _seconds(row: Mapping[str, object], column: str) -> float | None:
    text = _text(row.get(column))
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = nan
    if not (isfinite(seconds) and seconds >= 0):
        raise DatasetError(f"{column} is {text!r}", hint="It takes seconds, such as 2.5.")
    return seconds


def _rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the rows of a table, each with its place in words."""
    readers = {".csv": _csv_rows, ".tsv": _csv_rows, ".txt": _csv_rows, ".parquet": _parquet_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DatasetError(
            "neither a CSV nor a Parquet table",
            path=path,
            hint="Give a table with a row per video: see docs/datasets.md.",
        )
    columns, rows = reader(path)
    columns = [name.lower() if name.lower() in _KNOWN else name for name in columns]
    lacking = [name for name in _REQUIRED if name not in columns]
    if lacking:
        raise DatasetError(
            f"lacks the column(s) {', '.join(lacking)}",
            path=path,
            hint=f"It has {', '.join(columns) or 'none'}.",
        )
    twice = {name for name in columns if columns.count(name) > 1}
    if twice:
        raise DatasetError(f"has two columns called {', '.join(sorted(twice))}", path=path)
    for where, cells in rows:
        yield where, dict(zip(columns, cells, strict=True))


def _csv_rows(path: Path) -> tuple[list[str], list[tuple[str, list[object]]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=header.count), strict=True)
            lines = [(f"line {reader.line_num}", [c.strip() for c in cells]) for cells in reader]
    except UnicodeDecodeError:
        raise DatasetError("not written in UTF-8", path=path, hint="Save it as UTF-8.") from None
    except (OSError, csv.Error) as error:
        raise DatasetError(f"cannot be read ({error})", path=path) from None
    lines = [(where, cells) for where, cells in lines if any(cells)]
    if not lines:
        raise DatasetError("the table is empty", path=path)
    # Spreadsheets write columns that were cleared.
    while all(len(cells) == len(lines[0][1]) and not cells[-1] for _, cells in lines):
        lines = [(where, cells[:-1]) for where, cells in lines]
    columns = lines.pop(0)[1]
    for where, cells in lines:
        if len(cells) != len(columns):
            raise DatasetError(
                f"{where}: {len(cells)} cells under {len(columns)} columns", path=path
            )
    values = zip(*(cells for _, cells in lines), strict=True)
    typed = [_typed(name, cells) for name, cells in zip(columns, values, strict=False)]
    return columns, [(where, list(cells)) for (where, _), *cells in zip(lines, *typed, strict=True)]


def _typed(name: str, cells: Sequence[str]) -> Sequence[object]:
    """Return an attribute's column as numbers if all its cells are numbers or empty."""
    if name.lower() in _KNOWN:
        return cells  # a person may well be called 007
    for kind in (int, float):
        try:
            return [kind(cell) if cell else None for cell in cells]
        except ValueError:
            continue
    return cells


def _parquet_rows(path: Path) -> tuple[list[str], list[tuple[str, list[object]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"cannot be read as Parquet ({error})", path=path) from None
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return table.column_names, [(f"row {i}", list(row)) for i, row in enumerate(rows, start=1)]
