"""One of several processes that fill the same store from the same list.

    python together.py FOLDER STORE NAME PROCESSES [network] [stuck]

Writes which recordings it extracts to FOLDER/NAME.txt, as it begins with them, after as many
processes as PROCESSES have come up. One that is to be stuck stops as it
begins with its second recording, the first not yet finished.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from interrupted import Means

from painscope.face import FaceStream, make_locator
from painscope.features import VGGFeatures, extraction, fill_store, open_store
from painscope.networks import random_checkpoint
from painscope.recording import Recording


def main() -> None:
    folder, root, name, processes = (*map(Path, sys.argv[1:3]), sys.argv[3], int(sys.argv[4]))
    videos = sorted((folder / "videos").glob("*.mp4"))
    recordings = [Recording(video.stem, "s", None, None, video) for video in videos]
    if "network" in sys.argv:
        extractor = VGGFeatures(random_checkpoint(width=1 / 16, input_size=32), precision="fp32")
    else:
        extractor = Means()
    locator = make_locator("precropped")
    store = open_store(root, extractor, locator=locator)
    trace = folder / f"{name}.txt"
    begun = 0

    class Traced(FaceStream):
        """Notes what is read; each recording that is extracted is read once."""

        def __init__(self, recording: Recording, *args, **settings) -> None:
            nonlocal begun
            super().__init__(recording, *args, **settings)
            with trace.open("a") as file:
                file.write(f"{recording.id}\n")
            begun += 1
            if "stuck" in sys.argv and begun == 2:
                (folder / "stuck").touch()
                time.sleep(600)

    extraction.FaceStream = Traced
    trace.touch()
    while len(list(folder.glob("*.txt"))) < processes:
        time.sleep(0.01)
    fill_store(recordings, extractor, store, locator=locator)


if __name__ == "__main__":
    main()
