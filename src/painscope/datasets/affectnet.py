"""AffectNet: photographs of eight emotions, in its older and its newer layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from painscope.datasets.base import Dataset
from painscope.datasets.check import Scan
from painscope.datasets.layout import child, entries, safe_id
from painscope.errors import DatasetError, UsageError
from painscope.recording import PICTURE_ENDINGS, LabelScheme, Recording, Split

__all__ = ["EMOTIONS", "AffectNet"]

#: The eight emotions, in the order of AffectNet's own numbers.
EMOTIONS = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)

Numbering = Literal["affectnet", "alphabetical"]
_NUMBERINGS: dict[Numbering, tuple[str, ...]] = {
    "affectnet": EMOTIONS,
    "alphabetical": tuple(sorted(EMOTIONS)),
}
#: Numbers that stand for no emotion.
_UNUSABLE = {8: "none", 9: "uncertain", 10: "no face"}
#: So many pictures named happy must be there to tell whether they are; more are not looked at.
_FEWEST, _ENOUGH = 5, 200

_TABLES: dict[Split, str] = {"train": "training.csv", "validation": "validation.csv"}
_FOLDERS: dict[Split, str] = {"train": "train_set", "validation": "val_set"}
_IMAGES = "Manually_Annotated_Images"
_COLUMNS = (
    *("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height"),
    *("expression", "valence", "arousal"),
)


@dataclass(frozen=True)
class Entry:
    """One annotated picture as its layout tells of it; `valence` may be asked for later."""

    id: str
    split: Split
    picture: Path
    expression: str
    source: Path
    attributes: Mapping[str, object]


class AffectNet(Dataset):
    """AffectNet: photographs from the web, each labelled with one of eight emotions.

    A recording is one photograph. Its label is the emotion's *name*: the numbers on disk are
    turned into names as AffectNet numbers them, or by the alphabet as some copies on the web
    do (`numbering`). Where the pictures called happy are unpleasant by their own valence, the
    numbers are of another order, and the dataset is refused. Pictures without an emotion
    (numbers 8 to 10) are left out and counted by `check`.

    AffectNet does not say who is in a picture: every picture counts as a person of its own,
    so intervals are over pictures, and a person in several pictures may be on both sides of a
    split. Of virtual people the truth says who they are, and `subject` is the person.

    Attributes of the older layout: `face_box` (x, y, width, height in pixels), `valence` and
    `arousal` (−1 to 1).

    Parameters
    ----------
    root : Path or str
        The folder with ``Manually_Annotated_Images``, ``training.csv`` and ``validation.csv``
        (older), or with ``train_set`` and ``val_set`` (newer).
    numbering : {"affectnet", "alphabetical"}
        What the class numbers on disk mean.
    """

    name: ClassVar[str] = "affectnet"
    title: ClassVar[str] = "AffectNet, eight emotions"
    citation: ClassVar[str] = (
        "A. Mollahosseini, B. Hasani and M. H. Mahoor: AffectNet: A Database for Facial "
        "Expression, Valence, and Arousal Computing in the Wild. IEEE Transactions on Affective "
        "Computing 10(1), 2019."
    )
    licence: ClassVar[str] = "non-commercial research only, under agreement; not to be passed on"
    access: ClassVar[str] = "on request to M. H. Mahoor, University of Denver"
    layout: ClassVar[str] = (
        "Manually_Annotated_Images with training.csv and validation.csv, or train_set and val_set"
    )

    scheme = LabelScheme("affectnet", EMOTIONS)

    def __init__(self, root: Path | str, *, numbering: Numbering = "affectnet") -> None:
        if numbering not in _NUMBERINGS:
            raise UsageError(f"numbering is {' or '.join(_NUMBERINGS)}, not {numbering!r}")
        self._names = _NUMBERINGS[numbering]
        self._other = next(name for name in _NUMBERINGS if name != numbering)
        super().__init__(root)

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether one of the two layouts is there."""
        older = child(folder, _IMAGES) and any(child(folder, t) for t in _TABLES.values())
        sets = [child(folder, name) for name in _FOLDERS.values()]
        return bool(older) or any(s and s.is_dir() and child(s, "annotations") for s in sets)

    def _scan(self) -> Scan:
        older = child(self.root, _IMAGES) is not None
        people = _virtual_people(self.root) if self.virtual else {}
        self.people_known = bool(people)
        recordings: list[Recording] = []
        happy: list[Entry] = []
        unusable: Counter[str] = Counter()
        for entry in _older(self.root) if older else _newer(self.root):
            label = self._label(entry)
            if label in _UNUSABLE.values():
                unusable[label] += 1
                continue
            place = entry.picture.relative_to(self.root).as_posix()
            recordings.append(
                Recording(
                    entry.id,
                    people.get(place, entry.id),
                    label,
                    entry.split,
                    entry.picture,
                    attributes=entry.attributes,
                )
            )
            if label == "happiness" and len(happy) < _ENOUGH:
                happy.append(entry)
        self._refuse_sad_happiness(happy)
        notes = [
            f"{n} pictures without an emotion left out ({what})" for what, n in unusable.items()
        ]
        return Scan(recordings, (), notes)

    def _label(self, entry: Entry) -> str:
        """Return the name of a picture's emotion, or of what is there in its place."""
        word = entry.expression.strip().lower()
        if word in EMOTIONS:
            return word
        try:
            number = int(float(word))
        except ValueError:
            number = -1
        if 0 <= number < len(self._names):
            return self._names[number]
        if number in _UNUSABLE:
            return _UNUSABLE[number]
        raise DatasetError(
            f"{entry.id} has the unknown expression {entry.expression!r}",
            path=entry.source,
            hint=f"Expressions are 0 to 10, or {', '.join(EMOTIONS)}.",
        )

    def _refuse_sad_happiness(self, happy: list[Entry]) -> None:
        values = [value for entry in happy if (value := _valence(entry)) is not None]
        if len(values) >= _FEWEST and np.mean(values) < 0:
            raise DatasetError(
                "the class numbers are of another order, perhaps the alphabet's: pictures numbered "
                f"as happiness are unpleasant (mean valence {np.mean(values):.2f})",
                path=self.root,
                hint=f"Give the option numbering={self._other}.",
            )


