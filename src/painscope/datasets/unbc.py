"""UNBC-McMaster: shoulder pain during movement, every frame coded by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from painscope.datasets.base import Dataset
from painscope.datasets.check import Expected, Scan
from painscope.datasets.layout import child, entries
from painscope.errors import DatasetError, UsageError
from painscope.recording import LabelScheme, Recording

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CODED_UNITS", "UNBC", "frame_labels", "frame_landmarks", "pspi_label", "pspi_labels"]

#: The action units that the archive's coders scored (Lucey et al., FG 2011).
CODED_UNITS = (4, 6, 7, 9, 10, 12, 20, 25, 26, 27, 43)
#: Landmarks of the archive's active appearance model.
POINTS = 66

_PEOPLE, _SEQUENCES, _FRAMES = 25, 200, 48_398
_SUBJECT = re.compile(r"\d+-\w+")
#: Signal -> its folder and the end of its files' names.
_LABELS = {
    "pspi": (("Frame_Labels", "PSPI"), "_facs.txt"),
    "facs": (("Frame_Labels", "FACS"), "_facs.txt"),
    "landmarks": (("AAM_landmarks",), "_aam.txt"),
}
#: Ratings of a sequence: affective, observer's, sensory, visual analogue scale.
_RATINGS = ("AFF", "OPR", "SEN", "VAS")
#: Known to hold nothing but black frames in the archive.
_BLACK = "tv095t1afaff"


class UNBC(Dataset):
    """The UNBC-McMaster archive: 25 people move an aching or a sound shoulder, 200 sequences.

    A recording is one sequence, a folder of pictures filmed at 30 per second; it is ``pain``
    if the observer's rating (OPR) is 1 or more, ``no-pain`` if it is 0. Its attributes are the
    ratings `AFF`, `OPR`, `SEN` and `VAS`; its signals ``pspi``, ``facs`` and ``landmarks`` are
    folders of a text file per frame, which `frame_labels`, `pspi_labels` and
    `frame_landmarks` read. The customary test is frame by frame (`pspi_labels`): PSPI of 1 or
    more against 0, one person left out at a time, area under the ROC curve.

    Parameters
    ----------
    root : Path or str
        The folder with ``Images`` in it; ``Images/Images``, as some copies have it, will do.

    References
    ----------
    P. Lucey, J. F. Cohn, K. M. Prkachin, P. E. Solomon and I. Matthews: Painful data: The
    UNBC-McMaster shoulder pain expression archive database. FG, 2011.
    """

    name: ClassVar[str] = "unbc-mcmaster"
    title: ClassVar[str] = "UNBC-McMaster Shoulder Pain Expression Archive"
    citation: ClassVar[str] = (
        "P. Lucey, J. F. Cohn, K. M. Prkachin, P. E. Solomon and I. Matthews: Painful data: The "
        "UNBC-McMaster shoulder pain expression archive database. FG, 2011."
    )
    licence: ClassVar[str] = "non-commercial research only, under agreement; not to be passed on"
    access: ClassVar[str] = "on request to J. F. Cohn, University of Pittsburgh"
    layout: ClassVar[str] = "Images/<042-ll042>/<sequence>/<sequence><frame>.png"

    scheme = LabelScheme("unbc", ("no-pain", "pain"))
    expected = Expected(people={None: _PEOPLE}, subjects={}, clips={})

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether there is an ``Images`` folder with people's folders in it."""
        images = _home(folder, "Images")
        return images is not None and any(_subjects(images))

    def _scan(self) -> Scan:
        images = _home(self.root, "Images")
        assert images is not None  # `recognises` saw it
        homes = {kind: _home(self.root, *place) for kind, (place, _) in _LABELS.items()}
        ratings = {scale: _home(self.root, "Sequence_Labels", scale) for scale in _RATINGS}
        recordings: list[Recording] = []
        missing: list[str] = []
        frames = 0
        for person in _subjects(images):
            for folder in entries(person):
                if not folder.is_dir():
                    continue
                stems = {path.stem for path in entries(folder) if path.suffix.lower() == ".png"}
                frames += len(stems)
                signals = _signals(homes, person.name, folder.name, stems, missing)
                rated = _rated(ratings, person.name, folder.name, missing)
                recordings.append(_recording(folder, person.name, signals, rated))
        if frames < _FRAMES:
            missing.append(
                f"{frames} of {_FRAMES} pictures, in {len(recordings)} of {_SEQUENCES} sequences"
            )
        unexpected = [path for path in entries(images) if not _SUBJECT.fullmatch(path.name)]
        notes = [f"{path}: not a person's folder" for path in unexpected]
        if not self.virtual and any(recording.id == _BLACK for recording in recordings):
            notes.append(f"{_BLACK}: its frames are black in the archive, no face will be found")
        return Scan(recordings, missing, notes)


