"""AffectNet, in its older and its newer form: stills of eight emotions."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from painscope.files import storage_errors
from painscope.virtual.daily import live, sample_habits
from painscope.virtual.dynamics import Score, stable_seed
from painscope.virtual.emotions import EMOTIONS, feel
from painscope.virtual.motion import FaceMotion
from painscope.virtual.truth import read_truth, write_table
from painscope.virtual.writers.base import (
    Clip,
    Count,
    Frames,
    Layout,
    Member,
    Rate,
    Role,
    Shot,
    Side,
    Take,
    apportion,
)
from painscope.virtual.writers.media import write_image

__all__ = ["AffectNet"]

#: Class numbers are positions in this order.
_CLASSES = tuple(EMOTIONS)

#: Valence and arousal of each emotion's full expression, −1 to 1. Chosen after the circumplex
#: (Russell, J Pers Soc Psychol 39:1161, 1980).
_CIRCUMPLEX = {
    "neutral": (0.0, 0.0),
    "happiness": (0.75, 0.25),
    "sadness": (-0.65, -0.3),
    "surprise": (0.15, 0.7),
    "fear": (-0.3, 0.8),
    "disgust": (-0.65, 0.4),
    "anger": (-0.5, 0.65),
    "contempt": (-0.5, 0.3),
}


@checked_dataclass(frozen=True)
class AffectNet(Layout):
    """Photographs in AffectNet's layouts, all eight emotions equally often.

    A sitting is one person in one place; every picture of it stands alone. A tenth of the
    people make the validation set, and are in no other. Each sitting's truth has a column
    `image` that names the file.

    Attributes
    ----------
    images : int
        Pictures per person.
    per_sitting : int
        Pictures of one person in one place.
    edition : {"older", "newer"}
        ``Manually_Annotated_Images`` with two tables and a face box, or ``train_set`` and
        ``val_set`` with four small arrays per picture.
    """

    name: ClassVar[str] = "affectnet"

    people: Annotated[int, Field(ge=2)] = 60  # one for each split
    rate: Rate = field(default=1.0, init=False)  # single pictures
    size: tuple[Side, Side] = (256, 256)
    images: Count = 40
    per_sitting: Count = 8
    edition: Literal["older", "newer"] = "older"

    def cast(self) -> list[Role]:
        """Return people, a tenth of them for validation."""
        train, _ = apportion(self.people, (9, 1))
        return [
            Role(index, f"person{index + 1}", "train" if index < train else "validation")
            for index in range(self.people)
        ]

    def clips(self, role: Role) -> list[Clip]:
        """Return the person's sittings."""
        starts = range(0, self.images, self.per_sitting)
        return [
            Clip(f"{role.subject}_sitting{k + 1}", "mixed", min(self.per_sitting, self.images - at))
            for k, at in enumerate(starts)
        ]

    def emotions(self, role: Role, clip: Clip) -> list[str]:
        """Return the emotion of each picture of a sitting."""
        sitting = int(clip.id.rsplit("sitting", 1)[1]) - 1
        order = self.rng("emotions", role.index).permutation(
            np.resize(np.arange(len(_CLASSES)), self.images)
        )
        first = sitting * self.per_sitting
        return [_CLASSES[k] for k in order[first : first + clip.frames]]

    def shot(self, role: Role, clip: Clip) -> Shot:
        """Return another place for each sitting, nearer or further."""
        return self._shot("sitting", role.index, clip.id, share=(0.45, 0.72))

    def perform(self, member: Member, clip: Clip) -> Take:
        """Take each picture within a second of its expression's apex."""
        rng = self.rng("take", member.role.index, clip.id)
        stills = [self._still(rng, member, emotion) for emotion in self.emotions(member.role, clip)]
        parts = {
            name: np.concatenate([getattr(still, name) for still in stills])
            for name in ("action_units", "blink", "gaze", "pose", "offset")
        }
        return Take(FaceMotion(np.arange(clip.frames, dtype=float), **parts), np.zeros(clip.frames))

    def _still(self, rng: np.random.Generator, member: Member, emotion: str) -> FaceMotion:
        score = Score(np.array([rng.uniform(0.45, 1.2)]))
        live(rng, score, sample_habits(rng))
        feel(rng, score, emotion)
        score.pose += rng.normal(0, (10.0, 5.0, 4.0))
        return score.motion()

    def write(
        self, root: Path, member: Member, clip: Clip, take: Take, frames: Frames
    ) -> list[str]:
        """Write a sitting's pictures and, in the newer edition, their annotations."""
        paths = self._paths(member.role, clip)
        affect = self._affect(member.role, clip)
        for path, image, row, points in zip(
            paths, frames, affect.itertuples(), frames.landmarks, strict=True
        ):
            target = root / path
            with storage_errors(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                write_image(target, image)
                if self.edition == "newer":
                    _annotate(target, row, points)
        return paths

    def _paths(self, role: Role, clip: Clip) -> list[str]:
        sitting = int(clip.id.rsplit("sitting", 1)[1]) - 1
        first = role.index * self.images + sitting * self.per_sitting
        if self.edition == "newer":
            folder = "train_set" if role.split == "train" else "val_set"
            return [f"{folder}/images/{first + k}.jpg" for k in range(clip.frames)]
        return [
            f"Manually_Annotated_Images/{role.index + 1}/"
            f"{stable_seed(self.name, self.seed, 'file', first + k):016x}.jpg"
            for k in range(clip.frames)
        ]

    def _affect(self, role: Role, clip: Clip) -> pd.DataFrame:
        rng = self.rng("affect", role.index, clip.id)
        names = self.emotions(role, clip)
        centre = np.array([_CIRCUMPLEX[name] for name in names])
        values = np.clip(centre * rng.uniform(0.6, 1.1) + rng.normal(0, 0.08, centre.shape), -1, 1)
        return pd.DataFrame(
            {
                "expression": [_CLASSES.index(name) for name in names],
                "valence": values[:, 0].round(4),
                "arousal": values[:, 1].round(4),
            }
        )

    def write_index(self, root: Path) -> None:
        """Write `training.csv` and `validation.csv` of the older edition."""
        if self.edition == "newer":
            return
        rows: dict[str, list[pd.DataFrame]] = {"train": [], "validation": []}
        for role in self.cast():
            for clip in self.clips(role):
                rows[str(role.split)].append(self._table(root, role, clip))
        for split, name in (("train", "training"), ("validation", "validation")):
            tables = rows[split] or [self._table(root, *self._any()).iloc[:0]]
            write_table(root / f"{name}.csv", pd.concat(tables))

    def _any(self) -> tuple[Role, Clip]:
        role = self.cast()[0]
        return role, self.clips(role)[0]

    def _table(self, root: Path, role: Role, clip: Clip) -> pd.DataFrame:
        truth = read_truth(root, clip.id)
        x = truth[[f"x_{k}" for k in range(68)]].to_numpy()
        y = truth[[f"y_{k}" for k in range(68)]].to_numpy()
        left, top = np.maximum(x.min(1) - 0.1 * np.ptp(x, 1), 0), np.maximum(y.min(1) * 0.85, 0)
        table = pd.DataFrame(
            {
                "subDirectory_filePath": truth["image"].str.removeprefix(
                    "Manually_Annotated_Images/"
                ),
                "face_x": left.astype(int),
                "face_y": top.astype(int),
                "face_width": (1.2 * np.ptp(x, 1)).astype(int),
                "face_height": (1.15 * (y.max(1) - top)).astype(int),
                "facial_landmarks": [
                    ";".join(f"{value:.2f}" for value in np.stack([xs, ys], 1).ravel())
                    for xs, ys in zip(x, y, strict=True)
                ],
            }
        )
        return pd.concat([table, self._affect(role, clip)], axis=1)


def _annotate(image: Path, row: object, landmarks: np.ndarray) -> None:
    """Write the newer edition's arrays; numbers are stored as text there."""
    folder = image.parent.parent / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    for what, name in (("exp", "expression"), ("val", "valence"), ("aro", "arousal")):
        np.save(folder / f"{image.stem}_{what}.npy", np.array(str(getattr(row, name))))
    np.save(folder / f"{image.stem}_lnd.npy", landmarks.ravel().astype(np.float64))
