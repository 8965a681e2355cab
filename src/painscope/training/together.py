"""Training by several processes: of this machine, or of the nodes of a Ray cluster."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from painscope.cluster import connected, require_cluster
from painscope.errors import PainscopeError, RunError, UsageError

__all__ = ["train_together"]

Result = TypeVar("Result")

#: Called with the steps done and to do.
Progress = Callable[[int, int], None]

#: How often the processes' news are asked for, in seconds.
LOOK_S = 0.2
#: How long the others have to end by themselves when one has failed, in seconds.
GRACE_S = 2.0


@dataclass(frozen=True)
class _Group:
    """Processes that train together: what each calls, how many there are, where they meet."""

    train: Callable[..., Any]
    devices: int
    num_nodes: int
    address: str
    port: int


def train_together(
    train: Callable[..., Result],
    *,
    devices: int = 1,
    num_nodes: int = 1,
    strategy: str = "auto",
    on: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Call `train` in as many processes as are to share its batches; return what it left.

    Parameters
    ----------
    train : callable
        Such as `painscope.training.train_network` with all else given. It is called in every
        process with Lightning's `devices`, `num_nodes` and `strategy` (`painscope.training.fit`),
        and once more here, where it reads back what is finished. It must bear being pickled.
    devices, num_nodes : int
        Processes on each node, one per GPU or, without GPUs, on its processor; and nodes.
    strategy : str
        Lightning's, such as ``ddp``.
    on : str, optional
        ``ray`` or ``ray://HOST:PORT``: the cluster that more than one node are of. They see the
        same files at the same paths.
    progress : callable, optional
        Called with the steps done and to do.

    Raises
    ------
    UsageError
        If the cluster has no such nodes, or none is named and there is more than one.
    RunError
        If a process ended unexpectedly.
    """
    if devices * num_nodes == 1:
        return train(progress=progress)
    require_cluster(num_nodes, on)
    member = partial(train, devices=devices, num_nodes=num_nodes, strategy=strategy)
    if num_nodes == 1:
        _on_this_node(_Group(member, devices, 1, "127.0.0.1", _free_port()), 0, progress)
    else:
        _on_ray(member, devices, num_nodes, str(on), progress)
    return train()


def _on_this_node(group: _Group, node: int, progress: Progress | None) -> None:
    """Train in processes of this machine, as torchrun would start them; raise what they raise."""
    import torch
    from torch.multiprocessing.spawn import ProcessException, start_processes

    news = get_context("spawn").SimpleQueue()
    threads = max(1, torch.get_num_threads() // group.devices)
    settings = (group, node, threads, news)
    running = start_processes(_member, settings, group.devices, join=False)
    failed: PainscopeError | None = None
    try:
        over = False
        while not over:
            try:
                over = running.join(timeout=LOOK_S, grace_period=GRACE_S)
            except ProcessException as error:
                failed = RunError(
                    f"a training process ended unexpectedly: {str(error).strip().splitlines()[-1]}",
                    hint="Start again: it goes on after the last whole epoch.",
                )
                over = True
            while not news.empty():
                if isinstance(said := news.get(), PainscopeError):
                    raise said
                if progress:
                    progress(*said)
    finally:
        for process in running.processes:
            process.kill()
    if failed:
        raise failed


def _member(rank: int, group: _Group, node: int, threads: int, news: Any) -> None:
    """Be one of the processes; of the first one the progress is told."""
    import torch

    first = rank == node == 0
    # The names are torchrun's, for Lightning to find.
    os.environ |= {
        "MASTER_ADDR": group.address,
        "MASTER_PORT": str(group.port),
        "RANK": str(node * group.devices + rank),
        "LOCAL_RANK": str(rank),
        "GROUP_RANK": str(node),
        "WORLD_SIZE": str(group.num_nodes * group.devices),
        "LOCAL_WORLD_SIZE": str(group.devices),
        "TORCHELASTIC_RUN_ID": "painscope",
    }
    torch.set_num_threads(threads)
    try:
        group.train(progress=(lambda *steps: news.put(steps)) if first else None)
    except PainscopeError as error:
        news.put(error)
        raise


def _on_ray(
    train: Callable[..., Any], devices: int, num_nodes: int, on: str, progress: Progress | None
) -> None:
    """Let a task on each node of a cluster start the processes there."""
    with connected(on):
        import ray
        from ray.util.placement_group import placement_group, remove_placement_group
        from ray.util.queue import Queue
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        needed = _needed(ray.nodes(), devices, num_nodes)
        room = placement_group([needed] * num_nodes, strategy="STRICT_SPREAD")
        news = Queue(actor_options={"num_cpus": 0})  # of the first process

        def on_node(work: Callable[..., Any], node: int, *settings: Any) -> Any:
            place = PlacementGroupSchedulingStrategy(room, placement_group_bundle_index=node)
            task: Any = ray.remote(
                num_cpus=needed["CPU"],
                num_gpus=needed.get("GPU", 0),
                max_retries=0,
                scheduling_strategy=place,
            )
            return task(work).remote(*settings)

        try:
            group = _Group(train, devices, num_nodes, *ray.get(on_node(_meeting_point, 0)))
            told = (lambda *steps: news.put(steps)) if progress else None
            running = [on_node(_on_this_node, n, group, n, told) for n in range(num_nodes)]
            while running:
                over, running = ray.wait(running, timeout=LOOK_S)
                ray.get(over)  # raises what they raise
                if progress:
                    for steps in news.get_nowait_batch(news.qsize()):
                        progress(*steps)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayError as error:
            raise RunError(
                f"the training lost a node: {str(error).strip().splitlines()[0]}",
                hint="Start again: it goes on after the last whole epoch.",
            ) from error
        finally:
            remove_placement_group(room)  # with whoever still works there


def _needed(nodes: list[dict[str, Any]], devices: int, num_nodes: int) -> dict[str, int]:
    """Return what each node gives to the training: GPUs, if enough nodes have enough."""
    there = [node["Resources"] for node in nodes if node["Alive"]]
    for needed in ({"CPU": devices, "GPU": devices}, {"CPU": devices}):
        fit = [own for own in there if all(own.get(k, 0) >= n for k, n in needed.items())]
        if len(fit) >= num_nodes:
            return needed
    raise UsageError(
        f"the cluster has no {num_nodes} nodes of {devices} GPUs or cores each",
        hint="Lower num_nodes or devices.",
    )


def _meeting_point() -> tuple[str, int]:
    """Return an address of this machine that the others can reach, and a free port."""
    import ray

    return ray.util.get_node_ip_address(), _free_port()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return free.getsockname()[1]
