"""Extraction on Ray: how much faster two workers of one thread each are than one.

    python benchmarks/cluster.py

Clips of a face go through VGG16 with random weights, on a Ray cluster started on this
machine, with one worker and with two, in turn, each on a core of its own: else one worker, which
decodes and locates while its network computes, would take more than one core already. A worker's
start (Ray, torch, the network) is not counted: time runs from the first finished handful to the
last. Prints the frames per second of each and their ratio; exit status 1 if the ratio is below 1.7.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

os.environ["OMP_NUM_THREADS"] = "1"  # before any numeric library counts the cores

if TYPE_CHECKING:
    from painscope.features import VGGFeatures

LEAST = 1.7
RATE = 30
SEATS: list[IO[str]] = []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=0.5, help="of the network: %(default)s")
    parser.add_argument("--clips", type=int, default=32, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=4, help="of a clip: %(default)s")
    parser.add_argument("--locator", default="lbp-cascade", help="default: %(default)s")
    parser.add_argument("--times", type=int, default=2, help="rounds: %(default)s")
    chosen = parser.parse_args()

    import ray
    from extraction_memory import write_video

    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "clip.mp4"
        write_video(video, seconds=chosen.seconds, height=360)
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        speeds: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(chosen.times):
            for workers in speeds:
                speeds[workers].append(measure(video, workers, chosen))
                print(f"{workers} worker(s): {speeds[workers][-1]:6.1f} frames/s", flush=True)
        ray.shutdown()
    ratio = statistics.median(speeds[2]) / statistics.median(speeds[1])
    print(f"ratio {ratio:.2f} (at least {LEAST})")
    return int(ratio < LEAST)


def on_a_core(make: Callable[[], VGGFeatures]) -> VGGFeatures:
    """Confine the process to a core that no other worker has, then make its extractor."""
    for core in sorted(os.sched_getaffinity(0)):
        seat = open(Path(tempfile.gettempdir()) / f"painscope-core-{core}", "w")  # noqa: SIM115
        try:
            fcntl.flock(seat, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            seat.close()
            continue
        SEATS.append(seat)  # as long as the process lives
        os.sched_setaffinity(0, {core})
        return make()
    raise RuntimeError("more workers than cores")


def measure(video: Path, workers: int, chosen: argparse.Namespace) -> float:
    """Return the frames per second of a number of workers, once all are at work."""
    from painscope.face import make_locator
    from painscope.features import VGGFeatures, fill_store_on_ray, open_store
    from painscope.networks import random_checkpoint
    from painscope.recording import Recording

    locator = make_locator(chosen.locator)
    make = partial(VGGFeatures, random_checkpoint(width=chosen.width), device="cpu")
    recordings = [Recording(f"r{k:03d}", "nobody", None, None, video) for k in range(chosen.clips)]
    marks: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder, make(), locator=locator, rate=RATE)
        summary = fill_store_on_ray(
            recordings,
            partial(on_a_core, make),
            store,
            locator=locator,
            workers=workers,
            progress=lambda done, total: marks.append((time.perf_counter(), done)),
        )
    assert not summary.failed, summary.failed
    first = marks[workers - 1]  # every worker has finished a handful, or nearly
    frames = summary.n_frames * (marks[-1][1] - first[1]) / chosen.clips
    return frames / (marks[-1][0] - first[0])


if __name__ == "__main__":
    sys.exit(main())
