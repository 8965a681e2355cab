"""What many short clips cost more than one long one of as many frames.

    python benchmarks/short_clips.py --clips 1000 --seconds 2

A virtual face, `lbp-cascade`, and VGG16 of a quarter of its width: on a plain processor about as
fast as the whole one with the arithmetic of a new one, so that the overhead is not hidden behind
the network. Long and short by turns, as often as `--times` says, each time into a new store; the
medians are compared, of the time that passed and of the processor's time, which others on the
machine hardly change. Exit status 1 if the short clips lose 15 % or more of the time that passed.

The narrower the network, the larger the share of the overhead: what is lost with one is more than
what is lost with a wider one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LIMIT = 0.15


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--clips", type=int, default=1000, help="default: %(default)s")
    arguments.add_argument("--seconds", type=float, default=2.0, help="of each: %(default)s")
    arguments.add_argument("--width", type=float, default=0.25, help="of the network: %(default)s")
    arguments.add_argument("--size", type=int, default=224, help="of the crops: %(default)s")
    arguments.add_argument("--locator", default="lbp-cascade", help="default: %(default)s")
    arguments.add_argument("--times", type=int, default=1, help="rounds: %(default)s")
    chosen = arguments.parse_args()

    from painscope.experiments.bench import write_face_video
    from painscope.features import VGGFeatures
    from painscope.networks import random_checkpoint

    extractor = VGGFeatures(random_checkpoint(width=chosen.width, input_size=chosen.size))
    costs: dict[str, list[tuple[float, float]]] = {"long": [], "short": []}
    with tempfile.TemporaryDirectory() as folder:
        for name, clips in (("short", 1), ("long", chosen.clips)):
            write_face_video(Path(folder) / f"{name}.mp4", seconds=chosen.seconds * clips)
        for _ in range(chosen.times):
            for name, clips in (("long", 1), ("short", chosen.clips)):
                video = Path(folder) / f"{name}.mp4"
                passed, worked = measure(video, clips, extractor, chosen.locator)
                costs[name].append((passed, worked))
                print(
                    f"{clips:5d} × {name:5s}: {1 / passed:6.1f} frames/s, "
                    f"processor {1000 * worked:5.2f} ms a frame",
                    flush=True,
                )
    lost = []
    for k, what in enumerate(("of the time that passed", "of the processor's time")):
        long, short = (statistics.median(cost[k] for cost in costs[n]) for n in ("long", "short"))
        lost.append(1 - long / short)
        print(f"lost to overhead, {what}: {lost[-1]:.1%} (less than {LIMIT:.0%})")
    return int(lost[0] >= LIMIT)


def measure(video: Path, clips: int, extractor: Any, locator_name: str) -> tuple[float, float]:
    """Return the seconds that passed, and those that processors worked, per frame."""
    from painscope.face import make_locator
    from painscope.features import fill_store, open_store
    from painscope.recording import Recording

    locator = make_locator(locator_name)
    recordings = [Recording(f"r{k}", "s", None, None, video) for k in range(clips)]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder, extractor, locator=locator)
        passed, worked = time.perf_counter(), time.process_time()
        summary = fill_store(recordings, extractor, store, locator=locator)
        passed, worked = time.perf_counter() - passed, time.process_time() - worked
    assert not summary.failed, summary.failed
    return passed / summary.n_frames, worked / summary.n_frames


if __name__ == "__main__":
    sys.exit(main())
