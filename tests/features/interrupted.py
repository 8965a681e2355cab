"""Extracts a store, in a child that is killed at a random moment, again and again.

    python interrupted.py FOLDER KILLS SEED [network]

FOLDER has the videos; the store is FOLDER/store, and FOLDER/whole is one that nobody
disturbed. Prints how many recordings were done at each kill, how many half-written files the
kills left, and how many recordings that were done were extracted again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from painscope.face import make_locator
from painscope.features import fill_store, open_store
from painscope.recording import Recording

NETWORK = "network" in sys.argv
if NETWORK:
    from painscope.features import VGGFeatures
    from painscope.networks import random_checkpoint


class Means:
    """Mean colours of 4 × 4 places: an extractor that needs no network."""

    name = "means"
    names = tuple(f"m{k:03d}" for k in range(48))
    crop_size = 64
    reach = 0
    provenance = {"name": "means"}  # noqa: RUF012

    def extract(self, batch, recording):
        time.sleep(0.001 * len(batch))
        places = batch.crops.reshape(len(batch), 4, 16, 4, 16, 3)
        return places.mean((2, 4)).reshape(len(batch), -1).astype(np.float32)


def extract(folder: Path, store: Path) -> None:
    videos = sorted((folder / "videos").glob("*.mp4"))
    recordings = [Recording(video.stem, "s", None, None, video) for video in videos]
    if store.name == "first":
        recordings = []
    if NETWORK:
        extractor = VGGFeatures(random_checkpoint(width=1 / 16, input_size=32), precision="fp32")
    else:
        extractor = Means()
    locator = make_locator("precropped")
    fill_store(
        recordings, extractor, open_store(store, extractor, locator=locator), locator=locator
    )


def child(folder: Path, store: Path) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            extract(folder, store)
            status = 0
        finally:
            os._exit(status)
    return pid


def finished(store: Path) -> dict[str, int]:
    """When each recording that is done was written, in nanoseconds."""
    done = [path.stem for path in store.glob("*/status/[!.]*.json")]
    return {
        name: next(store.glob(f"*/features/{name}.parquet")).stat().st_mtime_ns for name in done
    }


def main() -> None:
    folder, kills, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    store = folder / "store"
    extract(folder, folder / "first")  # what is loaded late, before there are children
    start = time.perf_counter()
    assert os.waitpid(child(folder, folder / "whole"), 0)[1] == 0
    lasts = time.perf_counter() - start
    done: list[dict[str, int]] = []
    abandoned = 0
    for _ in range(kills):
        pid = child(folder, store)
        time.sleep(rng.uniform(0, lasts / 6))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        done.append(finished(store))
        abandoned += len(list(store.rglob(".*")))
    assert os.waitpid(child(folder, store), 0)[1] == 0
    end = finished(store)
    print(
        json.dumps(
            {
                "done": [len(names) for names in done],
                "abandoned": abandoned,
                "again": sum(end[name] != then for names in done for name, then in names.items()),
            }
        )
    )


if __name__ == "__main__":
    main()
