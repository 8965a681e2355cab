from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from painscope.errors import VideoError
from painscope.features import calibration_crops


def test_faces_are_taken_evenly_from_every_video(make_video, grey, tmp_path: Path) -> None:
    videos = [make_video(tmp_path / f"{n}.mp4", np.full((n, 48, 64, 3), level, np.uint8))
              for n, level in ((120, 90), (60, 200))]  # fmt: skip
    crops = calibration_crops(videos, grey, size=32, most=10)
    assert crops.shape == (10, 32, 32, 3)
    levels = crops[:, 16, 16, 0].astype(int)
    assert levels[:5].max() < 110
    assert levels[5:].min() > 180
    np.testing.assert_array_equal(calibration_crops(videos, grey, size=32, most=10), crops)
    assert len(calibration_crops(videos, grey, size=32)) == 18, "three per second"


def test_a_video_without_a_face_is_refused(make_video, grey, tmp_path: Path) -> None:
    dark = make_video(tmp_path / "dark.mp4", np.zeros((30, 48, 64, 3), np.uint8))
    with pytest.raises(VideoError, match="no face was found by grey"):
        calibration_crops([dark], grey, size=32)
