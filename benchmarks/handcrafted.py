"""Handcrafted features: how fast each family is and all together; how far blendshapes go.

    OMP_NUM_THREADS=1 python benchmarks/handcrafted.py [--assets DIR] [--seconds 8]

Reads the videos and the model in DIR (default: $PAINSCOPE_ASSETS, else ../shared/assets beside
the repository) and prints the numbers of docs/features.md. Together means: decode, find and
follow the face, crop, extract, write to a store. Processor time counts all threads, so that other
work on the machine disturbs it little; on N free cores a frame takes at least that time / N.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from painscope.face import CropBatch, FaceStream, make_locator
from painscope.face.locators import Locator
from painscope.features import (
    FAMILIES,
    UNIT_BLENDSHAPES,
    Extractor,
    HandcraftedFeatures,
    extract,
    fill_store,
    make_extractor,
    open_store,
)
from painscope.recording import Recording

VIDEOS = ("single_face.mp4", "expressions_pexels.mp4")


def main() -> None:
    default = os.environ.get("PAINSCOPE_ASSETS", Path(__file__).parents[2] / "shared" / "assets")
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--assets", type=Path, default=Path(default))
    arguments.add_argument("--seconds", type=float, default=8.0, help="of each video, at most")
    chosen = arguments.parse_args()
    locator = make_locator("mediapipe", model=chosen.assets / "models" / "face_landmarker.task")
    clips = [
        Recording(
            Path(name).stem, "s", None, None, chosen.assets / "videos" / name, 0.0, chosen.seconds
        )
        for name in VIDEOS
    ]
    families(clips, locator)
    together(clips, locator)
    blendshapes(clips, locator)


def families(clips: list[Recording], locator: Locator) -> None:
    batch = CropBatch.concatenate(list(FaceStream(clips[0], locator, size=128)))
    print("\n## Each family alone, on crops (milliseconds of processor time per frame)\n")
    print("| family | columns | ms |")
    print("|---|---|---|")
    for name in FAMILIES:
        extractor = make_extractor(name)
        extractor.extract(batch[:20], clips[0])  # opens what is opened once
        start = time.process_time()
        extractor.extract(batch, clips[0])
        spent = (time.process_time() - start) / len(batch)
        print(f"| {name} | {len(extractor.names)} | {1e3 * spent:.2f} |")


def together(clips: list[Recording], locator: Locator) -> None:
    extractor = HandcraftedFeatures()
    print(f"\n## All {len(extractor.names)} columns, from file to store\n")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before.\n")
    print(
        "| video | frames | frames/s | processor ms per frame | frames/s on 2 free cores, at most |"
    )
    print("|---|---|---|---|---|")
    run(clips[:1], extractor, locator)  # opens what is opened once
    for clip in clips:
        frames, wall, spent = run([clip], extractor, locator)
        each = 1e3 * spent / frames
        print(f"| {clip.id} | {frames} | {frames / wall:.0f} | {each:.1f} | {2e3 / each:.0f} |")


def run(clips: list[Recording], extractor: Extractor, locator: Locator) -> tuple[int, float, float]:
    with TemporaryDirectory() as folder:
        store = open_store(folder, extractor, locator=locator)
        wall, spent = time.perf_counter(), time.process_time()
        summary = fill_store(clips, extractor, store, locator=locator)
        return summary.n_frames, time.perf_counter() - wall, time.process_time() - spent


def blendshapes(clips: list[Recording], locator: Locator) -> None:
    table = extract(clips, make_extractor("mediapipe-blendshapes"), locator=locator)
    print("\n## How far blendshapes go on these videos (largest value)\n")
    for unit, names in UNIT_BLENDSHAPES.items():
        if names:
            top = np.nanmax(table[list(names)].to_numpy())
            print(f"AU{unit} {', '.join(names)}: {top:.3f}")


if __name__ == "__main__":
    main()
