"""How fast virtual people are drawn, and how long one takes to build.

    OMP_NUM_THREADS=1 python benchmarks/virtual_render.py

One core: the compiled kernels have one thread, and OpenCV is told to use one. Times are of the
processor, not of the clock on the wall, so that neighbours on the machine matter less; they still
share its caches and its hyper-threads. Compilation (once per machine, kept on disk) is reported
apart.
"""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np

from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.people import sample_person
from painscope.virtual.render import Renderer
from painscope.virtual.scene import sample_scene


def lively_motion(frames: int) -> FaceMotion:
    """Return a motion in which everything moves a little."""
    motion = FaceMotion.still(np.arange(frames) / 30)
    swing = 0.5 + 0.5 * np.sin(np.arange(frames) / 9)
    for unit in (4, 6, 7, 9, 10, 12, 20, 25, 26):
        motion.action_units[:, ACTION_UNITS.index(unit)] = (4 * swing)[:, None]
    motion.pose[:, 0] = 20 * np.sin(np.arange(frames) / 25)
    motion.gaze[:, 0] = 8 * np.sin(np.arange(frames) / 7)
    return motion


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--first", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=320)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    motion = lively_motion(arguments.frames)

    start = time.perf_counter()
    Renderer(sample_person(0), sample_scene(0)).render(motion, 0)
    print(
        f"first picture, with compiling or loading the kernels: {time.perf_counter() - start:.1f} s"
    )

    builds, rates = [], {True: [], False: []}
    for seed in range(arguments.first, arguments.first + arguments.people):
        for smooth in (True, False):
            start = time.process_time()
            renderer = Renderer(
                sample_person(seed), sample_scene(seed), size=(arguments.size,) * 2, smooth=smooth
            )
            builds.append(time.process_time() - start)
            renderer.render(motion, 0)
            start = time.process_time()
            for frame in range(arguments.frames):
                renderer.render(motion, frame)
            rates[smooth].append(arguments.frames / (time.process_time() - start))
    print(f"building a person: median {np.median(builds):.2f} s, slowest {max(builds):.2f} s")
    for smooth, values in rates.items():
        kind = "smoothed edges" if smooth else "plain edges"
        print(
            f"{arguments.size}×{arguments.size}, {kind}: median {np.median(values):.0f} frames/s, "
            f"slowest person {min(values):.0f}, fastest {max(values):.0f}"
        )


if __name__ == "__main__":
    main()
