"""UNBC-McMaster: shoulder pain during movement, coded frame by frame."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from string import ascii_lowercase
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from painscope.datasets.unbc import CODED_UNITS
from painscope.files import atomic_folder
from painscope.video.pictures import FOLDER_RATE
from painscope.virtual.dynamics import generator, lognormal
from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.pain import Stimulus
from painscope.virtual.writers.base import (
    Clip,
    Count,
    Frames,
    Layout,
    Member,
    Rate,
    Role,
    Side,
    Take,
)
from painscope.virtual.writers.media import write_image

__all__ = ["UNBC", "code_units"]

#: From this intensity a coder marks a unit, and steps of one follow. Chosen: slight movements
#: escape human coders.
_SEEN = 1.0
#: The archive's two published people; others get ids of the same form.
_KNOWN = {"042": "ll", "095": "tv"}
#: Landmarks of the 68 that the archive's 66 leave out: the inner corners of the lips.
_LEFT_OUT = (60, 64)


@checked_dataclass(frozen=True)
class UNBC(Layout):
    """The archive's layout: `Images`, `Frame_Labels`, `AAM_landmarks`, `Sequence_Labels`.

    People move an aching shoulder or, in a quarter of the sequences, the sound one. Frame
    labels are what a coder would write, in whole steps; `truth/` has what was there.

    Attributes
    ----------
    sequences : int
        Sequences per person; 200 over 25 people in the archive.
    frames : int
        Mean length of a sequence; 48,398 over 200 in the archive.
    """

    name: ClassVar[str] = "unbc-mcmaster"

    people: Count = 25
    rate: Rate = field(default=FOLDER_RATE, init=False)  # folders of pictures have no other
    size: tuple[Side, Side] = (320, 240)
    sequences: Count = 8
    frames: Annotated[int, Field(ge=30)] = 242

    def cast(self) -> list[Role]:
        """Return people with ids of the form `042-ll042`."""
        rng = generator(self.name, "ids")  # the same whatever the seed: they are names
        roles = []
        for index in range(self.people):
            number = f"{index + 42:03d}"
            letters = "".join(rng.choice(list(ascii_lowercase), 2))
            roles.append(Role(index, f"{number}-{_KNOWN.get(number, letters)}{number}"))
        return roles

    def clips(self, role: Role) -> list[Clip]:
        """Return sequences of moving one shoulder: abduction, flexion, rotation, twice."""
        rng = self.rng("session", role.index)
        ache = float(rng.uniform(0.25, 0.9))
        clips = []
        for k in range(self.sequences):
            sound = k % 4 == 3
            length = lognormal(rng, 0.94 * self.frames, 0.35)
            frames = int(np.clip(length, 0.4 * self.frames, 2.5 * self.frames))
            code = f"{role.subject[4:]}t{1 + k // 8 % 2}a{'aebfcgdh'[k % 8]}"
            again = chr(ord("a") + k // 16) if k >= 16 else ""
            name = f"{code}{again}{'unaff' if sound else 'aff'}"
            strength = 0.0 if sound else float(np.clip(ache + rng.normal(0, 0.2), 0, 1))
            seconds = frames / self.rate
            stimulus = Stimulus(
                "movement",
                "unaffected" if sound else "affected",
                strength,
                onset_s=0.1 * seconds,
                duration_s=0.75 * seconds,
                trial=k / self.sequences,
            )
            clips.append(Clip(name, stimulus.level, frames, (stimulus,)))
        return clips

    def write(
        self, root: Path, member: Member, clip: Clip, take: Take, frames: Frames
    ) -> list[str]:
        """Write a sequence's pictures, frame labels, landmarks and ratings."""
        subject, name = member.role.subject, clip.id
        stems = [f"{name}{frame + 1:03d}" for frame in range(clip.frames)]
        place = f"{subject}/{name}"
        codes = code_units(take.motion)
        with atomic_folder(root / "Images" / place) as folder:
            for stem, image in zip(stems, frames, strict=True):
                write_image(folder / f"{stem}.png", image)
        with atomic_folder(root / "Frame_Labels/FACS" / place) as folder:
            for stem, row in zip(stems, codes, strict=True):
                lines = [_line(u, level, 0, 0) for u, level in row.items() if level > 0]
                (folder / f"{stem}_facs.txt").write_text("".join(lines))
        with atomic_folder(root / "Frame_Labels/PSPI" / place) as folder:
            for stem, row in zip(stems, codes, strict=True):
                (folder / f"{stem}_facs.txt").write_text(_line(_pspi(row)))
        with atomic_folder(root / "AAM_landmarks" / place) as folder:
            points = np.delete(frames.landmarks, _LEFT_OUT, axis=1)
            for stem, shape in zip(stems, points, strict=True):
                (folder / f"{stem}_aam.txt").write_text("".join(_line(x, y) for x, y in shape))
        self._rate(root, member, clip, take, codes)
        return [f"Images/{place}/{stem}.png" for stem in stems]

    def _rate(
        self, root: Path, member: Member, clip: Clip, take: Take, codes: list[dict[int, int]]
    ) -> None:
        """Write what the person says about the sequence, and what an observer sees.

        Affective and sensory scales 0–15, visual analogue scale 0–10, observer 0–5 (Lucey et
        al., 2011). Relation to felt pain and PSPI chosen.
        """
        rng = self.rng("ratings", member.role.index, clip.id)
        felt = float(take.felt.max(initial=0.0))
        shown = max(_pspi(row) for row in codes)
        ratings = {
            "SEN": np.clip(round(1.5 * felt + rng.normal(0, 1)), 0, 15),
            "AFF": np.clip(round(1.3 * felt + rng.normal(0, 1.3)), 0, 15),
            "VAS": np.clip(round(felt + rng.normal(0, 0.8)), 0, 10),
            "OPR": np.clip(round(0.5 * shown + rng.normal(0, 0.5)), 0, 5),
        }
        for scale, value in ratings.items():
            folder = root / "Sequence_Labels" / scale / member.role.subject
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{clip.id}.txt").write_text(_line(float(value)))


def code_units(motion: FaceMotion) -> list[dict[int, int]]:
    """Return what a FACS coder would write for each frame: unit to intensity 1–5.

    AU43 is 0 or 1, as in the archive: 1 where the eyes are kept closed. A blink is AU45, which
    is not coded there, and leaves AU43 as it is.
    """
    intensity = {u: motion.intensity(u) for u in CODED_UNITS if u in ACTION_UNITS}
    levels = {u: np.clip(np.floor(v - _SEEN + 1), 0, 5).astype(int) for u, v in intensity.items()}
    levels[43] = (intensity[43] >= 2.5).astype(int)
    return [
        {unit: int(levels[unit][frame]) for unit in CODED_UNITS} for frame in range(len(motion))
    ]


def _pspi(codes: dict[int, int]) -> float:
    au = codes.__getitem__
    return float(au(4) + max(au(6), au(7)) + max(au(9), au(10)) + au(43))


def _line(*numbers: float) -> str:
    return "".join(f"   {number:.7e}" for number in numbers) + "\n"
