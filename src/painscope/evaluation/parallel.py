"""Doing many pieces of work at once, here or on a Ray cluster, with the same results."""

from __future__ import annotations

import logging
import mmap
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from painscope.cluster import connected
from painscope.errors import RunError, UsageError

__all__ = ["spread"]

log = logging.getLogger("painscope")

Data = TypeVar("Data")
Task = TypeVar("Task")
Result = TypeVar("Result")

#: What was logged in another process: level and message.
Lines = list[tuple[int, str]]

#: Arrays begin at multiples of it, in bytes: a cache line.
ALIGNED = 64


def spread(
    work: Callable[[Data, Task], Result],
    data: Data,
    tasks: Sequence[Task],
    *,
    workers: int = 1,
    on: str | None = None,
) -> Iterator[Result]:
    """Yield ``work(data, task)`` for every task, in order.

    Each task is computed by one thread, wherever it is, so that its numbers are the same to
    the bit whatever the number of workers. The arrays in `data` are shared, read only, and
    not copied for each worker.

    Parameters
    ----------
    work : callable
    data : object
        What all tasks need.
    tasks : sequence
    workers : int
        Processes on this machine; 1 is this process itself.
    on : str, optional
        ``ray`` or ``ray://HOST:PORT``: let the cores of a cluster do it instead.

    Raises
    ------
    UsageError
        If there are no workers, or there is no such cluster.
    RunError
        If a worker process ended unexpectedly.
    """
    if workers < 1:
        raise UsageError(f"{workers} workers are too few")
    if on is not None:
        return _on_ray(work, data, tasks, on)
    if min(workers, len(tasks)) > 1:
        return _in_processes(work, data, tasks, workers)
    return (_by_one_thread(work, data, task) for task in tasks)


def _by_one_thread(work: Callable[[Data, Task], Result], data: Data, task: Task) -> Result:
    with _one_thread():
        return work(data, task)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let numeric libraries use one thread: sums in another order differ in the last bit."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def _in_processes(
    work: Callable[[Data, Task], Result], data: Data, tasks: Sequence[Task], workers: int
) -> Iterator[Result]:
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with TemporaryDirectory(prefix="painscope-") as folder:
        shared = Path(folder)
        _lay_out(data, shared)
        answers = Parallel(workers, backend="loky", return_as="generator", max_nbytes=None)(
            delayed(_work_on_shared)(work, shared, task) for task in tasks
        )
        try:
            yield from map(_told, answers)
        except TerminatedWorkerError as error:
            raise RunError(
                "a worker process ended unexpectedly, perhaps for want of memory",
                hint="Start again with fewer workers.",
            ) from error


def _work_on_shared(
    work: Callable[[Any, Task], Result], folder: Path, task: Task
) -> tuple[Result, Lines]:
    return _work_elsewhere(work, _laid_out(folder), task)


def _work_elsewhere(
    work: Callable[[Data, Task], Result], data: Data, task: Task
) -> tuple[Result, Lines]:
    """Work in another process; what is logged comes back with the answer."""
    lines: Lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(  # type: ignore[method-assign]
        (record.levelno, record.getMessage())
    )
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    try:
        return _by_one_thread(work, data, task), lines
    finally:
        log.removeHandler(handler)


def _told(found: tuple[Result, Lines]) -> Result:
    """Log here what was logged elsewhere; return the answer."""
    answer, lines = found
    for level, line in lines:
        log.log(level, "%s", line)
    return answer


def _lay_out(data: object, folder: Path) -> None:
    """Write `data` so that processes can map its arrays; only between painscope's own."""
    arrays: list[pickle.PickleBuffer] = []
    head = pickle.dumps(data, protocol=5, buffer_callback=arrays.append)
    places = []
    with (folder / "arrays").open("wb") as file:
        file.write(bytes(ALIGNED))  # an empty file cannot be mapped
        for array in arrays:
            raw = array.raw()
            file.write(bytes(-file.tell() % ALIGNED))
            places.append((file.tell(), raw.nbytes))
            file.write(raw)
    (folder / "head").write_bytes(pickle.dumps((head, places)))


@lru_cache(maxsize=1)
def _laid_out(folder: Path) -> Any:
    """Return what `_lay_out` wrote; its arrays are read from the file, by all from the same."""
    head, places = pickle.loads((folder / "head").read_bytes())
    with (folder / "arrays").open("rb") as file:
        memory = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return pickle.loads(head, buffers=[memory[first : first + n] for first, n in places])


def _on_ray(
    work: Callable[[Data, Task], Result], data: Data, tasks: Sequence[Task], address: str
) -> Iterator[Result]:
    with connected(address):
        import ray

        remote: Any = ray.remote(num_cpus=1, max_retries=-1)(_work_elsewhere)
        shared = ray.put(data)
        for answer in [remote.remote(work, shared, task) for task in tasks]:
            try:
                yield _told(ray.get(answer))
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
