"""Bring figures of studies and benchmarks to the docs, at a modest size.

python docs/figures/studies.py RUN/figures/concepts.png OUT/curves.png OUT/cascade.png
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent
WIDTH = 1260


def shrink(path: Path) -> Path:
    """Write a figure beside this file as ``study-NAME.webp``; return where."""
    target = FOLDER / f"study-{path.stem}.webp"
    with Image.open(path) as picture:
        height = round(picture.height * WIDTH / picture.width)
        picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS).save(
            target, quality=85
        )
    return target


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(shrink(Path(name)))
