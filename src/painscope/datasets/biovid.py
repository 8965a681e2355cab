"""BioVid Heat Pain, Part A: heat pain in four levels, facial video and biosignals."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal, get_args

from painscope.datasets.base import Dataset
from painscope.datasets.check import Expected, Scan
from painscope.datasets.layout import child, entries, words
from painscope.errors import DatasetError, UsageError
from painscope.recording import LabelScheme, Recording

__all__ = ["HARDLY_EXPRESSIVE", "VALIDATION", "BioVidA"]

#: The 20 people whom the makers found to show next to no reaction (Werner et al., 2017).
HARDLY_EXPRESSIVE = words(
    "082315_w_60 082414_m_64 082909_m_47 083009_w_42 083013_w_47 083109_m_60 083114_w_55"
    " 091914_m_46 092009_m_54 092014_m_56 092509_w_51 092714_m_64 100514_w_51 100914_m_39"
    " 101114_w_37 101209_w_61 101809_m_59 101916_m_40 111313_m_64 120614_w_61"
)

#: The 26 people of the official hold-out evaluation.
VALIDATION = words(
    "100914_m_39 101114_w_37 082315_w_60 083114_w_55 083109_m_60 072514_m_27 080309_m_29"
    " 112016_m_25 112310_m_20 092813_w_24 112809_w_23 112909_w_20 071313_m_41 101309_m_48"
    " 101609_m_36 091809_w_43 102214_w_36 102316_w_50 112009_w_43 101814_m_58 101908_m_61"
    " 102309_m_61 112209_m_51 112610_w_60 112914_w_51 120514_w_56"
)

Task = Literal["binary", "five"]
People = Literal["all", "expressive"]

#: Task -> scheme and the label of each class of the dataset; others are left out.
_TASKS: dict[Task, tuple[LabelScheme, dict[str, str]]] = {
    "binary": (
        LabelScheme("biovid-binary", ("no-pain", "high-pain")),
        {"BL1": "no-pain", "PA4": "high-pain"},
    ),
    "five": (
        LabelScheme("biovid-five", ("BL1", "PA1", "PA2", "PA3", "PA4")),
        {name: name for name in ("BL1", "PA1", "PA2", "PA3", "PA4")},
    ),
}
_PEOPLE, _CLIPS_PER_CLASS = 87, 20
_SUBJECT = re.compile(r"\d+_(?P<sex>[mw])_(?P<age>\d+)", re.IGNORECASE)
_SAMPLE = re.compile(
    r"(?P<subject>.+)-(?P<stimulus>BL1|PA[1-4])-(?P<number>\d+)\.mp4", re.IGNORECASE
)
_SIGNALS = ("biosignals_raw", "biosignals_filtered")


class BioVidA(Dataset):
    """Part A of the BioVid Heat Pain Database: 87 people, 8,700 clips of 5.5 s at 25 frames/s.

    Twenty clips per person and class: no stimulus (BL1) and four individually calibrated
    heat intensities (PA1 to PA4). The people of the official hold-out evaluation make the
    split ``validation``, all others ``train``; where none of them is there, as among virtual
    people, no recording has a split.

    A recording's attributes are `sex`, `age` (both from the person's name) and `stimulus`;
    its signals ``biosignals_raw`` and ``biosignals_filtered``, a table per clip at 512 Hz.

    Parameters
    ----------
    root : Path or str
        The folder with ``PartA`` in it, or that folder.
    task : {"binary", "five"}
        ``binary`` is BL1 against PA4, called ``no-pain`` and ``high-pain``; ``five`` is all
        classes under their own names.
    subjects : {"all", "expressive"}
        ``expressive`` leaves out the 20 people of `HARDLY_EXPRESSIVE`.

    References
    ----------
    P. Werner, A. Al-Hamadi and S. Walter: Analysis of facial expressiveness during
    experimentally induced heat pain. ACII Workshops and Demos, 2017.
    """

    name: ClassVar[str] = "biovid-a"
    title: ClassVar[str] = "BioVid Heat Pain, Part A"
    citation: ClassVar[str] = (
        "S. Walter et al.: The BioVid Heat Pain Database: Data for the Advancement and Systematic "
        "Validation of an Automated Pain Recognition System. IEEE CYBCO, 2013."
    )
    licence: ClassVar[str] = "non-commercial research only, under agreement; not to be passed on"
    access: ClassVar[str] = "on request: https://www.nit.ovgu.de/BioVid.html"
    layout: ClassVar[str] = "PartA, with video/<person>/<person>-<BL1 or PA1 to PA4>-<number>.mp4"

    def __init__(
        self, root: Path | str, *, task: Task = "binary", subjects: People = "all"
    ) -> None:
        if task not in _TASKS:
            raise UsageError(f"task is {' or '.join(_TASKS)}, not {task!r}")
        if subjects not in get_args(People):
            raise UsageError(f"subjects is {' or '.join(get_args(People))}, not {subjects!r}")
        self.scheme, self._labels = _TASKS[task]
        self._left_out = frozenset(HARDLY_EXPRESSIVE) if subjects == "expressive" else frozenset()
        self.expected = _expected(self._left_out, self.scheme)
        super().__init__(root)

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether there is a ``video`` folder with a BioVid clip in a person's folder."""
        video = child(child(folder, "PartA") or folder, "video")
        if video is None or not video.is_dir():
            return False
        persons = (person for person in entries(video) if person.is_dir())
        return any(_sample(path) for person in persons for path in entries(person))

    def _scan(self) -> Scan:
        self._part = child(self.root, "PartA") or self.root
        video = child(self._part, "video")
        assert video is not None  # `recognises` saw it
        recordings: list[Recording] = []
        missing: list[str] = []
        unexpected: list[str] = []
        official = False
        for folder in entries(video):
            subject = folder.name.lower()
            if not folder.is_dir():
                unexpected.append(f"{folder}: lies outside a person's folder")
                continue
            official |= subject in VALIDATION
            if subject in self._left_out:
                continue
            clips = self._clips(folder, subject, unexpected)
            signals = self._signals(subject, clips, missing)
            recordings += [
                self._recording(path, sample, signals[sample]) for sample, path in clips.items()
            ]
        if not official:
            recordings = [replace(recording, split=None) for recording in recordings]
        self._compare_list(recordings, missing, unexpected)
        return Scan(recordings, missing, unexpected)

    def _clips(self, folder: Path, subject: str, unexpected: list[str]) -> dict[Sample, Path]:
        """Return a person's clips of the task's classes."""
        clips: dict[Sample, Path] = {}
        for path in entries(folder):
            sample = _sample(path)
            if sample is None or sample.subject != subject:
                unexpected.append(f"{path}: not a clip of {subject}")
            elif sample in clips:
                raise DatasetError(f"the same clip as {clips[sample].name}", path=path)
            elif sample.stimulus in self._labels:
                clips[sample] = path
        return clips

    def _signals(
        self, subject: str, clips: Collection[Sample], missing: list[str]
    ) -> dict[Sample, dict[str, Path]]:
        """Return the biosignal tables of a person's clips, where there are any."""
        signals: dict[Sample, dict[str, Path]] = {sample: {} for sample in clips}
        for kind in _SIGNALS:
            home = child(self._part, kind)
            folder = child(home, subject) if home else None
            if folder is None:
                continue
            tables = {path.name.lower(): path for path in entries(folder)}
            for sample in clips:
                table = tables.get(f"{sample.id}_bio.csv".lower())
                if table:
                    signals[sample][kind] = table
                else:
                    missing.append(f"{sample.id}: no table in {folder}")
        return signals

    def _recording(self, path: Path, sample: Sample, signals: Mapping[str, Path]) -> Recording:
        attributes: dict[str, object] = {"stimulus": sample.stimulus}
        if person := _SUBJECT.fullmatch(sample.subject):
            attributes["sex"] = {"m": "male", "w": "female"}[person["sex"]]
            attributes["age"] = int(person["age"])
        return Recording(
            id=sample.id,
            subject=sample.subject,
            label=self._labels[sample.stimulus],
            split="validation" if sample.subject in VALIDATION else "train",
            video=path,
            signals=signals,
            attributes=attributes,
        )

    def _compare_list(
        self, recordings: Sequence[Recording], missing: list[str], unexpected: list[str]
    ) -> None:
        """Compare with the dataset's own list of samples, if it is there."""
        folder = child(self._part, "starting_point")
        path = child(folder, "samples.csv") if folder else None
        if path is None:
            return
        listed = {
            sample.id: sample
            for name in _sample_names(path)
            if (sample := _sample(Path(f"{name}.mp4")))
            and sample.stimulus in self._labels
            and sample.subject not in self._left_out
        }
        there = {recording.id for recording in recordings}
        missing += [
            f"{name}: listed in {path.name}, no video" for name in sorted(listed.keys() - there)
        ]
        unexpected += [
            f"{name}: not listed in {path.name}" for name in sorted(there - listed.keys())
        ]


