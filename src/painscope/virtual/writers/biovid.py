"""BioVid Heat Pain, Part A: heat in four levels against none, with biosignals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from painscope.datasets.biovid import HARDLY_EXPRESSIVE, VALIDATION
from painscope.virtual.dynamics import generator
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

__all__ = ["BioVidA"]

Class = Literal["BL1", "PA1", "PA2", "PA3", "PA4"]
_CLASSES: tuple[Class, ...] = get_args(Class)
#: First sample number of each class.
_FIRST = {"PA1": 1, "PA2": 21, "PA3": 41, "PA4": 61, "BL1": 81}
#: Strength of the stimulus: four equal steps from the pain threshold to the tolerance
#: (Walter et al., CYBCONF 2013). The threshold itself is chosen.
_STRENGTH = {"PA1": 0.25, "PA2": 0.5, "PA3": 0.75, "PA4": 1.0}

_ORIGINAL = 87


@checked_dataclass(frozen=True)
class BioVidA(Layout):
    """Part A's layout, `PartA/starting_point/samples.csv` and `PartA/video/<subject>/`.

    The published ids of hardly expressive people are played by stoic people. Further people
    get ids of the same form.

    Attributes
    ----------
    classes : tuple of str
        Which of BL1, PA1 … PA4.
    clips_per_class : int
        Recordings per class and person, at most 20.
    clip_s : float
        Length of a clip.
    signals : bool
        Whether to write biosignals.
    """

    name: ClassVar[str] = "biovid-a"

    people: Count = _ORIGINAL
    rate: Rate = 25.0
    classes: Annotated[tuple[Class, ...], Field(min_length=1)] = _CLASSES
    clips_per_class: Annotated[int, Field(ge=1, le=20)] = 20
    clip_s: Seconds = 5.5
    signals: bool = True

    def cast(self) -> list[Role]:
        """Return people such that the published subgroups keep their share of the 87."""
        stoic_held = [s for s in HARDLY_EXPRESSIVE if s in VALIDATION]
        stoic_only = [s for s in HARDLY_EXPRESSIVE if s not in VALIDATION]
        held_only = [s for s in VALIDATION if s not in HARDLY_EXPRESSIVE]
        groups = [(stoic_held, True), (stoic_only, True), (held_only, False)]
        named = sum(len(ids) for ids, _ in groups)
        sizes = [*(len(ids) for ids, _ in groups), _ORIGINAL - named]
        shares = apportion(self.people, sizes)
        chosen = [
            (subject, stoic)
            for (ids, stoic), share in zip(groups, shares, strict=False)
            for subject in ids[:share]
        ]
        chosen += [(s, False) for s in self._further_ids(self.people - len(chosen))]
        return [
            Role(
                index,
                subject,
                sex="female" if subject[7] == "w" else "male",
                age=int(subject[9:]),
                stoic=stoic,
            )
            for index, (subject, stoic) in enumerate(chosen)
        ]

    def _further_ids(self, count: int) -> list[str]:
        """Return ids of the published form, `MMDDHH_{m|w}_<age>`, that nobody has."""
        rng = generator("biovid-a", "ids")  # the same whatever the seed: they are names
        taken = set(HARDLY_EXPRESSIVE) | set(VALIDATION)
        ids: list[str] = []
        while len(ids) < count:
            when = f"{rng.integers(7, 13):02d}{rng.integers(1, 29):02d}{rng.integers(8, 18):02d}"
            subject = f"{when}_{'mw'[rng.integers(2)]}_{rng.integers(18, 66)}"
            if subject not in taken:
                taken.add(subject)
                ids.append(subject)
        return ids

    def clips(self, role: Role) -> list[Clip]:
        """Return the clips of the chosen classes in a random order of stimulation."""
        rng = self.rng("session", role.index)
        plan = [(name, k) for name in self.classes for k in range(self.clips_per_class)]
        clips = []
        for position, at in enumerate(rng.permutation(len(plan))):
            name, k = plan[at]
            stimuli: tuple[Stimulus, ...] = ()
            if name != "BL1":
                # The clip's window opens while heat still rises; faces answer from second 1–2.
                stimuli = (
                    Stimulus(
                        "heat",
                        name,
                        _STRENGTH[name],
                        onset_s=float(rng.uniform(-0.9, -0.3)),
                        duration_s=8.0,
                        trial=position / len(plan),
                    ),
                )
            identity = f"{role.subject}-{name}-{_FIRST[name] + k:03d}"
            clips.append(Clip(identity, name, int(np.ceil(self.clip_s * self.rate)), stimuli))
        return clips

    def write(self, root: Path, member: Member, clip: Clip, take: Take, frames: Frames) -> None:
        """Write one clip's video and its biosignals."""
        part, subject = root / "PartA", member.role.subject
        write_video(
            part / "video" / subject / f"{clip.id}.mp4",
            frames,
            take.motion.time_s,
            rate=self.rate,
            size=self.size,
        )
        if self.signals:
            from painscope.virtual.signals import biosignals

            raw, filtered = biosignals(
                self.rng("biosignals", member.role.index, clip.id), take, self.clip_s
            )
            for folder, signals in (("biosignals_raw", raw), ("biosignals_filtered", filtered)):
                path = part / folder / subject / f"{clip.id}_bio.csv"
                write_table(path, pd.DataFrame(signals).round(6), separator="\t")

    def write_index(self, root: Path) -> None:
        """Write `samples.csv`."""
        rows = [
            {
                "subject_id": role.index + 1,
                "subject_name": role.subject,
                "class_id": _CLASSES.index(clip.label),
                "class_name": clip.label,
                "sample_id": int(clip.id[-3:]),
                "sample_name": clip.id,
            }
            for role in self.cast()
            for clip in sorted(self.clips(role), key=lambda clip: clip.id)
        ]
        write_table(root / "PartA/starting_point/samples.csv", pd.DataFrame(rows), separator="\t")
