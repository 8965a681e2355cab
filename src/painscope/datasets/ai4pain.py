"""AI4Pain 2024: electrical pain in three levels, facial video and fNIRS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from painscope.datasets.base import Dataset
from painscope.datasets.check import Expected, Scan
from painscope.datasets.layout import child, entries, safe_id, words
from painscope.errors import UsageError
from painscope.recording import SPLITS, LabelScheme, Recording, Split

__all__ = ["AI4Pain2024"]

#: The published split by people; the test people are those left of the 65.
PUBLISHED: dict[Split, tuple[str, ...]] = {
    "train": words(
        "3 4 5 7 8 9 12 13 18 20 21 22 24 26 27 28 29 30 33 34 37 38 39 41 42 43 44 45 46 47 49"
        " 51 52 55 56 59 60 62 63 64 65"
    ),
    "validation": words("1 2 10 11 14 17 19 36 48 54 57 58"),
    "test": words("6 15 16 23 25 31 32 35 40 50 53 61"),
}

#: ``<id>_Baseline``, ``<id>_Pain_LOW_<k>``, ``<id>_Pain_HIGH_<k>``, ``<id>_Rest_<r>``.
_CLIP = re.compile(
    r"(?P<subject>.+?)_(?P<kind>Baseline|Pain_LOW|Pain_HIGH|Rest)(?:_(?P<position>\d+))?",
    re.IGNORECASE,
)
#: Kind of clip, in lower case -> its spelling in ids, label, stimulus.
_KINDS = {
    "baseline": ("Baseline", "no-pain", "baseline"),
    "pain_low": ("Pain_LOW", "low-pain", "low"),
    "pain_high": ("Pain_HIGH", "high-pain", "high"),
    "rest": ("Rest", "no-pain", "rest"),
}
#: The 2025 edition's folders, in place of ``video`` and ``fnirs``.
_EDITION_2025 = {"bvp", "eda", "resp", "spo2"}


class AI4Pain2024(Dataset):
    """The AI4Pain challenge of 2024: 65 people under electrical stimulation (TENS).

    Per person one baseline of about 60 s (no pain) and 12 + 12 stimuli of about 10 s (low,
    high pain), filmed at nominally 30 frames/s, in a predefined split of 41 / 12 / 12 people.
    The 2025 edition has another split: never pool editions by the name of the split.

    Test clips under unknown names load without a label. A recording's attributes are its
    `stimulus` (``baseline``, ``low``, ``high`` or ``rest``) and `position`, the stimulus'
    place in the session; its signal ``fnirs`` is one table per person.

    Parameters
    ----------
    root : Path or str
        The folder with ``Train``, ``Validation`` and ``Test``; any of them is enough.
    rest : bool
        Whether the clips of the rests between stimuli count as no pain; left out otherwise.
    """

    name: ClassVar[str] = "ai4pain-2024"
    title: ClassVar[str] = "AI4Pain 2024"
    citation: ClassVar[str] = (
        "R. Fernandez Rojas, N. Hirachan, C. Joseph, B. Seymour and R. Goecke: The AI4Pain Grand "
        "Challenge 2024: Advancing Pain Assessment with Multimodal fNIRS and Facial Video "
        "Analysis. ACII Workshops and Demos, 2024."
    )
    licence: ClassVar[str] = "research only, under the organisers' agreement; not to be passed on"
    access: ClassVar[str] = "on request to the AI4Pain organisers, University of Canberra"
    layout: ClassVar[str] = "Train, Validation and Test, with video/<person>/<clip>.mp4 in each"

    scheme = LabelScheme("ai4pain", ("no-pain", "low-pain", "high-pain"))

    def __init__(self, root: Path | str, *, rest: bool = False) -> None:
        if not isinstance(rest, bool):
            raise UsageError(f"rest is true or false, not {rest!r}")
        self.rest = rest
        clips = {"no-pain": 1, "low-pain": 12, "high-pain": 12}
        if rest:
            del clips["no-pain"]  # 23 rests, but some people have fewer
        people = {split: len(names) for split, names in PUBLISHED.items()}
        self.expected = Expected(people, PUBLISHED, clips)
        super().__init__(root)

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether one of the splits is there, with its ``video`` folder."""
        splits = [child(folder, split) for split in SPLITS]
        return any(split and split.is_dir() and child(split, "video") for split in splits)

    @classmethod
    def _explain(cls, root: Path) -> str:
        splits = [child(root, split) for split in SPLITS]
        inside = {p.name.lower() for s in splits if s and s.is_dir() for p in entries(s)}
        if inside & _EDITION_2025:
            return "this is the 2025 edition, which has signals only and another split"
        return ""

    def _scan(self) -> Scan:
        recordings: list[Recording] = []
        missing: list[str] = []
        unexpected: list[str] = []
        for split in SPLITS:
            home = child(self.root, split)
            video = child(home, "video") if home else None
            if home is None or video is None:
                continue
            fnirs = child(home, "fnirs")
            tables = {_person(path.stem): path for path in entries(fnirs)} if fnirs else {}
            for folder in entries(video):
                if not folder.is_dir():
                    unexpected.append(f"{folder}: lies outside a person's folder")
                    continue
                subject = _person(folder.name)
                if fnirs and subject not in tables:
                    missing.append(f"{split}, {subject}: no fNIRS table in {fnirs}")
                signals = {"fnirs": tables[subject]} if subject in tables else {}
                for path in entries(folder):
                    recording = self._recording(path, subject, split, signals)
                    if recording is None:
                        unexpected.append(f"{path}: not a clip of person {subject}")
                    elif self.rest or recording.attributes.get("stimulus") != "rest":
                        recordings.append(recording)
        return Scan(recordings, missing, unexpected)

    def _recording(
        self, path: Path, subject: str, split: Split, signals: Mapping[str, Path]
    ) -> Recording | None:
        """Return the recording that a file holds; None if it is none of this person's clips."""
        if path.suffix.lower() != ".mp4":
            return None
        match = _CLIP.fullmatch(path.stem)
        if match and _person(match["subject"]) == subject:
            kind, label, stimulus = _KINDS[match["kind"].lower()]
            position = int(match["position"]) if match["position"] else None
            clip = kind if position is None else f"{kind}_{position}"
            attributes = {"stimulus": stimulus} | (
                {} if position is None else {"position": position}
            )
        elif split == "test":
            # Nobody says how the files of the test people are named.
            clip, label, attributes = path.stem.removeprefix(f"{subject}_"), None, {}
        else:
            return None
        return Recording(
            id=safe_id(f"{subject}_{clip}"),
            subject=subject,
            label=label,
            split=split,
            video=path,
            signals=signals,
            attributes=attributes,
        )


def _person(name: str) -> str:
    """Return a person's id: numbers without leading zeros, other names as they are."""
    return str(int(name)) if name.isdecimal() else name
