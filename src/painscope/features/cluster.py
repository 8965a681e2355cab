"""Extraction on a Ray cluster: recordings spread over machines, one store filled by all."""

from __future__ import annotations

import copy
import logging
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from painscope.cluster import connected
from painscope.errors import PainscopeError, RunError, StorageError, UsageError
from painscope.face import Locator
from painscope.features.base import Extractor
from painscope.features.extraction import ExtractionSummary, fill
from painscope.features.store import FeatureStore
from painscope.recording import Recording

__all__ = ["fill_store_on_ray"]

#: Of each worker. Recordings differ in length, so every worker gets some handfuls; within a
#: handful its network reads full batches, and only a handful's end is idle time.
HANDFULS = 4
#: Recordings in a handful at most: what a lost worker loses is one at a time, all the same.
HANDFUL = 32


def fill_store_on_ray(
    recordings: Iterable[Recording],
    make: Callable[[], Extractor],
    store: FeatureStore,
    *,
    locator: Locator | None = None,
    address: str = "ray",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ExtractionSummary:
    """Fill `store` as `fill_store` does, with the same bytes, by the workers of a Ray cluster.

    Every worker makes the extractor once and takes handfuls of recordings. There is a
    worker per GPU, with its share of the machine's cores to decode for it, if the extractor
    computes on a device and the cluster has GPUs; else one per core. When a worker or a
    machine is lost, others take over; what it had written stays.

    Parameters
    ----------
    recordings : iterable of Recording
        Their files lie at the same paths on every machine.
    make : callable
        Makes the extractor; called once in every worker.
    store : FeatureStore
        From `open_store`, with an extractor of the same kind, at a place that all machines
        see: a shared folder, or an address such as ``s3://bucket/folder``.
    locator : Locator, optional
        The one the store was opened with.
    address : str
        ``ray`` or ``ray://HOST:PORT``, as for `painscope.cluster.connected`.
    workers : int, optional
        How many at most; by default as many as there is room for.
    progress : callable, optional
        Called with the number of recordings done and to do.

    Returns
    -------
    ExtractionSummary

    Raises
    ------
    UsageError
        If there is no such cluster, Ray is not installed, or a worker's extractor does not
        make what the store holds.
    StorageError
        If a worker cannot write the store.
    """
    recordings = tuple(_portable(recording) for recording in recordings)
    told = _Tally(len(recordings), progress)
    store.remove_abandoned()
    if recordings:
        with connected(address):
            team = _team(store, len(recordings), workers)
            handfuls = _handfuls(recordings, team.size)
            settings = (make, _full_path(store), locator, handfuls)
            for answer in _work_there(team, settings, len(handfuls)):
                told.add(answer)
    store.write_status()
    return told.summary([recording.id for recording in recordings])


@dataclass(frozen=True)
class _Team:
    """How many workers there are, and what each holds."""

    size: int
    cpus: int
    gpus: int


def _team(store: FeatureStore, recordings: int, at_most: int | None) -> _Team:
    """Find out how many workers the cluster has room for."""
    import ray

    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    with_gpu = [machine for machine in machines if machine.get("GPU", 0) >= 1]
    if with_gpu and "precision" in store.provenance["extractor"]:  # it is a network's
        size = int(sum(machine["GPU"] for machine in with_gpu))
        cpus = min(int(machine.get("CPU", 0) // machine["GPU"]) for machine in with_gpu)
        return _Team(min(size, recordings, at_most or size), max(1, cpus), 1)
    cores = [int(machine.get("CPU", 0)) for machine in machines if machine.get("CPU", 0) >= 1]
    if not cores:
        raise UsageError("the cluster has no core to work on")
    if at_most is None:  # fewer recordings than cores: several cores work on each
        cpus = max(1, min(min(cores), sum(cores) // recordings))
        at_most = sum(count // cpus for count in cores)
    else:
        cpus = 1
    return _Team(min(at_most, sum(cores), recordings), cpus, 0)


def _handfuls(recordings: Sequence[Recording], workers: int) -> list[tuple[Recording, ...]]:
    size = min(HANDFUL, max(1, len(recordings) // (workers * HANDFULS)))
    return [tuple(recordings[first : first + size]) for first in range(0, len(recordings), size)]


def _work_there(team: _Team, settings: tuple[Any, ...], tasks: int) -> Iterator[Any]:
    """Let a team work, wherever this process is; yield the answers as they come."""
    import ray
    from ray.util.client import ray as client

    if not client.is_connected():
        yield from _work(team, settings, tasks)
        return
    # Ray's client does not know what Ray Data is made of: somebody on the cluster calls it.
    foreman: Any = ray.remote(num_cpus=0)(_Foreman).remote(team, settings, tasks)
    try:
        while (answer := ray.get(foreman.next_answer.remote())) is not None:
            yield answer
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise _stopped(error) from error
    finally:
        ray.kill(foreman)


class _Foreman:
    """Lets a team work, and is asked for its answers one by one."""

    def __init__(self, team: _Team, settings: tuple[Any, ...], tasks: int) -> None:
        self._answers = _work(team, settings, tasks)

    def next_answer(self) -> Any:
        """Return the next answer, or None after the last."""
        return next(self._answers, None)


def _work(team: _Team, settings: tuple[Any, ...], tasks: int) -> Iterator[Any]:
    """Give every task's number to a worker of the team; yield the answers as they come."""
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    numbers = ray.data.from_items([{"task": k} for k in range(tasks)], override_num_blocks=tasks)
    answers = numbers.map_batches(
        _Worker,
        fn_constructor_args=settings,
        batch_size=1,
        num_cpus=team.cpus,
        num_gpus=team.gpus or None,
        # A second task lies ready. A lost worker's tasks go to others, or to its successor.
        compute=ray.data.ActorPoolStrategy(
            min_size=1,
            max_size=team.size,
            initial_size=team.size,
            max_tasks_in_flight_per_actor=2,
        ),
    )
    try:
        for row in answers.iter_rows():
            yield row["answer"]
    except ray.exceptions.RayError as error:
        raise _stopped(error) from error


def _stopped(error: Exception) -> RunError:
    reason = str(error).strip().splitlines()[-1]
    return RunError(
        f"the cluster could not go on: {reason}", hint="Start again, what is done is kept."
    )


class _Worker:
    """Extracts handfuls of recordings with an extractor of its own."""

    def __init__(
        self,
        make: Callable[[], Extractor],
        store: FeatureStore,
        locator: Locator | None,
        handfuls: Sequence[Sequence[Recording]],
    ) -> None:
        self.make, self.store, self.locator, self.handfuls = make, store, locator, handfuls
        self.extractor: Extractor | None = None

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Answer a task's number with an `ExtractionSummary`, or with what ends it all."""
        answer = np.empty(1, object)
        try:
            answer[0] = self._extract(self.handfuls[int(batch["task"][0])])
        except PainscopeError as error:
            answer[0] = error
        return {"answer": answer}

    def _extract(self, recordings: Sequence[Recording]) -> ExtractionSummary:
        if self.extractor is None:
            if not (self.store.folder / "provenance.json").exists():
                raise StorageError(
                    f"the machine {platform.node()} does not see this folder",
                    path=self.store.folder,
                    hint="Use a folder that all machines share, or an address such as s3://….",
                )
            self.extractor = self.make()
        return fill(recordings, self.extractor, self.store, locator=self.locator)


class _Tally:
    """Sums the workers' answers."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self.total, self.progress = total, progress
        self.extracted: set[str] = set()
        self.kept: set[str] = set()
        self.failed: dict[str, str] = {}
        self.n_frames = 0

    def add(self, answer: ExtractionSummary | PainscopeError) -> None:
        if isinstance(answer, PainscopeError):
            raise answer
        self.extracted.update(answer.extracted)
        self.kept.update(answer.kept)
        self.failed.update(answer.failed)
        self.n_frames += answer.n_frames
        if self.progress:
            done = len(self.extracted) + len(self.kept) + len(self.failed)
            self.progress(done, self.total)

    def summary(self, ids: Sequence[str]) -> ExtractionSummary:
        return ExtractionSummary(
            tuple(name for name in ids if name in self.extracted),
            tuple(name for name in ids if name in self.kept),
            {name: self.failed[name] for name in ids if name in self.failed},
            self.n_frames,
        )


def _portable(recording: Recording) -> Recording:
    """Return the recording with full paths."""
    return replace(
        recording,
        video=recording.video.absolute(),
        signals={name: path.absolute() for name, path in recording.signals.items()},
    )


def _full_path(store: FeatureStore) -> FeatureStore:
    """Return the store as it is found from any folder."""
    there = copy.copy(store)
    there.folder = store.folder.absolute()
    return there
