"""Layout: what a virtual dataset holds, who plays in it, and how one clip comes about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from painscope.recording import MAX_RATE
from painscope.virtual.daily import live
from painscope.virtual.dynamics import Score, generator, stable_seed
from painscope.virtual.motion import FaceMotion
from painscope.virtual.pain import Disposition, Stimulus, react, sample_disposition
from painscope.virtual.people import Person, sample_person
from painscope.virtual.scene import Scene, sample_scene

__all__ = [
    "Clip",
    "Count",
    "Rate",
    "Seconds",
    "Side",
    "Layout",
    "Member",
    "Role",
    "Shot",
    "Take",
    "apportion",
]


@dataclass(frozen=True)
class Role:
    """A place in a dataset's cast, before anyone plays it.

    Attributes
    ----------
    index : int
        Position in the cast; with the layout and the seed it decides who plays.
    subject : str
        The dataset's id of the person.
    split : str or None
    sex : {"female", "male"} or None
    age : int or None
        What the id says about them; None leaves it to chance.
    stoic : bool or None
        Whether they hardly show pain; None leaves it to chance.
    """

    index: int
    subject: str
    split: str | None = None
    sex: str | None = None
    age: int | None = None
    stoic: bool | None = None


@dataclass(frozen=True)
class Member:
    """A role with its player."""

    role: Role
    person: Person
    disposition: Disposition

    def attributes(self) -> dict[str, object]:
        """Return one row of `truth/people.csv`."""
        return {
            "subject": self.role.subject,
            "split": self.role.split,
            **self.person.attributes(),
            **self.disposition.attributes(),
        }


@dataclass(frozen=True)
class Clip:
    """One recording to be made.

    Attributes
    ----------
    id : str
        The recording's id, as the dataset's adapter will call it.
    label : str
        The dataset's own word for what is done to the person or what they feel.
    frames : int
    stimuli : tuple of Stimulus
    """

    id: str
    label: str
    frames: int
    stimuli: tuple[Stimulus, ...] = ()


@dataclass(frozen=True)
class Take:
    """What happens in one clip: the movement, and the pain felt (0–10, float64 [T])."""

    motion: FaceMotion
    felt: np.ndarray


@dataclass(frozen=True)
class Shot:
    """How a clip is filmed: the scene, and the face's height in the picture in pixels."""

    scene: Scene
    face_px: float


#: Settings' kinds: how many, frames per second, a clip's length in seconds, a picture's side in
#: pixels (video wants it even).
Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=1, le=MAX_RATE)]
Seconds = Annotated[float, Field(ge=2)]
Side = Annotated[int, Field(ge=64, multiple_of=2)]


