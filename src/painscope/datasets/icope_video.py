"""iCOPEvid: newborns in pain and under other handling, on video."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from painscope.datasets.base import Dataset
from painscope.datasets.check import Expected, Scan
from painscope.datasets.layout import entries, safe_id
from painscope.recording import LabelScheme, Recording

__all__ = ["ICOPEVideo"]

#: Folder, in lower case without spaces and lines -> label.
_FOLDERS = {"pain": "pain", "nopain": "no-pain"}
#: ``S010_Friction_1_[0]_20s``: newborn, what was done, how often, and details of the cut.
_CLIP = re.compile(
    r"(?P<subject>S\d+)_(?P<stimulus>[a-z][a-z ]*)(?:_(?P<number>\d+))?(?:_.*)?", re.IGNORECASE
)
_ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".wmv", ".mpg")
_PEOPLE = 49


class ICOPEVideo(Dataset):
    """iCOPEvid: 49 newborns, 234 clips of 20 s (49 of pain, 185 of no pain) in two folders.

    ``Pain`` holds clips of a heel lance, ``Nopain`` those of rest and other handling. The
    file's name says who and what: its `stimulus` (in lower case) and `number` become
    attributes. There is one clip of pain for each newborn, and no predefined split.

    Parameters
    ----------
    root : Path or str
        The folder that holds ``Pain`` and ``Nopain``.
    """

    name: ClassVar[str] = "icope-video"
    title: ClassVar[str] = "iCOPEvid, newborns on video"
    citation: ClassVar[str] = (
        "S. Brahnam, L. Nanni, S. McMurtrey, A. Lumini, R. Brattin, M. Slack and T. Barrier: "
        "Neonatal pain detection in videos using the iCOPEvid dataset and an ensemble of "
        "descriptors extracted from Gaussian of Local Descriptors. Applied Computing and "
        "Informatics, 2020."
    )
    licence: ClassVar[str] = "research only, under the makers' agreement; not to be passed on"
    access: ClassVar[str] = "on request to S. Brahnam, Missouri State University"
    layout: ClassVar[str] = "Pain and Nopain, with S010_Friction_1_[0]_20s.mp4 and the like"

    scheme = LabelScheme("icope", ("no-pain", "pain"))
    expected = Expected(people={None: _PEOPLE}, subjects={}, clips={"pain": 1})

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether there is a folder of either name with a clip in it."""
        return any(
            _CLIP.fullmatch(path.stem) and path.suffix.lower() in _ENDINGS
            for home in cls._folders(folder)
            for path in entries(home)
        )

    @classmethod
    def _folders(cls, root: Path) -> dict[Path, str]:
        """Return the folders of clips and their labels."""
        plain = {path: re.sub(r"[\s_-]", "", path.name.lower()) for path in entries(root)}
        return {
            path: _FOLDERS[name]
            for path, name in plain.items()
            if name in _FOLDERS and path.is_dir()
        }

    def _scan(self) -> Scan:
        recordings: list[Recording] = []
        unexpected: list[str] = []
        folders = self._folders(self.root)
        for folder, label in folders.items():
            for path in entries(folder):
                match = _CLIP.fullmatch(path.stem)
                if match is None or path.suffix.lower() not in _ENDINGS:
                    unexpected.append(f"{path}: not named as a clip")
                    continue
                attributes: dict[str, object] = {"stimulus": match["stimulus"].lower()}
                if match["number"]:
                    attributes["number"] = int(match["number"])
                recordings.append(
                    Recording(
                        id=safe_id(path.stem),
                        subject=match["subject"].upper(),
                        label=label,
                        split=None,
                        video=path,
                        attributes=attributes,
                    )
                )
        missing = [
            f"there is no folder {name}"
            for name, label in (("Pain", "pain"), ("Nopain", "no-pain"))
            if label not in folders.values()
        ]
        return Scan(recordings, missing, unexpected)
