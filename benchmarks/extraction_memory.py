"""Peak memory of extraction for a 2-minute and a 60-minute video: it must not grow.

    python benchmarks/extraction_memory.py

Each extraction runs in a process of its own, locator, network and store included, on a video
of a face that shakes a little. Prints both peaks and their ratio; exit status 1 if the
ratio is above 1.05.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

MINUTES = (2, 60)
LIMIT = 1.05
RATE = 30


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--locator", default="lbp-cascade", help="default: %(default)s")
    arguments.add_argument("--width", type=float, default=0.25, help="of the network")
    arguments.add_argument("--size", type=int, default=64, help="of the crops, pixels")
    arguments.add_argument("--picture", type=int, default=320, help="height, pixels")
    arguments.add_argument("--minutes", type=int, nargs=2, default=MINUTES)
    arguments.add_argument("--video", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.video:
        measure(Path(chosen.video), chosen)
        return 0
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        for minutes in chosen.minutes:
            video = Path(folder) / f"{minutes}.mp4"
            write_video(video, seconds=60 * minutes, height=chosen.picture)
            call = [sys.executable, __file__, *sys.argv[1:], "--video", str(video)]
            told = subprocess.run(call, check=True, capture_output=True, text=True).stdout
            frames, peaks[minutes] = int(told.split()[0]), float(told.split()[1])
            print(f"{minutes:3d} min, {frames:6d} frames: peak {peaks[minutes]:7.1f} MiB")
    ratio = peaks[chosen.minutes[1]] / peaks[chosen.minutes[0]]
    print(f"ratio {ratio:.3f} (at most {LIMIT})")
    return int(ratio > LIMIT)


def measure(video: Path, chosen: argparse.Namespace) -> None:
    """Extract one video and print its number of frames and the process's peak in MiB."""
    from painscope.face import make_locator
    from painscope.features import VGGFeatures, fill_store, open_store
    from painscope.networks import random_checkpoint
    from painscope.recording import Recording

    locator = make_locator(chosen.locator)
    extractor = VGGFeatures(random_checkpoint(width=chosen.width, input_size=chosen.size))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder, extractor, locator=locator, rate=RATE)
        recording = Recording("video", "nobody", None, None, video)
        summary = fill_store([recording], extractor, store, locator=locator)
        assert not summary.failed, summary.failed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(summary.n_frames, peak)


def write_video(path: Path, *, seconds: int, height: int) -> None:
    """Write H.264 of scikit-image's astronaut, whose face every locator finds, shaking a little."""
    import av
    import numpy as np
    from skimage.data import astronaut
    from skimage.transform import resize

    picture = (resize(astronaut(), (height, height)) * 255).astype(np.uint8)
    loop = [np.roll(picture, (k % 5, k % 7), (0, 1)) for k in range(35)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width = stream.height = height - height % 2
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast"}
        for k in range(round(seconds * RATE)):
            image = loop[k % len(loop)][: stream.height, : stream.width]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    sys.exit(main())
