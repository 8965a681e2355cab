"""Dataset: which recordings there are, and whether they are complete."""

from __future__ import annotations

import logging
import os
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from painscope.datasets.check import NO_SPLIT, CheckReport, Expected, Scan, check_videos, compare
from painscope.datasets.layout import entries, natural_key
from painscope.errors import DatasetError
from painscope.recording import VIRTUAL_MARK, VIRTUAL_PREFIX, LabelScheme, Recording

__all__ = ["Dataset"]

log = logging.getLogger("painscope")


class Dataset(ABC):
    """A dataset on disk. Adding one is a subclass in one file and a line in the index.

    A subclass gives the facts below, `recognises`, and `_scan`; it may take options, all
    keywords, which it stores before it calls ``super().__init__(root)``.

    Parameters
    ----------
    root : Path or str
        The folder that holds the dataset.

    Attributes
    ----------
    name, title, citation, licence, access : str
        Facts: the name it is called by, its full name, the paper to cite, what one may do
        with it and how to get it.
    layout : str
        What `root` holds, in a few words; for the message when it does not.
    scheme : LabelScheme
        The classes of its labels.
    expected : Expected or None
        What a complete copy holds, if that is published.
    people_known : bool
        Whether it says who is who; if not, every recording counts as a person of its own.
    recordings : tuple of Recording
        Ordered by id.
    virtual : bool
        Whether the people are virtual; whatever shows results must say so.

    Raises
    ------
    DatasetError
        If the folder is missing, of another layout, or empty, two recordings share an id, or one
        person may have two names.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    licence: ClassVar[str]
    access: ClassVar[str]
    layout: ClassVar[str]

    scheme: LabelScheme
    expected: Expected | None = None
    people_known: bool = True

    def __init__(self, root: Path | str) -> None:
        self.root = self._checked(Path(os.path.expanduser(root)))
        # The root may be a table or a part of a dataset: the mark lies in the folder above.
        above = self.root.absolute().parent
        self.virtual = any((folder / VIRTUAL_MARK).is_file() for folder in (self.root, above))
        self._found = self._scan()
        self.recordings: tuple[Recording, ...] = self._unique(self._found.recordings)

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self.recordings)} recordings of {len(self.subjects)} people>"

    @property
    def subjects(self) -> tuple[str, ...]:
        """The people, in natural order."""
        return tuple(sorted({r.subject for r in self.recordings}, key=natural_key))

    @property
    def population(self) -> str:
        """The name under which cards of networks list its people, virtual ones apart from real."""
        return f"{VIRTUAL_PREFIX}{self.name}" if self.virtual else self.name

    @classmethod
    @abstractmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether a folder has this dataset's layout, judged by its outermost names."""

    @abstractmethod
    def _scan(self) -> Scan:
        """Find the recordings under `self.root`."""

    @classmethod
    def _explain(cls, root: Path) -> str:
        """Say why `root` is not recognised, where a subclass knows better than to ask about it."""
        return ""

    def check(
        self,
        *,
        read_videos: bool = True,
        track: Callable[[Sequence[Recording]], Iterable[Recording]] = iter,
    ) -> CheckReport:
        """Compare what is there with what should be there.

        Parameters
        ----------
        read_videos : bool
            Whether to open every video and decode its first picture.
        track : callable
            Wraps the recordings while videos are opened, to show progress.
        """
        counts, missing, unexpected = compare(self.recordings, self.scheme, self.expected)
        missing += self._found.missing
        missing += [
            f"{r.id}: there is no {path}"
            for r in self.recordings
            for path in (r.video, *r.signals.values())
            if not path.exists()
        ]
        unreadable, opened = check_videos(self.recordings, track) if read_videos else ([], None)
        return CheckReport(
            title=f"{self.title} ({self.name})",
            root=self.root,
            virtual=self.virtual,
            counts=counts,
            people={
                split or NO_SPLIT: number
                for split, number in (self.expected.people.items() if self.expected else ())
            },
            missing=tuple(missing),
            unreadable=tuple(unreadable),
            unexpected=(*unexpected, *self._found.unexpected),
            videos_read=opened,
        )

    @classmethod
    def _checked(cls, root: Path) -> Path:
        """Return `root` if it has the layout; otherwise say where it might be."""
        if not root.exists():
            raise DatasetError("does not exist", path=root, hint=cls._wanted())
        if not root.is_dir():
            raise DatasetError("this is a file, not a folder", path=root, hint=cls._wanted())
        if cls.recognises(root):
            return root
        if reason := cls._explain(root):
            raise DatasetError(reason, path=root, hint=cls._wanted())
        meant = cls._nearby(root)
        raise DatasetError(
            f"this folder does not hold {cls.title}",
            path=root,
            hint=f"Did you mean {meant}?" if meant else cls._wanted(),
        )

    @classmethod
    def _wanted(cls) -> str:
        return f"Give the folder that holds {cls.layout}."

    @property
    def tree(self) -> tuple[str, bool]:
        """Where it lies and whether its people are virtual: two trees may have the same ids."""
        return str(self.root.resolve()), self.virtual

    @classmethod
    def _nearby(cls, root: Path) -> Path | None:
        """Return a folder of the right layout, up to two levels below or, failing that, above."""
        try:
            inside = [path for path in entries(root) if path.is_dir()]
            deeper = [path for folder in inside for path in entries(folder) if path.is_dir()]
            above = list(root.absolute().parents)[:2]
            return next((path for path in (*inside, *deeper, *above) if cls.recognises(path)), None)
        except DatasetError:  # a neighbour that may not be read is no reason to stop
            return None

    def _unique(self, recordings: Sequence[Recording]) -> tuple[Recording, ...]:
        if not recordings:
            raise DatasetError("holds no recordings", path=self.root, hint=self._wanted())
        seen: dict[str, Recording] = {}
        for recording in recordings:
            # Where case does not tell files apart (Windows, macOS) they would share theirs.
            other = seen.setdefault(recording.id.casefold(), recording)
            if other is not recording:
                both = dict.fromkeys((other.id, recording.id))
                raise DatasetError(
                    f"two recordings are called {' and '.join(both)}: "
                    f"{other.video} and {recording.video}",
                    path=self.root,
                    hint="Remove or rename one of them.",
                )
        self._refuse_one_by_two_names(recordings)
        return tuple(sorted(recordings, key=lambda recording: recording.id))

    def _refuse_one_by_two_names(self, recordings: Sequence[Recording]) -> None:
        """Refuse a person who may be on both sides of a split, for want of one spelling."""
        spelled: dict[str, str] = {}
        numbered: dict[str, str] = {}
        whose: dict[tuple[object, ...], str] = {}
        for subject in sorted({recording.subject for recording in recordings}):
            bare = "".join(unicodedata.normalize("NFKC", subject).casefold().split())
            other = spelled.setdefault(bare, subject)
            if other != subject:
                raise DatasetError(
                    f"two people are called {other!r} and {subject!r}",
                    path=self.root,
                    hint="Write one person's name in one way, two people's in two.",
                )
            # 007 and 7 may be two, so nobody is refused; 7.0 is how tables with gaps write 7.
            number = re.sub(r"(?<!\d)0+(?=\d)|\.0+$", "", bare)
            other = numbered.setdefault(number, subject)
            if other != subject:
                log.warning(
                    "%s: are %s and %s one person? They count as two.", self.root, other, subject
                )
        for recording in recordings:
            place = recording.video, recording.start_s, recording.stop_s
            other = whose.setdefault(place, recording.subject)
            if other != recording.subject:
                raise DatasetError(
                    f"{recording.video} is of {other} and of {recording.subject}: the same face "
                    "would be two people",
                    path=self.root,
                    hint="Name one of them, or film them apart.",
                )