def frame_labels(recording: Recording) -> pd.DataFrame:
    """Return what the coders wrote for each picture of a sequence.

    Parameters
    ----------
    recording : Recording
        Of `UNBC`.

    Returns
    -------
    DataFrame
        A row per picture, in order, so that row k is frame k of the crops: ``picture`` (its
        name without ending), ``pspi`` (0–16), and a column ``AU4`` … per coded action unit
        (0–5; AU43 0 or 1). An empty file means that no unit was seen: 0. A missing file
        leaves NaN.

    Raises
    ------
    DatasetError
        If a file holds anything but numbers; it names the file.
    UsageError
        If the recording has no labels per frame.
    """
    import pandas as pd

    stems = _stems(recording)
    table = pd.DataFrame({"picture": stems})
    table["pspi"] = _pspi(recording, stems)
    rows = [
        None if values is None else _units(values, path)
        for path, values in _files(recording, "facs", stems)
    ]
    others = {unit for row in rows if row for unit in row} - set(CODED_UNITS)
    for unit in (*CODED_UNITS, *sorted(others)):
        table[f"AU{unit}"] = [np.nan if row is None else row.get(unit, 0.0) for row in rows]
    return table


def pspi_labels(recording: Recording, threshold: float = 1.0) -> tuple[str | None, ...]:
    """Return each picture's label: ``pain`` from a PSPI of `threshold`, ``no-pain`` at 0.

    None where the PSPI lies between, or is missing. The action units' files are not needed.

    Raises
    ------
    DatasetError
        If a file does not hold one number; it names the file.
    UsageError
        If the recording has no labels per frame of any kind.
    """
    stems = _stems(recording)
    if recording.signals and "pspi" not in recording.signals:
        return (None,) * len(stems)
    return tuple(pspi_label(value, threshold) for value in _pspi(recording, stems))


def pspi_label(pspi: float, threshold: float = 1.0) -> str | None:
    """Return the label of one picture, as `pspi_labels` does."""
    return "pain" if pspi >= threshold else "no-pain" if pspi == 0 else None


def frame_landmarks(recording: Recording) -> np.ndarray:
    """Return the 66 landmarks of each picture in pixels.

    Returns
    -------
    float64 [T, 66, 2]
        x and y; NaN where a picture has no landmarks.

    Raises
    ------
    DatasetError
        If a file does not hold 66 rows of two numbers; it names the file.
    UsageError
        If the recording has no landmarks at all.
    """
    stems = _stems(recording)
    points = np.full((len(stems), POINTS, 2), np.nan)
    for k, (path, values) in enumerate(_files(recording, "landmarks", stems)):
        if values is None:
            continue
        if values.size != 2 * POINTS:
            raise DatasetError(
                f"holds {values.size} numbers, not {POINTS} rows of x and y",
                path=path,
                hint="Copy it again from its source, or remove it.",
            )
        points[k] = values.reshape(POINTS, 2)
    return points


