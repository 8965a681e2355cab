"""Question: what a network is to tell apart, in which frames, of whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from painscope.face import crop_settings
from painscope.recording import Recording
from painscope.training.frames import FrameSet, find_frames, limit_classes
from painscope.training.people import refuse_shared, split_people

__all__ = ["Question", "ask"]


@dataclass(frozen=True)
class Question:
    """Classes to tell apart, and frames of three groups of people to learn it from.

    Attributes
    ----------
    dataset : str
        The name under which a network's card lists its people (`Dataset.population`).
    classes : tuple of str
        In the order of their numbers.
    train, validation, test : FrameSet
        To fit on, to stop by, and to be scored on.
    crop : mapping
        How the faces were cut.
    settings : mapping
        How the frames were chosen, for the card.

    Raises
    ------
    LeakageError
        If a person is in two parts.
    """

    dataset: str
    classes: tuple[str, ...]
    train: FrameSet
    validation: FrameSet
    test: FrameSet
    crop: Mapping[str, Any]
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        refuse_shared(*(frames.subjects for frames in self.parts.values()))

    @property
    def parts(self) -> dict[str, FrameSet]:
        """The three parts by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def title(self) -> str:
        """What is asked, in one line."""
        two = len(self.classes) == 2
        what = " against ".join(reversed(self.classes)) if two else ", ".join(self.classes)
        return f"{what}, trained on {self.dataset}"


def ask(
    crops: Path | str,
    recordings: Sequence[Recording],
    *,
    dataset: str,
    classes: tuple[str, ...],
    window_s: tuple[float, float] | None = None,
    frame_step: int = 1,
    labels: Callable[[Recording], Sequence[str | None]] | None = None,
    most: float | None = None,
    seed: int = 0,
) -> Question:
    """Find a question's frames and divide the people into three groups.

    ::

        ask(crops, affectnet.recordings, dataset="affectnet", classes=EMOTIONS)
        ask(crops, biovid.recordings, dataset="biovid-a", classes=("no-pain", "high-pain"),
            window_s=(2.0, 5.0), frame_step=5)
        ask(crops, unbc.recordings, dataset="unbc-mcmaster", classes=("no-pain", "pain"),
            labels=pspi_labels, most=3)

    Parameters
    ----------
    crops : path-like
        A folder that `painscope.face.write_crops` filled.
    recordings : sequence of Recording
    dataset : str
        Its name.
    classes : tuple of str
        Pain last, where it is about pain. Frames with another label are left out.
    window_s, frame_step, labels
        Which frames, and their labels: see `painscope.training.find_frames`.
    most : float, optional
        Take at most so many times as many frames of a class as of the rarest, in the parts
        that are trained on and stopped by; the test keeps all.
    seed : int
        Of the people drawn (`painscope.training.split_people`) and of `most`.

    Raises
    ------
    RunError
        If `crops` is no folder of crops.
    DatasetError
        If crops, people or classes are missing.
    LeakageError
        If the dataset's split has a person in two parts.
    """
    crops = Path(crops)
    crop = crop_settings(crops)
    frames = find_frames(crops, recordings, classes, window_s, frame_step, labels)
    shows: dict[str, set[str]] = {recording.id: set() for recording in frames.recordings}
    for clip, target in set(zip(frames.clip.tolist(), frames.target.tolist(), strict=True)):
        shows[frames.recordings[clip].id].add(classes[target])
    split = split_people(frames.recordings, classes=classes, seed=seed, shows=shows)
    subject = np.array([recording.subject for recording in frames.recordings])[frames.clip]
    parts = {
        part: frames.select(np.isin(subject, split.people(part)))
        for part in ("train", "validation", "test")
    }
    if most is not None:
        for part in ("train", "validation"):
            parts[part] = limit_classes(parts[part], most, seed)
    settings = {
        "window_s": list(window_s) if window_s else None,
        "frame_step": frame_step,
        "most": most,
        "split_seed": seed,
    }
    return Question(dataset, classes, **parts, crop=crop, settings=settings)
