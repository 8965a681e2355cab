"""AI4Pain 2024: electrical pain in three levels, with fNIRS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from painscope.datasets.ai4pain import PUBLISHED
from painscope.virtual.pain import Stimulus
from painscope.virtual.truth import write_table
from painscope.virtual.writers.base import (
    Clip,
    Count,
    Frames,
    Layout,
    Member,
    Rate,
    Role,
    Seconds,
    Take,
    apportion,
)
from painscope.virtual.writers.media import write_video

__all__ = ["AI4Pain"]

_FOLDERS = {"train": "Train", "validation": "Validation", "test": "Test"}

#: Strength of the two levels, 0 to 1. Chosen.
LOW, HIGH = 0.52, 1.0


@checked_dataclass(frozen=True)
class AI4Pain(Layout):
    """The first edition's layout, `{Train,Validation,Test}/video/<id>/<id>_….mp4`.

    Files of the test split carry their labels in their names, as those of the other splits do.

    Attributes
    ----------
    clips_per_level : int
        Recordings per pain level and person.
    clip_s : float
        Length of a pain clip.
    baseline_s : float
        Length of the baseline.
    rests : int
        Recordings of the pauses per person; the real set has 23. None by default: nothing
        trains on them, and they would double the work.
    signals : bool
        Whether to write fNIRS.
    """

    name: ClassVar[str] = "ai4pain-2024"

    people: Annotated[int, Field(ge=3)] = 65  # one for each split
    rate: Rate = 30.0
    clips_per_level: Count = 12
    clip_s: Seconds = 10.0
    baseline_s: Seconds = 60.0
    rests: Annotated[int, Field(ge=0)] = 0
    signals: bool = True

    def cast(self) -> list[Role]:
        """Return people in the published ratio 41 / 12 / 12, by published ids as far as they go.

        A third of them women, aged 29 ± 8 (23 women and 42 men, 29.06 ± 8.28: Prajod et al.,
        2024).
        """
        shares = apportion(self.people, [len(ids) for ids in PUBLISHED.values()])
        further = iter(range(66, 66 + self.people))
        subjects = [
            (ids[k] if k < len(ids) else str(next(further)), split)
            for (split, ids), share in zip(PUBLISHED.items(), shares, strict=True)
            for k in range(share)
        ]
        rng = self.rng("cast")
        return [
            Role(
                index,
                subject,
                split,
                sex="female" if rng.random() < 23 / 65 else "male",
                age=int(np.clip(rng.normal(29.06, 8.28), 18, 60)),
            )
            for index, (subject, split) in enumerate(subjects)
        ]

    def clips(self, role: Role) -> list[Clip]:
        """Return the baseline, the stimuli in random order, and pauses if wanted."""
        rng = self.rng("session", role.index)
        total = 2 * self.clips_per_level
        levels = rng.permutation(["LOW", "HIGH"] * self.clips_per_level)
        clips = [self._clip(role, "Baseline", "NP", self.baseline_s)]
        for k, level in enumerate(levels):
            stimulus = Stimulus(
                "electrical",
                str(level),
                strength=LOW if level == "LOW" else HIGH,
                onset_s=float(rng.uniform(0.1, 0.7)),
                duration_s=0.93 * self.clip_s,
                trial=k / total,
            )
            label = "LP" if level == "LOW" else "HP"
            clips.append(self._clip(role, f"Pain_{level}_{k}", label, self.clip_s, stimulus))
            if k < min(self.rests, total - 1):
                clips.append(self._clip(role, f"Rest_{k + 1}", "Rest", self.clip_s))
        return clips

    def _clip(self, role: Role, what: str, label: str, seconds: float, *stimuli: Stimulus) -> Clip:
        return Clip(f"{role.subject}_{what}", label, round(seconds * self.rate), stimuli)

    def times(self, role: Role, clip: Clip) -> np.ndarray:
        """Return times as a webcam takes them: about `rate` a second, never quite."""
        rng = self.rng("times", role.index, clip.id)
        interval = 1 / (self.rate * rng.uniform(0.995, 1.005))
        jitter = rng.uniform(-0.002, 0.002, clip.frames)
        times = np.arange(clip.frames) * interval + jitter
        return times - times[0]

    def write(self, root: Path, member: Member, clip: Clip, take: Take, frames: Frames) -> None:
        """Write one clip's video."""
        role = member.role
        folder = root / _FOLDERS[str(role.split)] / "video" / role.subject
        write_video(
            folder / f"{clip.id}.mp4", frames, take.motion.time_s, rate=self.rate, size=self.size
        )

    def write_person(self, root: Path, member: Member) -> None:
        """Write one person's fNIRS session."""
        if not self.signals:
            return
        from painscope.virtual.signals import fnirs_session

        role = member.role
        clips = [clip for clip in self.clips(role) if clip.label != "Rest"]
        takes = [(clip.label, self.perform(member, clip)) for clip in clips]
        values, markers = fnirs_session(self.rng("fnirs", role.index), takes)
        table = pd.DataFrame(values, columns=[str(k) for k in range(2, 50)]).round(5)
        table.insert(0, "1", np.arange(len(table)))
        table["50"] = markers
        path = root / _FOLDERS[str(role.split)] / "fnirs" / f"{role.subject}.csv"
        write_table(path, table)
