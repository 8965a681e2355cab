"""Faces whose action units and landmarks are known: coded by hand, or virtual people's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from painscope.datasets import Dataset
from painscope.errors import DatasetError
from painscope.explain import REGIONS, region_masks
from painscope.face import (
    crop_files,
    crop_landmarks,
    crop_settings,
    cropped_ids,
    read_picture,
    read_track,
)
from painscope.face.landmarks import to_68
from painscope.recording import VIRTUAL_MARK, Recording

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CodedPictures",
    "KnownFaces",
    "knows_action_units",
    "label_frames",
    "require_action_units",
]

log = logging.getLogger("painscope")

#: From this intensity a unit is there: the least that coders write. Closed eyes are coded as 0
#: or 1 by hand, and as 0 to 5 among virtual people, closed from 2.5.
PRESENT, CLOSED = 1.0, 2.5


@dataclass(frozen=True)
class KnownFaces:
    """N pictures of faces.

    Attributes
    ----------
    crops : uint8 [N, S, S, 3]
    landmarks : float32 [N, 68, 2]
        In the crops' pixels.
    units : tuple of str, length U
        The action units that have a region and whose presence is known.
    shown : bool [N, U]
        Which picture shows which.
    subjects, recordings, labels : tuple of str, length N
    """

    crops: np.ndarray
    landmarks: np.ndarray
    units: tuple[str, ...]
    shown: np.ndarray
    subjects: tuple[str, ...]
    recordings: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.crops)

    def regions(self, units: Sequence[str], side: int) -> np.ndarray:
        """Return where each unit is, or would be if it showed, bool [N, U, side, side]."""
        scale = side / self.crops.shape[1]
        return np.stack([region_masks(points * scale, side, units) for points in self.landmarks])

    def showing(self, units: Sequence[str]) -> np.ndarray:
        """Return which pictures show each unit, bool [N, U]."""
        return self.shown[:, [self.units.index(unit) for unit in units]]

    def at(self, size: int) -> KnownFaces:
        """Return the same pictures, enlarged or shrunk to another side."""
        import cv2

        own = self.crops.shape[1]
        if own == size:
            return self
        method = cv2.INTER_AREA if own > size else cv2.INTER_LINEAR
        crops = np.stack([cv2.resize(c, (size, size), interpolation=method) for c in self.crops])
        return replace(self, crops=crops, landmarks=self.landmarks * (size / own))


class _Coded(NamedTuple):
    """What is known of a recording's frames: presence per unit, landmarks [n, K, 2], labels."""

    shown: dict[str, np.ndarray]
    landmarks: np.ndarray
    labels: Sequence[str | None]


class _Picture(NamedTuple):
    """A picture of which all is known: its landmarks [68, 2] in the crop, and what it shows."""

    recording: Recording
    path: Path
    landmarks: np.ndarray
    shown: dict[str, bool]
    label: str

    @property
    def shows(self) -> bool:
        """Whether it shows any unit."""
        return any(self.shown.values())


#: Tells of a recording's frames, by their numbers and times.
_Coder = Callable[[Recording, np.ndarray, np.ndarray], _Coded]


def knows_action_units(dataset: Dataset) -> bool:
    """Whether `CodedPictures` can read a dataset."""
    return dataset.name == "unbc-mcmaster" or _truth(dataset) is not None


def require_action_units(dataset: Dataset) -> None:
    """Refuse a dataset that `CodedPictures` cannot read.

    Raises
    ------
    DatasetError
        If nobody knows its action units.
    """
    _coder(dataset)


def label_frames(dataset: Dataset) -> Callable[[Recording], Sequence[str | None]] | None:
    """Return what labels a recording's single frames; None if its label is that of all."""
    from painscope.datasets import pspi_labels

    return pspi_labels if dataset.name == "unbc-mcmaster" else None


