"""What many short clips cost more than one long one of as many frames.

    python benchmarks/short_clips.py --clips 1000 --seconds 2

A virtual face, `lbp-cascade`, and VGG16 of a quarter of its width: on a plain processor about as
fast as the whole one with the arithmetic of a new one, so that the overhead is not hidden behind
the network. Exit status 1 if the short clips are slower by 15 % or more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 0.15


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--clips", type=int, default=1000)
    arguments.add_argument("--seconds", type=float, default=2.0, help="of each")
    arguments.add_argument("--width", type=float, default=0.25, help="of the network")
    chosen = arguments.parse_args()

    from painscope.experiments.bench import write_face_video
    from painscope.face import make_locator
    from painscope.features import VGGFeatures, fill_store, open_store
    from painscope.networks import random_checkpoint
    from painscope.recording import Recording

    locator = make_locator("lbp-cascade")
    extractor = VGGFeatures(random_checkpoint(width=chosen.width))
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_face_video(root / "short.mp4", seconds=chosen.seconds)
        write_face_video(root / "long.mp4", seconds=chosen.seconds * chosen.clips)
        for name, clips in (("long", 1), ("short", chosen.clips)):
            video = root / f"{name}.mp4"
            recordings = [Recording(f"r{k}", "s", None, None, video) for k in range(clips)]
            store = open_store(root / name, extractor, locator=locator)
            start = time.perf_counter()
            summary = fill_store(recordings, extractor, store, locator=locator)
            assert not summary.failed, summary.failed
            rates[name] = summary.n_frames / (time.perf_counter() - start)
            print(f"{clips:5d} × {name:5s} {summary.n_frames} frames: {rates[name]:.1f} frames/s")
    lost = 1 - rates["short"] / rates["long"]
    print(f"lost to overhead: {lost:.1%} (less than {LIMIT:.0%})")
    return int(lost >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
