"""What locating the face in every n-th frame only does to boxes and features.

    python benchmarks/locate_every.py VIDEO.mp4 [OTHER.mp4 ...]

Prints, against locating in every frame: the difference of boxes in sides of the box, how alike
the crops' features are (cosine, on every seventh frame; for comparison, the smallest cosine of
two such frames of the same video, all located) and the share of frames that have a box and that
count as found.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from precision import cosine

EVERY = (1, 2, 3, 5)
#: Frames whose features are compared: mostly frames that were not searched.
STEP = 7


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("video", nargs="+", type=Path)
    arguments.add_argument("--locator", default="auto", help="default: %(default)s")
    arguments.add_argument("--checkpoint", type=Path, help="default: random weights")
    chosen = arguments.parse_args()

    from painscope.face import CropBatch, FaceStream, make_locator
    from painscope.features import VGGFeatures
    from painscope.networks import load_checkpoint, random_checkpoint

    locator = make_locator(chosen.locator)
    network = load_checkpoint(chosen.checkpoint) if chosen.checkpoint else random_checkpoint()
    extractor = VGGFeatures(network, precision="fp32")
    size = network.card.input_size
    print("| video | every | box: median | 95 % | cosine: smallest | of two frames | box | found |")
    print("|---|---|---|---|---|---|---|---|")
    for video in chosen.video:
        reference = None
        for every in EVERY:
            stream = FaceStream(video, locator, locate_every=every, size=size)
            parts = [batch for batch in stream]
            track = CropBatch.concatenate(parts).track
            crops = np.concatenate([batch.crops for batch in parts])[::STEP]
            values = extractor.engine(crops)
            reference = reference or (track, values)
            both = track.has_box & reference[0].has_box
            side = (reference[0].box[:, 2:] - reference[0].box[:, :2]).max(1)
            moved = np.abs(track.box - reference[0].box).max(1)[both] / side[both]
            alike = cosine(values, reference[1])[both[::STEP]]
            seen = reference[1][reference[0].has_box[::STEP]]
            other = min(cosine(seen, np.roll(seen, k, 0)).min() for k in range(len(seen)))
            print(
                f"| {video.stem} | {every} | {np.median(moved):.3f} | "
                f"{np.percentile(moved, 95):.3f} | {alike.min():.4f} | {other:.4f} | "
                f"{track.has_box.mean():.3f} | {track.found.mean():.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