def _home(root: Path, *names: str) -> Path | None:
    """Return a folder by its names; one that lies in a folder of its own name is meant."""
    folder: Path | None = root
    for name in names:
        folder = child(folder, name) if folder and folder.is_dir() else None
        while folder and folder.is_dir() and (again := child(folder, name)):
            folder = again
    return folder if folder and folder.is_dir() else None


def _subjects(images: Path) -> Iterable[Path]:
    return (path for path in entries(images) if _SUBJECT.fullmatch(path.name) and path.is_dir())


def _signals(
    homes: Mapping[str, Path | None],
    subject: str,
    sequence: str,
    stems: set[str],
    missing: list[str],
) -> dict[str, Path]:
    """Return the folders of a sequence's frame labels, and note which files they lack."""
    signals = {}
    for kind, home in homes.items():
        folder = _home(home, subject, sequence) if home else None
        if folder is None:
            missing.append(f"{sequence}: no {kind} files")
            continue
        signals[kind] = folder
        there = {path.name for path in entries(folder)}
        if absent := sorted(stem for stem in stems if stem + _LABELS[kind][1] not in there):
            missing.append(
                f"{sequence}: no {kind} file for {len(absent)} of {len(stems)} frames, "
                f"the first is {absent[0]}"
            )
    return signals


def _rated(
    homes: Mapping[str, Path | None], subject: str, sequence: str, missing: list[str]
) -> dict[str, float]:
    rated = {}
    for scale, home in homes.items():
        folder = child(home, subject) if home else None
        path = child(folder, f"{sequence}.txt") if folder else None
        if path is None:
            missing.append(f"{sequence}: no {scale} rating")
        elif (values := _numbers(path)) is not None:
            rated[scale] = _one(values, path)
    return rated


def _recording(
    folder: Path, subject: str, signals: Mapping[str, Path], rated: Mapping[str, float]
) -> Recording:
    label = None
    if "OPR" in rated:
        label = "pain" if rated["OPR"] >= 1 else "no-pain"
    return Recording(
        folder.name, subject, label, None, folder, signals=signals, attributes=dict(rated)
    )


def _stems(recording: Recording) -> list[str]:
    """Return the pictures' names in the order in which the video is read."""
    from painscope.video.pictures import picture_files

    return [path.stem for path in picture_files(recording.video)]


def _files(
    recording: Recording, kind: str, stems: Iterable[str]
) -> Iterable[tuple[Path, np.ndarray | None]]:
    """Yield each frame's label file and its numbers, None where there is no file."""
    folder = recording.signals.get(kind)
    if folder is None:
        raise UsageError(f"recording {recording.id} has no {kind} files")
    for stem in stems:
        path = folder / f"{stem}{_LABELS[kind][1]}"
        yield path, _numbers(path)


def _pspi(recording: Recording, stems: Iterable[str]) -> list[float]:
    """Return each picture's PSPI, NaN where there is no file."""
    return [
        np.nan if values is None else _one(values, path)
        for path, values in _files(recording, "pspi", stems)
    ]


def _numbers(path: Path) -> np.ndarray | None:
    """Read a file of numbers: float64 [N], or None if there is no such file."""
    try:
        return np.array(path.read_text().split(), np.float64)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise DatasetError(
            "does not hold numbers", path=path, hint="Copy it again from its source, or remove it."
        ) from None


def _one(values: np.ndarray, path: Path) -> float:
    if values.size != 1:
        raise DatasetError(
            f"holds {values.size} numbers instead of one",
            path=path,
            hint="Copy it again from its source, or remove it.",
        )
    return float(values[0])


def _units(values: np.ndarray, path: Path) -> dict[int, float]:
    """Return action unit -> intensity from rows of four numbers."""
    if values.size % 4:
        raise DatasetError(
            "does not hold rows of four numbers",
            path=path,
            hint="Copy it again from its source, or remove it.",
        )
    return {int(unit): float(level) for unit, level in values.reshape(-1, 4)[:, :2]}
