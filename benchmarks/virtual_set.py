"""How fast a whole virtual dataset is made: pictures, encoding, truth and signals together.

    python benchmarks/virtual_set.py DIR --people 8

Makes part of a full-size AI4Pain in DIR/people-8, which must not exist yet, on all cores. Says how
many frames per second of the clock on the wall that was, and what one frame cost of the processor's
time, all of the workers' (starting them and building people included).
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

from painscope.virtual import generate, make_layout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layout", default="ai4pain-2024")
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    settings = {"people": arguments.people, "seed": arguments.seed}
    layout, whole = (make_layout(arguments.layout, **s) for s in (settings, {}))
    frames, in_all = (
        sum(clip.frames for role in each.cast() for clip in each.clips(role))
        for each in (layout, whole)
    )
    root = arguments.folder / f"people-{arguments.people}"
    if root.exists():
        parser.error(f"{root} exists")

    begun = time.perf_counter()
    generate(arguments.layout, root, workers=arguments.workers, **settings)
    seconds = time.perf_counter() - begun
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(part.ru_utime + part.ru_stime for part in usage)
    print(
        f"{frames} frames of {arguments.people} people in {seconds:.0f} s on {arguments.workers} "
        f"workers: {frames / seconds:.0f} frames/s, {1000 * processor / frames:.1f} ms of the "
        f"processor each"
    )
    print(f"all {in_all} frames of {arguments.layout}: {in_all / frames * seconds / 60:.0f} min")


if __name__ == "__main__":
    main()
