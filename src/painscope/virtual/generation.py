"""Making a whole virtual dataset: in parallel, resumable, the same from any number of workers."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from painscope.errors import PainscopeError, UsageError, did_you_mean
from painscope.files import write_text
from painscope.recording import VIRTUAL_MARK
from painscope.virtual.people import Person
from painscope.virtual.truth import truth_path, write_table, write_truth
from painscope.virtual.writers import LAYOUTS, Clip, Layout, Member, Role, Shot, Take
from painscope.virtual.writers.base import Frames

__all__ = ["VERSION", "Generated", "generate", "make_layout", "shoot"]

#: Goes up when the same settings give other files.
VERSION = 3

#: A worker is given clips of one person in one place until they have so many frames: whoever makes
#: the first has to build the person.
FRAMES_PER_PART = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Generated:
    """What a call of `generate` did: clips made now, and clips found from before."""

    root: Path
    made: int
    kept: int


def make_layout(name: str, **settings: Any) -> Layout:
    """Return the layout called `name`; `settings` are its fields.

    Raises
    ------
    UsageError
        If there is no such layout or setting, or a value is impossible.
    """
    if name not in LAYOUTS:
        raise UsageError(f"unknown layout {name!r}", hint=did_you_mean(name, LAYOUTS))
    layout = LAYOUTS[name]
    choices = layout.choices()
    for setting in settings:
        if setting not in choices:
            raise UsageError(
                f"{name} has no setting {setting!r}", hint=did_you_mean(setting, choices)
            )
    try:
        return layout(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        what = " ".join(str(part) for part in first["loc"])
        raise UsageError(f"{name}: {what} is {first['input']!r}", hint=f"{first['msg']}.") from None


def generate(
    name: str,
    root: Path | str,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Generated:
    """Make a virtual dataset in the layout of the real one called `name`.

    Every clip comes with its truth (``truth/<recording id>.parquet``, `people.csv`,
    `stimuli.csv`), and ``virtual.json`` says that nobody in it exists. What is made depends
    on the settings alone. A clip counts as made once its truth is there: called again after
    an interruption, only the rest is made.

    Parameters
    ----------
    name : str
        A key of `LAYOUTS`, such as ``"ai4pain-2024"``.
    root : path-like
        A new or empty folder, or one where the same generation was interrupted.
    workers : int, optional
        Processes; all cores by default.
    progress : callable, optional
        Called with the clips done and the clips in all, from the calling process.
    **settings
        Fields of the layout: ``people``, ``seed``, ``size``, ``rate`` where it has videos, and
        its own.

    Raises
    ------
    UsageError
        If the layout, a setting or the folder is impossible.
    StorageError
        If the disk is full or the folder cannot be written.
    """
    layout, root = make_layout(name, **settings), Path(root)
    complete = _claim(root, layout)
    roles = layout.cast()
    plan = [(role, clip) for role in roles for clip in layout.clips(role)]
    left = [(role, clip) for role, clip in plan if not truth_path(root, clip.id).exists()]
    kept = done = len(plan) - len(left)
    if progress:
        progress(done, len(plan))
    if left or not complete:
        workers = workers or os.cpu_count() or 1
        parts = list(_parts(layout, left, workers))
        jobs = [partial(_make_part, layout, root, role, clips) for role, clips in parts]
        jobs += [partial(_make_person, layout, root, role) for role in roles]
        for job in _work(jobs, root, workers):
            if job < len(parts) and progress:
                done += len(parts[job][1])
                progress(done, len(plan))
        _write_tables(layout, root, roles, plan)
        _describe(root, layout, complete=True)
    return Generated(root, len(left), kept)


def _claim(root: Path, layout: Layout) -> bool:
    """Make sure that `root` is ours: new, empty, or begun with the same settings.

    Returns
    -------
    bool
        Whether a generation was finished here.
    """
    card = root / VIRTUAL_MARK
    if root.exists() and not root.is_dir():
        raise UsageError("is not a folder", path=root)
    if card.exists():
        try:
            found = json.loads(card.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(
                f"cannot be read ({error})", path=card, hint="Choose another folder."
            ) from None
        if not _told(found, layout):
            raise UsageError(
                "holds virtual people made with other settings",
                path=root,
                hint="Choose another folder, or the settings in its virtual.json.",
            )
        return bool(found.get("complete"))
    if root.exists() and any(root.iterdir()):
        raise UsageError(
            "is not empty and holds no virtual people", path=root, hint="Choose a new folder."
        )
    _describe(root, layout, complete=False)
    return False


def _told(card: Any, layout: Layout) -> bool:
    """Whether a card tells of this layout; what it does not tell had its default."""
    try:
        before = make_layout(card["layout"], **card["settings"])
        return (before, card["version"]) == (layout, VERSION)
    except (UsageError, KeyError, TypeError):
        return False


def _card(layout: Layout) -> dict[str, Any]:
    return {
        "virtual": True,
        "note": "Nobody in this folder exists.",
        "layout": layout.name,
        "version": VERSION,
        "settings": layout.settings(),
    }


def _describe(root: Path, layout: Layout, *, complete: bool) -> None:
    card = _card(layout) | {"complete": complete}
    write_text(root / VIRTUAL_MARK, json.dumps(card, indent=2) + "\n")


def _parts(
    layout: Layout, left: list[tuple[Role, Clip]], workers: int
) -> Iterator[tuple[Role, list[Clip]]]:
    """Put short clips together that need the same renderer, but leave work for every worker."""
    most = min(FRAMES_PER_PART, sum(clip.frames for _, clip in left) / (4 * workers))
    for (role, _), pairs in groupby(left, key=lambda pair: (pair[0], layout.shot(*pair))):
        clips: list[Clip] = []
        for _, clip in pairs:
            clips.append(clip)
            if sum(clip.frames for clip in clips) >= most:
                yield role, clips
                clips = []
        if clips:
            yield role, clips


def _work(jobs: list[partial[None]], root: Path, workers: int) -> Iterator[int]:
    """Do the jobs; yield the position of each as it is done."""
    if workers == 1 or len(jobs) <= 1:
        for position, job in enumerate(jobs):
            job()
            yield position
        return
    # Not forked: the caller may run threads (video, torch) that do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(jobs)), context, initializer=_calm)
    try:
        futures = {pool.submit(job): position for position, job in enumerate(jobs)}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    except BrokenProcessPool as error:
        raise PainscopeError(
            "a worker died, perhaps for lack of memory",
            path=root,
            hint="Start again with fewer workers; what is made is kept.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _calm() -> None:
    """Keep each worker to one thread: they share the cores among themselves."""
    import cv2

    cv2.setNumThreads(1)


@lru_cache(maxsize=2)
def _cast(layout: Layout, role: Role) -> Member:
    return layout.member(role)


@lru_cache(maxsize=2)
def _renderer(person: Person, shot: Shot, size: tuple[int, int]) -> Any:
    """Return a renderer; building one costs as much as many frames."""
    from painscope.virtual.render import Renderer

    return Renderer(person, shot.scene, size=size, face_px=shot.face_px)


def shoot(layout: Layout, role: Role, clip: Clip) -> tuple[Member, Take, Frames]:
    """Return who plays in a clip, what happens, and its pictures."""
    member = _cast(layout, role)
    take = layout.perform(member, clip)
    renderer = _renderer(member.person, layout.shot(role, clip), layout.size)
    return member, take, Frames(renderer, take.motion)


def _make_part(layout: Layout, root: Path, role: Role, clips: list[Clip]) -> None:
    for clip in clips:
        _make(layout, root, role, clip)


def _make(layout: Layout, root: Path, role: Role, clip: Clip) -> None:
    """Make one clip; its truth, written last, says that it is done."""
    member, take, frames = shoot(layout, role, clip)
    images = layout.write(root, member, clip, take, frames)
    path = truth_path(root, clip.id)
    write_truth(path, take.motion, take.felt, frames.landmarks, images=images)


def _make_person(layout: Layout, root: Path, role: Role) -> None:
    layout.write_person(root, _cast(layout, role))


def _write_tables(
    layout: Layout, root: Path, roles: list[Role], plan: list[tuple[Role, Clip]]
) -> None:
    import pandas as pd

    people = [layout.member(role).attributes() for role in roles]
    write_table(root / "truth/people.csv", pd.DataFrame(people))
    stimuli = [
        {"recording": clip.id, "subject": role.subject, "label": clip.label}
        | (dataclasses.asdict(clip.stimuli[0]) if clip.stimuli else {"level": "none"})
        for role, clip in plan
    ]
    write_table(root / "truth/stimuli.csv", pd.DataFrame(stimuli))
    layout.write_index(root)