def _older(root: Path) -> Iterator[Entry]:
    """Yield the pictures that the two tables list."""
    import pandas as pd

    images = child(root, _IMAGES)
    assert images is not None
    for split, name in _TABLES.items():
        path = child(root, name)
        if path is None:
            continue
        try:
            table = pd.read_csv(path, usecols=list(_COLUMNS), dtype={"expression": str})
        except (OSError, ValueError) as error:  # pandas' errors about content are ValueErrors
            raise DatasetError(
                f"cannot be read ({str(error).splitlines()[0]})",
                path=path,
                hint=f"It needs the columns {', '.join(_COLUMNS)}.",
            ) from None
        for row in table[list(_COLUMNS)].itertuples(index=False, name=None):
            place, *box, expression, valence, arousal = row
            picture = images / str(place)
            yield Entry(
                safe_id("-".join(Path(str(place)).with_suffix("").parts)),
                split,
                picture,
                str(expression),
                path,
                {"face_box": tuple(box), "valence": float(valence), "arousal": float(arousal)},
            )


def _newer(root: Path) -> Iterator[Entry]:
    """Yield the pictures of the two folders; each has its annotations in files of its own."""
    for split, name in _FOLDERS.items():
        part = child(root, name)
        images = child(part, "images") if part else None
        notes = child(part, "annotations") if part else None
        if images is None or notes is None:
            continue
        for picture in entries(images):
            if picture.suffix.lower() not in PICTURE_ENDINGS:
                continue
            source = notes / f"{picture.stem}_exp.npy"
            identity = safe_id(f"{name.removesuffix('_set')}-{picture.stem}")
            yield Entry(identity, split, picture, str(_stored(source)), source, {})


def _stored(path: Path) -> object:
    """Return the one number, perhaps written as text, of a small array file."""
    try:
        return np.load(path, allow_pickle=False).item()
    except FileNotFoundError:
        raise DatasetError(
            "there is no such annotation",
            path=path,
            hint="Copy it again from its source, or remove its picture.",
        ) from None
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"cannot be read ({error})", path=path) from None


def _valence(entry: Entry) -> float | None:
    """Return how pleasant a picture was found, −1 to 1, if that is told."""
    if "valence" in entry.attributes:
        return float(str(entry.attributes["valence"]))
    path = entry.source.with_name(entry.source.name.replace("_exp.", "_val."))
    return float(str(_stored(path))) if path.is_file() else None


def _virtual_people(root: Path) -> dict[str, str]:
    """Return who is in each virtual picture, by its path below the root."""
    from painscope.virtual.truth import picture_truth

    if not (root / "truth").is_dir():
        return {}
    table = picture_truth(root, columns=())
    return dict(zip(table["image"], table["subject"], strict=True))
