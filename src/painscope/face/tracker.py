"""Following one person through a clip, and bridging short gaps.

Generators in a row: `follow` chooses the person's face among those of each frame,
`bridge` fills the short gaps between the frames where it was seen, `steady` averages the
boxes of a locator whose boxes jump, `interpolate` gives a row to each frame that was not searched.
The first two hold back at most half a second of frames each, the third half its window, the
fourth what lies between two searches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise, repeat
from typing import Generic, TypeVar

import numpy as np

from painscope.face.locators.base import Face

__all__ = ["TRACKER", "Tracked", "bridge", "follow", "interpolate", "overlap", "steady"]

Item = TypeVar("Item")

#: Longest gap that is bridged; also the length of the start from which the person is chosen.
LONGEST_GAP_S = 0.5
#: Smallest overlap (intersection over union) of a face with itself from frame to frame.
MIN_OVERLAP = 0.25
#: Overlap from which a face goes on being another person while the followed one is hidden.
SAME_OVERLAP = 0.5
#: After a longer gap: how far the face may have moved, in sides of its box, at first and per
#: second, and at most; and by which factor it may have grown or shrunk.
REACH, REACH_PER_S, MAX_REACH, MAX_GROWTH = 1.0, 1.0, 2.0, 2.0
#: How long the place of another person is remembered after they were last seen.
REMEMBER_S = 10.0

#: The settings above, as they go into provenance.
TRACKER = {
    "longest_gap_s": LONGEST_GAP_S,
    "min_overlap": MIN_OVERLAP,
    "same_overlap": SAME_OVERLAP,
    "reach": [REACH, REACH_PER_S, MAX_REACH],
    "max_growth": MAX_GROWTH,
    "remember_s": REMEMBER_S,
}


@dataclass(frozen=True)
class Tracked(Generic[Item]):
    """What the tracker says of one frame.

    Attributes
    ----------
    item : object
        What came with the frame: its time, its picture.
    face : Face or None
        The followed face; interpolated where a short gap was bridged.
    found : bool
        Whether the face was seen in this very frame.
    """

    item: Item
    face: Face | None
    found: bool


def overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every pair: float64 [N, M] from [N, 4], [M, 4]."""
    a = np.asarray(boxes, np.float64).reshape(-1, 1, 4)
    b = np.asarray(others, np.float64).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.clip(sides, 0, None), axis=-1)
    areas = [np.prod(x[..., 2:] - x[..., :2], axis=-1) for x in (a, b)]
    return shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)


def follow(
    frames: Iterable[tuple[Item, Sequence[Face]]], rate: float
) -> Iterator[tuple[Item, Face | None]]:
    """Follow one person: yield each frame with the person's face, or None.

    The person is the one who shows most face in the first half second in which there is
    any, and is followed by overlap. After a gap longer than half a second a face must be
    near the place and of the size of the last one. A face where another person was seen is
    that person, so the track would rather end than jump. A track that was lost before it
    saw half a second of its face (a false alarm, somebody passing) is begun anew.

    Parameters
    ----------
    frames : iterable of (item, faces)
    rate : float
        Frames per second.
    """
    start: list[tuple[Item, Sequence[Face]]] = []
    person: _Person | None = None
    for item, faces in frames:
        if person is not None:
            yield item, person.find(faces)
            if person.passing:
                person = None
        elif not faces and not start:
            yield item, None
        else:
            start.append((item, faces))
            if len(start) >= max(1, round(LONGEST_GAP_S * rate)):
                person = _Person(_most_face(start), rate)
                yield from ((held, person.find(found)) for held, found in start)
                start = []
    if start:
        person = _Person(_most_face(start), rate)
        yield from ((held, person.find(found)) for held, found in start)


def bridge(frames: Iterable[tuple[Item, Face | None]], rate: float) -> Iterator[Tracked[Item]]:
    """Bridge gaps of at most half a second by linear interpolation.

    A gap has a seen face on either side: at the start and the end of a clip, nothing is
    bridged. Bridged frames have confidence 0 and are not found.

    Parameters
    ----------
    frames : iterable of (item, face or None)
    rate : float
        Frames per second.
    """
    longest = int(LONGEST_GAP_S * rate + 1e-6)
    before: Face | None = None
    gap: list[Item] = []
    for item, face in frames:
        if face is not None:
            for k, held in enumerate(gap, start=1):
                assert before is not None, "frames are held back after a seen face only"
                yield Tracked(held, _between(before, face, k / (len(gap) + 1)), False)
            yield Tracked(item, face, True)
            before, gap = face, []
            continue
        gap.append(item)
        if before is None or len(gap) > longest:
            yield from (Tracked(held, None, False) for held in gap)
            before, gap = None, []
    yield from (Tracked(held, None, False) for held in gap)


