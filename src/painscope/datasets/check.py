"""What a dataset should hold, and how that compares with what is on disk."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painscope.datasets.layout import natural_key
from painscope.errors import VideoError
from painscope.recording import SPLITS, LabelScheme, Recording, Split

__all__ = ["CheckReport", "Count", "Expected", "Scan", "check_videos", "compare"]

#: Shown for recordings without a label or a split.
UNLABELLED, NO_SPLIT = "unlabelled", "no split"
#: A table's stop may lie so far beyond the video's end: it is often rounded up, in seconds.
ROUNDED_S = 1.0


@dataclass(frozen=True)
class Expected:
    """What a complete copy of a dataset holds, as published.

    Attributes
    ----------
    people : mapping of split to int
        How many people each split has; of a dataset without splits, None is the one key.
    subjects : mapping of split to tuple of str
        Their names as far as they are published; perhaps fewer than `people`.
    clips : mapping of label to int
        Clips per person and class; a class left out may have any number.
    """

    people: Mapping[Any, int]
    subjects: Mapping[Any, tuple[str, ...]]
    clips: Mapping[str, int]


@dataclass(frozen=True)
class Scan:
    """What an adapter found in a dataset's folder.

    Attributes
    ----------
    recordings : sequence of Recording
    missing : sequence of str
        Files, beyond people and clips, that should be there and are not; in words.
    unexpected : sequence of str
        Files that fit nowhere in the layout, in words.
    """

    recordings: Sequence[Recording]
    missing: Sequence[str] = ()
    unexpected: Sequence[str] = ()


@dataclass(frozen=True)
class Count:
    """How many clips of one class one person has; `expected` is None where any number is right."""

    split: str
    subject: str
    label: str
    clips: int
    expected: int | None


@dataclass(frozen=True)
class CheckReport:
    """What is there and what is not: printable by `lines`, tables by `by_split` and `by_person`.

    Attributes
    ----------
    title : str
        The dataset's name.
    root : Path
    virtual : bool
        Whether these are virtual people.
    counts : tuple of Count
        A row per split, person and class; ``pandas.DataFrame(report.counts)`` is a tidy table.
    people : mapping of str to int
        How many people each split should have; empty if nobody says.
    missing, unreadable, unexpected : tuple of str
        One line each.
    videos_read : int or None
        How many video files were opened; None if none should be.
    """

    title: str
    root: Path
    virtual: bool
    counts: tuple[Count, ...]
    people: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    videos_read: int | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines())

    @property
    def complete(self) -> bool:
        """Whether nothing is missing or unreadable; unexpected things do no harm."""
        return not (self.missing or self.unreadable)

    def by_split(self) -> list[dict[str, object]]:
        """Return a row per split and class: people and clips, as they are and as expected."""
        groups: dict[tuple[str, str], list[Count]] = defaultdict(list)
        for count in self.counts:
            groups[count.split, count.label].append(count)
        rows: list[dict[str, object]] = []
        for (split, label), group in groups.items():
            people, each = self.people.get(split), group[0].expected
            rows.append(
                {
                    "split": split,
                    "class": label,
                    "people": sum(count.clips > 0 for count in group),
                    "expected_people": people,
                    "clips": sum(count.clips for count in group),
                    "expected_clips": None if people is None or each is None else people * each,
                }
            )
        return rows

    def by_person(self) -> list[dict[str, object]]:
        """Return a row per split and person: a column of clips per class."""
        rows: dict[tuple[str, str], dict[str, object]] = {}
        for count in self.counts:
            row = rows.setdefault(
                (count.split, count.subject), {"split": count.split, "subject": count.subject}
            )
            row[count.label] = count.clips
        return list(rows.values())

    def lines(self, *, people: bool = False, limit: int = 20) -> list[str]:
        """Return the report as lines of text.

        Parameters
        ----------
        people : bool
            Whether to give the table per person too.
        limit : int
            How many missing, unreadable and unexpected things to name, of each kind.
        """
        said = [f"{self.title} in {self.root}"]
        if self.virtual:
            said.append("virtual people: nothing measured here is about real ones")
        said += ["", *_table(_with_totals(self.by_split()))]
        if people:
            said += ["", *_table(self.by_person())]
        said.append("")
        for what, found in (
            ("missing", self.missing),
            ("unreadable", self.unreadable),
            ("unexpected", self.unexpected),
        ):
            if what == "unreadable" and self.videos_read is None:
                said.append("unreadable: not looked at")
                continue
            said.append(f"{what}: {len(found) or 'nothing'}")
            said += [f"  {line}" for line in found[:limit]]
            if len(found) > limit:
                said.append(f"  … and {len(found) - limit} more")
        return said


def compare(
    recordings: Sequence[Recording], scheme: LabelScheme, expected: Expected | None
) -> tuple[tuple[Count, ...], list[str], list[str]]:
    """Count clips per split, person and class, and compare with what should be there.

    Returns
    -------
    counts : tuple of Count
    missing, unexpected : list of str
    """
    found = Counter((r.split, r.subject, r.label) for r in recordings)
    persons = sorted({(r.split, r.subject) for r in recordings}, key=_person_key)
    counts = tuple(_counts(persons, found, scheme, expected))
    missing, unexpected = _compare_people(persons, expected)
    for count in counts:
        where = f"{count.split}, {count.subject}"
        if count.expected is not None and count.clips < count.expected:
            missing.append(f"{where}: {count.clips} of {count.expected} {count.label} clips")
        elif count.expected is not None and count.clips > count.expected:
            unexpected.append(
                f"{where}: {count.clips} {count.label} clips instead of {count.expected}"
            )
    return counts, missing, unexpected


def check_videos(
    recordings: Sequence[Recording],
    track: Callable[[Sequence[Recording]], Iterable[Recording]],
) -> tuple[list[str], int]:
    """Open the video of every recording once, and say which ones cannot be read.

    Returns
    -------
    unreadable : list of str
    opened : int
        How many video files were opened.
    """
    from painscope.video import probe  # here, so that datasets can be listed without FFmpeg

    unreadable, lengths = [], dict[Path, float | None]()
    for recording in track(recordings):
        if not recording.video.exists():
            continue
        if recording.video not in lengths:
            lengths[recording.video] = None
            try:
                lengths[recording.video] = probe(recording.video).duration_s
            except VideoError as error:
                unreadable.append(str(error))
        length_s = lengths[recording.video]
        if length_s is not None and (recording.start_s or 0) >= length_s:
            unreadable.append(
                f"{recording.video}: {recording.id} should start at {recording.start_s:g} s, "
                f"but the video lasts {length_s:.2f} s"
            )
        elif length_s is not None and (recording.stop_s or 0) > length_s + ROUNDED_S:
            unreadable.append(
                f"{recording.video}: {recording.id} should stop at {recording.stop_s:g} s, "
                f"but the video lasts {length_s:.2f} s"
            )
    return unreadable, len(lengths)


def _person_key(person: tuple[Split | None, str]) -> tuple[int, object]:
    split, subject = person
    return (SPLITS.index(split) if split else len(SPLITS)), natural_key(subject)


def _counts(
    persons: Sequence[tuple[Split | None, str]],
    found: Counter[tuple[Split | None, str, str | None]],
    scheme: LabelScheme,
    expected: Expected | None,
) -> Iterator[Count]:
    for split, subject in persons:
        unlabelled = found[split, subject, None]
        labelled = any(found[split, subject, label] for label in scheme.classes)
        if labelled:
            for label in scheme.classes:
                # Among clips without a label may be those of any class.
                number = expected.clips.get(label) if expected and not unlabelled else None
                clips = found[split, subject, label]
                yield Count(split or NO_SPLIT, subject, label, clips, number)
        if unlabelled:
            yield Count(split or NO_SPLIT, subject, UNLABELLED, unlabelled, None)


def _compare_people(
    persons: Sequence[tuple[Split | None, str]], expected: Expected | None
) -> tuple[list[str], list[str]]:
    missing: list[str] = []
    unexpected: list[str] = []
    splits: dict[str, list[str]] = defaultdict(list)
    for split, subject in persons:
        splits[subject].append(split or NO_SPLIT)
    for subject, places in splits.items():
        if len(places) > 1:
            unexpected.append(f"{subject} is in {' and in '.join(places)}: one person, one split")
    if expected is None:
        return missing, unexpected

    home = {subject: split for split, names in expected.subjects.items() for subject in names}
    for split, number in expected.people.items():
        where = split or NO_SPLIT
        there = {subject for place, subject in persons if place == split}
        absent = [name for name in expected.subjects.get(split, ()) if name not in splits]
        if len(there) < number or absent:
            names = f"; missing: {', '.join(absent)}" if absent else ""
            missing.append(f"{where}: {len(there)} of {number} people{names}")
        astray = [f"{name} ({home[name]})" for name in there if home.get(name, split) != split]
        if astray:
            unexpected.append(f"{where}: published in another split: {_listed(astray)}")
        if len(expected.subjects.get(split, ())) == number:
            strangers = [name for name in there if name not in home]
            if strangers:
                unexpected.append(f"{where}: not on the published list: {_listed(strangers)}")
        elif len(there) > number:
            unexpected.append(f"{where}: {len(there)} people instead of {number}")
    return missing, unexpected


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names, key=natural_key))


def _with_totals(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Put what is there and what should be there into one cell."""

    def cell(there: object, expected: object) -> object:
        return there if expected is None else f"{there} of {expected}"

    return [
        {
            "split": row["split"],
            "class": row["class"],
            "people": cell(row["people"], row["expected_people"]),
            "clips": cell(row["clips"], row["expected_clips"]),
        }
        for row in rows
    ]


def _table(rows: list[dict[str, object]]) -> list[str]:
    """Return rows as aligned columns of text, a header first."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
