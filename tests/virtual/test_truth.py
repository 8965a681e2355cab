"""Which row of the truth belongs to which picture of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from painscope.video import FrameReader
from painscope.virtual.truth import on_display
from painscope.virtual.writers.media import write_video


def test_the_rows_are_those_of_the_pictures_that_are_read(tmp_path: Path) -> None:
    # Some pictures come up to a millisecond after the moment at which one is asked for.
    time_s = np.arange(12) / 30 + np.tile([0, 0.00002, 0.00055, 0.0009], 3)
    greys = np.arange(20, 260, 20)
    images = (np.full((32, 32, 3), grey, np.uint8) for grey in greys)
    write_video(tmp_path / "clip.mp4", images, time_s, rate=30, size=(32, 32))
    shown = [
        int(np.abs(greys - image.mean()).argmin())
        for batch in FrameReader(tmp_path / "clip.mp4", rate=30)
        for image in batch.images
    ]
    assert shown[:6] == [0, 1, 2, 2, 4, 5]
    np.testing.assert_array_equal(on_display(time_s, np.arange(len(shown)) / 30), shown)