@dataclass(frozen=True)
class CodedPictures:
    """Pictures whose action units and landmarks are known, to draw from.

    Attributes
    ----------
    root : Path
        The dataset's folder.
    pictures : list
        All of them, whatever they show.
    """

    root: Path
    pictures: list[_Picture]

    @classmethod
    def of(cls, dataset: Dataset, crops: Path) -> CodedPictures:
        """Read all codes of a dataset, once for every draw.

        Parameters
        ----------
        dataset : Dataset
            UNBC-McMaster, or virtual people.
        crops : Path
            A folder that `painscope.face.write_crops` filled.

        Raises
        ------
        DatasetError
            If nobody knows the dataset's action units.
        """
        coder, settings = _coder(dataset), crop_settings(crops)
        there = set(cropped_ids(crops))
        pictures: list[_Picture] = []
        bare = 0
        for recording in dataset.recordings:
            if recording.id not in there:
                continue
            track, files = read_track(crops, recording.id), crop_files(crops, recording.id)
            numbers = np.array(list(files), int)
            coded = coder(recording, numbers, track.time_s[numbers])
            points = crop_landmarks(
                to_68(coded.landmarks, dataset.name), track.box[numbers],
                margin=settings["margin"], size=settings["size"],
            )  # fmt: skip
            for k, path in enumerate(files.values()):
                codes = [values[k] for values in coded.shown.values()]
                if not (np.isfinite(points[k]).all() and np.isfinite(codes).all()):
                    bare += 1
                    continue
                shown = {unit: bool(values[k]) for unit, values in coded.shown.items()}
                label = coded.labels[k] or ""
                pictures.append(_Picture(recording, path, points[k], shown, label))
        if bare:
            log.warning("%s: %d pictures have no codes or no landmarks", dataset.name, bare)
        return cls(dataset.root, pictures)

    def draw(
        self,
        most: int,
        *,
        seed: int = 0,
        without: Collection[str] = (),
        label: str | None = None,
    ) -> KnownFaces:
        """Draw pictures, equally many of everyone.

        Half of a person's pictures show some unit and half none, as far as there are such.

        Parameters
        ----------
        most : int
            At most so many.
        seed : int
            Of the draw.
        without : collection of str
            People who are left out.
        label : str, optional
            Only pictures so labelled that show some unit.

        Raises
        ------
        DatasetError
            If no picture has codes and landmarks.
        RunError
            If a crop is damaged.
        """
        found = [
            one
            for one in self.pictures
            if one.recording.subject not in without
            and (label is None or (one.label == label and one.shows))
        ]
        if not found:
            raise DatasetError(
                "no picture has a face, landmarks and codes of its action units"
                + (f" and is labelled {label}" if label else ""),
                path=self.root,
                hint="Are the folders of landmarks and of action units there?",
            )
        people = [one.recording.subject for one in found]
        drawn = [found[k] for k in _draw(people, [one.shows for one in found], most, seed)]
        units = tuple(unit for unit in REGIONS if unit in drawn[0].shown)
        return KnownFaces(
            crops=np.stack([read_picture(one.path) for one in drawn]),
            landmarks=np.stack([one.landmarks for one in drawn]),
            units=units,
            shown=np.array([[one.shown[unit] for unit in units] for one in drawn]),
            subjects=tuple(one.recording.subject for one in drawn),
            recordings=tuple(one.recording.id for one in drawn),
            labels=tuple(one.label for one in drawn),
        )


def _draw(people: Sequence[str], showing: Sequence[bool], most: int, seed: int) -> list[int]:
    """Draw rows, equally many of everyone, half of them showing something; in order."""
    rng = np.random.default_rng(seed)
    who, marked = np.asarray(people), np.asarray(showing)
    names = np.unique(who)
    each = max(1, most // len(names))
    chosen: list[int] = []
    for name in names:
        with_it, without = (
            rng.permutation(np.flatnonzero((who == name) & (marked == value))).tolist()
            for value in (True, False)
        )
        few = min(len(without), each // 2)
        some = with_it[: each - few]
        chosen += some + without[: each - len(some)]
    return sorted(chosen[:most] if len(names) > most else chosen)


def _coder(dataset: Dataset) -> _Coder:
    truth = _truth(dataset)
    if dataset.name == "unbc-mcmaster":
        return _hand_coded
    if truth is None:
        raise DatasetError(
            f"nobody knows which action units {dataset.name} shows",
            path=dataset.root,
            hint="Take pictures that were coded: --set concepts.dataset=unbc-mcmaster.",
        )
    if dataset.name == "affectnet":
        return _photographs(truth)
    return _filmed(truth)


def _hand_coded(recording: Recording, numbers: np.ndarray, time_s: np.ndarray) -> _Coded:
    """Read UNBC-McMaster's files; crop number k is picture k."""
    from painscope.datasets import frame_labels, frame_landmarks
    from painscope.datasets.unbc import pspi_label

    table = frame_labels(recording).iloc[numbers]
    shown = {
        unit: np.where(table[unit].isna(), np.nan, table[unit] >= PRESENT)
        for unit in table.columns
        if unit in REGIONS
    }
    labels = [pspi_label(value) for value in table["pspi"]]
    return _Coded(shown, frame_landmarks(recording)[numbers], labels)


def _filmed(root: Path) -> _Coder:
    """Read virtual people's truth of the frame that was on display."""
    from painscope.virtual.truth import on_display, read_truth

    def code(recording: Recording, numbers: np.ndarray, time_s: np.ndarray) -> _Coded:
        truth = read_truth(root, recording.id)
        rows = on_display(truth["time_s"].to_numpy(), time_s + (recording.start_s or 0.0))
        return _true(truth.iloc[rows], [recording.label] * len(rows))

    return code


def _photographs(root: Path) -> _Coder:
    """Read virtual people's truth of pictures that are files of their own."""
    from painscope.virtual.truth import picture_truth

    table = picture_truth(root).set_index("image")

    def code(recording: Recording, numbers: np.ndarray, time_s: np.ndarray) -> _Coded:
        place = recording.video.relative_to(root).as_posix()
        return _true(table.loc[[place] * len(numbers)], [recording.label] * len(numbers))

    return code


def _true(truth: pd.DataFrame, labels: Sequence[str | None]) -> _Coded:
    """Turn rows of a truth into codes; the stronger side counts."""
    shown = {}
    for unit in REGIONS:
        left, right = (f"AU{int(unit[2:]):02d}_{side}" for side in "LR")
        strength = truth[[left, right]].max(axis=1).to_numpy()
        shown[unit] = strength >= (CLOSED if unit == "AU43" else PRESENT)
    points = np.stack(
        [truth[[f"{axis}_{k}" for k in range(68)]].to_numpy() for axis in "xy"], axis=-1
    )
    return _Coded(shown, points, labels)


def _truth(dataset: Dataset) -> Path | None:
    """Return the folder above ``truth/`` of a virtual tree."""
    if not dataset.virtual:
        return None
    above = dataset.root.absolute().parent
    roots = [root for root in (dataset.root, above) if (root / VIRTUAL_MARK).is_file()]
    return next((root for root in roots if (root / "truth").is_dir()), None)
