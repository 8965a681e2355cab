"""iCOPEvid: a heel lance against other handling, a folder for each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from pydantic.dataclasses import dataclass as checked_dataclass

from painscope.virtual.pain import Stimulus
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
)
from painscope.virtual.writers.media import write_video

__all__ = ["ICOPEVideo"]

#: What is done to each person, and in which folder it goes. The archive's 234 clips of 49
#: newborns are not quite five each.
_SESSION = (
    ("Rest_1", "Nopain"),
    ("Friction_1", "Nopain"),
    ("Movement_1", "Nopain"),
    ("Friction_2", "Nopain"),
    ("Pain_1", "Pain"),
)


@checked_dataclass(frozen=True)
class ICOPEVideo(Layout):
    """The layout `{Pain,Nopain}/S010_Friction_1_[0]_20s.mp4`, for readers to be tested on.

    Only the layout is that of newborns: the faces are those of virtual *adults*, and nothing
    learned from them holds for children.

    Attributes
    ----------
    clip_s : float
        Length of a clip; the names say 20 s whatever it is.
    """

    name: ClassVar[str] = "icope-video"

    people: Count = 49
    rate: Rate = 30.0
    clip_s: Seconds = 20.0

    def cast(self) -> list[Role]:
        """Return people called `S001`, `S002` and so on."""
        return [Role(index, f"S{index + 1:03d}") for index in range(self.people)]

    def clips(self, role: Role) -> list[Clip]:
        """Return rest, two frictions, a movement and the lance."""
        rng = self.rng("session", role.index)
        clips = []
        for what, folder in _SESSION:
            stimuli: tuple[Stimulus, ...] = ()
            if folder == "Pain":
                onset_s = float(rng.uniform(0.5, 1.5))
                stimuli = (Stimulus("lance", "lance", 1.0, onset_s, duration_s=0.8 * self.clip_s),)
            identity = re.sub(r"[^\w.\-+=@]", "_", _stem(role.subject, what))
            clips.append(Clip(identity, folder, round(self.clip_s * self.rate), stimuli))
        return clips

    def write(self, root: Path, member: Member, clip: Clip, take: Take, frames: Frames) -> None:
        """Write one clip's video."""
        what = clip.id.removeprefix(f"{member.role.subject}_").removesuffix("__0__20s")
        path = root / clip.label / f"{_stem(member.role.subject, what)}.mp4"
        write_video(path, frames, take.motion.time_s, rate=self.rate, size=self.size)


def _stem(subject: str, what: str) -> str:
    return f"{subject}_{what}_[0]_20s"