@dataclass(frozen=True)
class Sample:
    """What a clip's name says."""

    subject: str
    stimulus: str
    number: str

    @property
    def id(self) -> str:
        """The clip's name as the dataset spells it."""
        return f"{self.subject}-{self.stimulus}-{self.number}"


def _sample(path: Path) -> Sample | None:
    """Read a clip's name; None if it is no clip's."""
    match = _SAMPLE.fullmatch(path.name)
    if match is None:
        return None
    return Sample(match["subject"].lower(), match["stimulus"].upper(), match["number"])


def _sample_names(path: Path) -> list[str]:
    """Read the column ``sample_name``; the header's names may carry spaces."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file, delimiter="\t")]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"cannot be read ({error})", path=path) from None
    if not rows or "sample_name" not in rows[0]:
        raise DatasetError(
            "has no column sample_name",
            path=path,
            hint="Restore the file, or remove it: it only serves to check the videos.",
        )
    column = rows[0].index("sample_name")
    return [row[column] for row in rows[1:] if len(row) > column]


def _expected(left_out: Collection[str], scheme: LabelScheme) -> Expected:
    """Return what a complete copy holds; of the training people only some names are published."""
    validation = tuple(name for name in VALIDATION if name not in left_out)
    train = tuple(
        name for name in HARDLY_EXPRESSIVE if name not in left_out and name not in VALIDATION
    )
    return Expected(
        people={
            "train": _PEOPLE - len(left_out) - len(validation),
            "validation": len(validation),
        },
        subjects={"train": train, "validation": validation},
        clips=dict.fromkeys(scheme.classes, _CLIPS_PER_CLASS),
    )
