"""iCOPE: photographs of newborns in pain and in four other states."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import ClassVar

from painscope.datasets.base import Dataset
from painscope.datasets.check import Expected, Scan
from painscope.datasets.layout import entries, safe_id
from painscope.errors import UsageError
from painscope.recording import PICTURE_ENDINGS, LabelScheme, Recording

__all__ = ["PATTERN", "ICOPEPhotos"]

#: How a photograph's path below the root is read by default.
PATTERN = (
    r"(?:.*/)?(?P<subject>S\d+)[ _-]+"
    r"(?P<stimulus>pain|rest|cry|air[ _-]?puff|air|friction)(?![a-z]).*"
)

#: Stimulus, in lower case with its spaces and lines gone -> its name.
_STIMULI = {"pain": "pain", "rest": "rest", "cry": "cry", "friction": "friction"} | dict.fromkeys(
    ("air", "airpuff", "airstimulus"), "air puff"
)
_PEOPLE = 26


class ICOPEPhotos(Dataset):
    r"""iCOPE: 204 photographs of 26 newborns: pain, rest, cry, air puff and friction.

    Pain is the heel lance; the four others are no pain. A recording is one photograph, called as
    its file (with its folders, where names repeat); its attribute `stimulus` keeps the five
    states apart.

    How the files of a copy are named is nowhere published. `pattern` says how theirs are to be
    read; the one by default takes ``S01_pain_1.jpg``, in any folder below the root.

    Parameters
    ----------
    root : Path or str
        The folder of photographs, or of folders of them.
    pattern : str
        A regular expression for a photograph's path below the root (``/`` between folders,
        no regard to case), with the groups ``subject`` and ``stimulus`` (pain, rest, cry, air
        or air puff, friction): ``(?P<stimulus>\w+)/(?P<subject>\d+)-.*`` for
        ``pain/07-2.jpg``.

    Raises
    ------
    UsageError
        If the pattern is no regular expression or lacks a group.
    """

    name: ClassVar[str] = "icope-photos"
    title: ClassVar[str] = "iCOPE, photographs of newborns"
    citation: ClassVar[str] = (
        "S. Brahnam, C.-F. Chuang, F. Y. Shih and M. R. Slack: Machine recognition and "
        "representation of neonatal facial displays of acute pain. Artificial Intelligence in "
        "Medicine 36(3), 2006."
    )
    licence: ClassVar[str] = "research only, under the makers' agreement; not to be passed on"
    access: ClassVar[str] = "on request to S. Brahnam, Missouri State University"
    layout: ClassVar[str] = "photographs named as S01_pain_1.jpg (or as the option pattern says)"

    scheme = LabelScheme("icope", ("no-pain", "pain"))
    expected = Expected(people={None: _PEOPLE}, subjects={}, clips={})

    def __init__(self, root: Path | str, *, pattern: str = PATTERN) -> None:
        try:
            self._pattern = re.compile(pattern, re.IGNORECASE)
        except (re.error, TypeError) as error:
            raise UsageError(f"pattern {pattern!r} is no regular expression ({error})") from None
        lacking = [name for name in ("subject", "stimulus") if name not in self._pattern.groupindex]
        if lacking:
            raise UsageError(f"pattern {pattern!r} has no group {' and no group '.join(lacking)}")
        super().__init__(root)

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether there are photographs, in it or in its folders; their names nobody foresees."""
        inside = entries(folder)
        inside += [file for path in inside if path.is_dir() for file in entries(path)]
        return any(path.suffix.lower() in PICTURE_ENDINGS for path in inside)

    def _scan(self) -> Scan:
        found: list[tuple[Path, str, re.Match[str]]] = []
        unexpected: list[str] = []
        for path in _pictures(self.root):
            place = path.relative_to(self.root).as_posix()
            match = self._pattern.fullmatch(place)
            word = re.sub(r"[\s_-]", "", match["stimulus"].lower()) if match else ""
            if match is None or word not in _STIMULI:
                unexpected.append(f"{path}: not named as a photograph")
                continue
            found.append((path, _STIMULI[word], match))
        stems = Counter(path.stem.casefold() for path, *_ in found)
        recordings = [
            Recording(
                id=safe_id(
                    path.stem
                    if stems[path.stem.casefold()] == 1
                    else "-".join(path.relative_to(self.root).with_suffix("").parts)
                ),
                subject=match["subject"].upper(),
                label="pain" if stimulus == "pain" else "no-pain",
                split=None,
                video=path,
                attributes={"stimulus": stimulus},
            )
            for path, stimulus, match in found
        ]
        return Scan(recordings, (), unexpected)


def _pictures(folder: Path) -> list[Path]:
    """Return all picture files below a folder, in order of name."""
    found: list[Path] = []
    for path in entries(folder):
        if path.is_dir():
            found += _pictures(path)
        elif path.suffix.lower() in PICTURE_ENDINGS:
            found.append(path)
    return found