@checked_dataclass(frozen=True)
class Layout(ABC):
    """A real dataset's layout, filled with virtual people.

    Subclasses are frozen dataclasses of their settings, checked by pydantic: everything that
    shapes the files is in their fields, and goes to `virtual.json`.

    Attributes
    ----------
    people : int
        How many people; the real number by default.
    rate : float
        Frames per second; the real one by default. Folders of pictures have none to choose.
    seed : int
        Of everything: who they are, what they feel, what they do.
    size : (int, int)
        Width and height of the pictures.
    """

    name: ClassVar[str]

    people: Count
    rate: Rate
    seed: int = 0
    size: tuple[Side, Side] = (320, 320)

    @abstractmethod
    def cast(self) -> list[Role]:
        """Return who plays, in order of index; cheap."""

    @abstractmethod
    def clips(self, role: Role) -> list[Clip]:
        """Return what is to be recorded of one person, in the session's order."""

    @abstractmethod
    def write(
        self, root: Path, member: Member, clip: Clip, take: Take, frames: Frames
    ) -> list[str] | None:
        """Write one clip's files below `root`; each appears whole or not at all.

        Returns
        -------
        list of str, or None
            Where every frame is a picture file of its own: their paths below `root`.
        """

    def write_person(self, root: Path, member: Member) -> None:  # noqa: B027
        """Write files that hold one person's whole session, if the layout has any."""

    def write_index(self, root: Path) -> None:  # noqa: B027
        """Write the dataset's tables, if the layout has any; the last thing to be written."""

    @classmethod
    def choices(cls) -> list[str]:
        """Return the names of what can be set."""
        return [field.name for field in fields(cls) if field.init]

    def settings(self) -> dict[str, Any]:
        """Return all that can be set, as plain JSON values."""
        values = {name: getattr(self, name) for name in self.choices()}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def rng(self, *parts: object) -> np.random.Generator:
        """Return the generator for one purpose; no two layouts or seeds share one."""
        return generator(self.name, self.seed, *parts)

    def member(self, role: Role) -> Member:
        """Find the player of a role: who has its sex and age, from this layout's own people."""
        index = role.index
        return Member(
            role,
            _player(role, stable_seed(self.name, self.seed, "person", index)),
            sample_disposition(self.rng("disposition", index), stoic=role.stoic),
        )

    def shot(self, role: Role, clip: Clip) -> Shot:
        """Return how a clip is filmed: one session, one place, the face a little off the norm."""
        return self._shot("session", role.index)

    def _shot(self, *parts: object, share: tuple[float, float] = (0.48, 0.6)) -> Shot:
        scene = sample_scene(stable_seed(self.name, self.seed, "scene", *parts))
        face_px = self.size[1] * float(self.rng("framing", *parts).uniform(*share))
        return Shot(scene, round(face_px, 1))

    def times(self, role: Role, clip: Clip) -> np.ndarray:
        """Return when each frame is taken, in seconds: float64 [T]."""
        return np.arange(clip.frames) / self.rate

    def perform(self, member: Member, clip: Clip) -> Take:
        """Let the person live through the clip."""
        rng = self.rng("take", member.role.index, clip.id)
        score = Score(self.times(member.role, clip))
        live(rng, score, member.disposition.habits)
        felt = np.zeros(clip.frames)
        for stimulus in clip.stimuli:
            felt = np.maximum(felt, react(rng, score, member.disposition, stimulus))
        return Take(score.motion(), felt)


class Frames:
    """One take's pictures, drawn as they are asked for, and its landmarks."""

    def __init__(self, renderer: Any, motion: FaceMotion) -> None:
        self.renderer, self.motion = renderer, motion
        self._landmarks: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.motion)

    def __iter__(self) -> Iterator[np.ndarray]:
        for frame in range(len(self)):
            yield self.renderer.render(self.motion, frame)
            # Now, while the renderer still knows the face's shape.
            self._landmarks[frame] = self.renderer.landmarks(self.motion, frame)

    @cached_property
    def landmarks(self) -> np.ndarray:
        """The 68 landmarks of every frame in pixels: float32 [T, 68, 2]."""
        for frame in range(len(self)):
            if frame not in self._landmarks:
                self._landmarks[frame] = self.renderer.landmarks(self.motion, frame)
        return np.asarray([self._landmarks[frame] for frame in range(len(self))], np.float32)


def _player(role: Role, seed: int) -> Person:
    """Draw people until one has the role's sex and age, within a year at first, then wider."""
    attempt = 0
    while True:
        person = sample_person((seed + attempt * 0x9E3779B97F4A7C15) % 2**63)
        if role.sex in (None, person.sex) and (
            role.age is None or abs(person.age - role.age) <= 1 + attempt // 50
        ):
            return person
        attempt += 1


def apportion(total: int, sizes: Sequence[int]) -> list[int]:
    """Divide `total` in the ratio of `sizes`, by largest remainders.

    While there are enough to go round, every share gets at least one, so that a small
    dataset still has people in every split.
    """
    whole = sum(sizes)
    exact = [total * size / whole for size in sizes]
    shares = [int(part) for part in exact]
    if total >= len(sizes):
        shares = [max(share, 1) for share in shares]
    order = sorted(range(len(sizes)), key=lambda k: exact[k] - shares[k], reverse=True)
    k = 0
    while sum(shares) < total:
        shares[order[k % len(order)]] += 1
        k += 1
    while sum(shares) > total:
        shares[int(np.argmax(shares))] -= 1
    return shares
