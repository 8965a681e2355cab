"""Single frames of many recordings, from the crops on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

from painscope.errors import DatasetError
from painscope.face import crop_files, cropped_ids, read_picture, read_track
from painscope.recording import Recording

__all__ = [
    "FrameSet",
    "find_frames",
    "frame_loader",
    "frames_digest",
    "limit_classes",
]

#: Pictures that fit this are decoded once and kept; more are decoded as they are needed.
CACHE_BYTES = 2 * 2**30
#: Threads that decode; OpenCV leaves Python's lock alone meanwhile.
THREADS = 4


@dataclass(frozen=True)
class FrameSet:
    """N frames of R recordings.

    Attributes
    ----------
    paths : tuple of Path, length N
        The crops.
    clip : int64 [N]
        The recording of each, as a position in `recordings`.
    target : int64 [N]
        Its class number.
    recordings : tuple of Recording, length R
        Only those that have frames.
    classes : tuple of str
        What the class numbers mean.
    """

    paths: tuple[Path, ...]
    clip: np.ndarray
    target: np.ndarray
    recordings: tuple[Recording, ...]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The people seen, in order."""
        return tuple(sorted({recording.subject for recording in self.recordings}))

    @property
    def numbers(self) -> np.ndarray:
        """Each frame's number in its recording: int64 [N]."""
        return np.array([int(path.stem) for path in self.paths], np.int64)

    def select(self, rows: np.ndarray) -> FrameSet:
        """Return some of the frames, by position or bool [N], and the recordings they are of."""
        rows = np.arange(len(self))[rows]
        kept, clip = np.unique(self.clip[rows], return_inverse=True)
        return FrameSet(
            tuple(self.paths[row] for row in rows),
            clip.astype(np.int64),
            self.target[rows],
            tuple(self.recordings[k] for k in kept),
            self.classes,
        )


def find_frames(
    crops: Path,
    recordings: Sequence[Recording],
    classes: Sequence[str],
    window_s: tuple[float, float] | None = None,
    step: int = 1,
    labels: Callable[[Recording], Sequence[str | None]] | None = None,
) -> FrameSet:
    """Find the labelled crops of each recording, perhaps only those inside a window.

    Parameters
    ----------
    crops : Path
        A folder that `painscope.face.write_crops` filled.
    recordings : sequence of Recording
        Those without crops, or without a labelled face in the window, are left out.
    classes : sequence of str
        Labels in the order of their numbers; frames with another label are left out.
    window_s : (float, float), optional
        First and last second, from the recording's start; all of it by default.
    step : int
        Take the frames whose number is a multiple of it.
    labels : callable, optional
        Gives a recording's label per frame, None for frames to leave out, such as
        `painscope.datasets.pspi_labels`; by default every frame has the recording's label.

    Raises
    ------
    DatasetError
        If a class has not one frame.
    """
    there = set(cropped_ids(crops))
    paths: list[Path] = []
    clip: list[int] = []
    target: list[int] = []
    kept: list[Recording] = []
    number = {label: k for k, label in enumerate(classes)}
    for recording in recordings:
        if recording.id not in there or (labels is None and recording.label not in number):
            continue
        told = labels(recording) if labels else None
        found = 0
        for k, path in _inside(crops, recording.id, window_s, step):
            label = recording.label if told is None else told[k] if k < len(told) else None
            if label in number:
                paths.append(path)
                clip.append(len(kept))
                target.append(number[label])
                found += 1
        if found:
            kept.append(recording)
    if missing := sorted(set(range(len(classes))) - set(target)):
        between = f" between {window_s[0]:g} and {window_s[1]:g} s" if window_s else ""
        raise DatasetError(
            f"no crop{between} labelled {classes[missing[0]]}",
            path=crops,
            hint="Write the crops first; see whether the labels per frame are there."
            if labels
            else "Write the crops first, or choose another window.",
        )
    return FrameSet(
        tuple(paths),
        np.array(clip, np.int64),
        np.array(target, np.int64),
        tuple(kept),
        tuple(classes),
    )


def _inside(
    crops: Path, recording_id: str, window_s: tuple[float, float] | None, step: int
) -> Iterator[tuple[int, Path]]:
    """Yield number and path of a recording's crops inside the window, in order."""
    time_s = read_track(crops, recording_id).time_s if window_s else None
    for k, path in crop_files(crops, recording_id).items():
        inside = time_s is None or (window_s and window_s[0] <= time_s[k] < window_s[1])
        if k % step == 0 and inside:
            yield k, path


def limit_classes(frames: FrameSet, most: float, seed: int) -> FrameSet:
    """Draw frames of common classes, at most `most` times as many as the rarest class has.

    Parameters
    ----------
    frames : FrameSet
    most : float
        At least one frame of each class is left.
    seed : int
        Of the draw.

    Returns
    -------
    FrameSet
        In the same order.
    """
    random = np.random.default_rng(seed)
    rows = [np.flatnonzero(frames.target == number) for number in range(len(frames.classes))]
    cap = max(1, round(most * min(len(part) for part in rows)))
    drawn = [part if len(part) <= cap else random.choice(part, cap, replace=False) for part in rows]
    return frames.select(np.sort(np.concatenate(drawn)))


def frames_digest(sets: Iterable[FrameSet]) -> str:
    """Return a sha256 of which frames there are, in which set, with which class."""
    digest = hashlib.sha256()
    for number, frames in enumerate(sets):
        for path, target in zip(frames.paths, frames.target, strict=True):
            digest.update(f"{number} {path.parent.name}/{path.name} {target}\n".encode())
    return digest.hexdigest()


def frame_loader(
    frames: FrameSet, *, size: int, batch_size: int, shuffle: bool
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Return batches of pictures (uint8 [B, size, size, 3]) and class numbers (int64 [B]).

    Shuffled, the last, shorter batch is dropped, unless it is the only one.
    """
    data = _Pictures(frames, size)
    sampler = RandomSampler(data) if shuffle else SequentialSampler(data)
    batches = BatchSampler(sampler, batch_size, drop_last=shuffle and len(data) >= batch_size)
    return DataLoader(data, sampler=batches, batch_size=None)


class _Pictures(Dataset):
    """Fetches whole batches: ``pictures[[3, 1, 4]]``."""

    def __init__(self, frames: FrameSet, size: int) -> None:
        self.frames, self.size = frames, size
        self._threads = ThreadPoolExecutor(THREADS)
        self._kept: np.ndarray | None = None
        if len(frames) * size * size * 3 <= CACHE_BYTES:
            self._kept = self._decode(range(len(frames)))

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        images = self._decode(indices) if self._kept is None else self._kept[indices]
        return torch.from_numpy(images), torch.from_numpy(self.frames.target[indices])

    def _decode(self, indices: Sequence[int]) -> np.ndarray:
        images = np.empty((len(indices), self.size, self.size, 3), np.uint8)
        paths = (self.frames.paths[index] for index in indices)
        for k, image in enumerate(self._threads.map(self._read, paths)):
            images[k] = image
        return images

    def _read(self, path: Path) -> np.ndarray:
        import cv2

        image = read_picture(path)
        if len(image) != self.size:
            method = cv2.INTER_AREA if len(image) > self.size else cv2.INTER_LINEAR
            image = cv2.resize(image, (self.size, self.size), interpolation=method)
        return image