def steady(rows: Iterable[Tracked[Item]], rate: float, window_s: float) -> Iterator[Tracked[Item]]:
    """Average each box with those of the frames around it.

    Landmarks and whatever else the face carries stay as they are. Only gaps much longer
    than a sensible window are left unbridged, so no average reaches over one.

    Parameters
    ----------
    rows : iterable of Tracked
    rate : float
        Frames per second.
    window_s : float
        Length of the window in seconds, centred on the frame; 0 changes nothing.
    """
    half = round(window_s * rate / 2)
    window: deque[Tracked[Item] | None] = deque(maxlen=2 * half + 1)
    for row in chain(rows, repeat(None, half)):
        window.append(row)
        centre = window[-1 - half] if len(window) > half else None
        if centre is None:
            continue
        if centre.face is not None and half:
            boxes = np.stack([near.face.box for near in window if near is not None and near.face])
            mean = boxes.mean(axis=0, dtype=np.float64).astype(np.float32)
            centre = replace(centre, face=replace(centre.face, box=mean))
        yield centre


def interpolate(rows: Iterable[Tracked[list[Item]]]) -> Iterator[Tracked[Item]]:
    """Give every frame a row where only the first of each group was searched for faces.

    Between two groups that have a face, it moves on a straight line, and is found if it was
    seen in both; where one of the two has none, the frames between have none.

    Parameters
    ----------
    rows : iterable of Tracked
        Whose items are groups of consecutive frames.
    """
    for row, after in pairwise(chain(rows, [None])):
        assert row is not None, "only the last is None"
        first, *rest = row.item
        yield Tracked(first, row.face, row.found)
        for k, item in enumerate(rest, start=1):
            if row.face is None or after is None or after.face is None:
                yield Tracked(item, None, False)
                continue
            found = row.found and after.found
            face = _between(row.face, after.face, k / len(row.item))
            if found:
                face = replace(face, confidence=min(row.face.confidence, after.face.confidence))
            yield Tracked(item, face, found)


class _Person:
    """The person who is followed, and where the others were."""

    def __init__(self, box: np.ndarray, rate: float) -> None:
        self.box, self.rate = np.asarray(box, np.float64), rate
        self.seen, self.missed = 0, 0
        self.others = np.zeros((0, 4))
        self.others_age = np.zeros(0)

    @property
    def lost(self) -> bool:
        return self.missed > LONGEST_GAP_S * self.rate

    @property
    def passing(self) -> bool:
        return self.lost and self.seen < LONGEST_GAP_S * self.rate

    def find(self, faces: Sequence[Face]) -> Face | None:
        """Return the person's face among a frame's faces, and remember the frame."""
        boxes = np.array([face.box for face in faces], np.float64).reshape(-1, 4)
        chosen = self._choose(boxes)
        self._watch_others(boxes, chosen)
        if chosen is None:
            self.missed += 1
            return None
        self.box, self.missed = boxes[chosen], 0
        self.seen += 1
        return faces[chosen]

    def _choose(self, boxes: np.ndarray) -> int | None:
        if not len(boxes):
            return None
        mine = overlap(boxes, self.box)[:, 0]
        theirs = overlap(boxes, self.others).max(axis=1, initial=0.0)
        # While the person is hidden, whoever goes on where another was seen is that other.
        mine[(mine < theirs) | ((self.missed > 0) & (theirs >= SAME_OVERLAP))] = 0.0
        if mine.max() >= MIN_OVERLAP:
            return int(mine.argmax())
        if not self.lost:
            return None
        side = _sides(self.box[None])[0]
        growth = np.maximum(_sides(boxes) / side, side / _sides(boxes))
        distance = np.linalg.norm(_centres(boxes) - _centres(self.box[None]), axis=1) / side
        reach = min(REACH + REACH_PER_S * self.missed / self.rate, MAX_REACH)
        distance[(growth > MAX_GROWTH) | (distance > reach) | (theirs >= MIN_OVERLAP)] = np.inf
        return int(distance.argmin()) if np.isfinite(distance).any() else None

    def _watch_others(self, boxes: np.ndarray, chosen: int | None) -> None:
        """Move the others to where they are seen now; who is seen beside the person is one."""
        self.others_age += 1
        others = np.ones(len(boxes), bool)
        if chosen is not None:
            others = overlap(boxes, boxes[chosen])[:, 0] < MIN_OVERLAP
        for box in boxes[others]:
            same = overlap(self.others, box)[:, 0]
            if len(same) and same.max() >= MIN_OVERLAP:
                known = int(same.argmax())
                self.others[known], self.others_age[known] = box, 0
            elif chosen is not None:
                self.others = np.vstack([self.others, box])
                self.others_age = np.append(self.others_age, 0)
        recent = self.others_age <= REMEMBER_S * self.rate
        self.others, self.others_age = self.others[recent], self.others_age[recent]


def _most_face(start: Sequence[tuple[object, Sequence[Face]]]) -> np.ndarray:
    """Return the box that shares most area with all faces of the start at its place."""
    boxes = np.array([face.box for _, faces in start for face in faces], np.float64)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return boxes[int(((overlap(boxes, boxes) >= MIN_OVERLAP) @ areas).argmax())]


def _sides(boxes: np.ndarray) -> np.ndarray:
    return np.maximum((boxes[:, 2:] - boxes[:, :2]).max(axis=1), 1e-9)


def _centres(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _between(before: Face, after: Face, share: float) -> Face:
    """Return the face at a share 0–1 of the way from one to another."""

    def mix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a + np.float32(share) * (b - a)).astype(np.float32)

    return Face(
        box=mix(before.box, after.box),
        landmarks=mix(before.landmarks, after.landmarks),
        blendshapes=mix(before.blendshapes, after.blendshapes),
        confidence=0.0,
    )
