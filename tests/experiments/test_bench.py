from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from painscope.errors import VideoError
from painscope.experiments.bench import bench, write_face_video
from painscope.networks import precision_facts, random_checkpoint
from painscope.video import FrameReader


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "face.mp4"
    write_face_video(path, seconds=5)
    return path


def test_the_virtual_face_moves_in_every_frame(video: Path) -> None:
    images = np.concatenate([batch.images for batch in FrameReader(video)])
    assert images.shape == (150, 360, 640, 3)
    assert np.abs(np.diff(images.astype(int), axis=0)).mean((1, 2, 3)).min() > 0.1


def test_the_numbers_fit_each_other(video: Path) -> None:
    told: list[tuple[int, int]] = []
    found = bench(
        video,
        checkpoint=random_checkpoint(width=1 / 8, input_size=64),
        locator="lbp-cascade",
        precision="fp32",
        seconds=0.5,
        rounds=1,
        progress=lambda step, done, total: told.append((done, total)),
    )
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert (found.precision, found.locator, found.engine) == ("fp32", "lbp-cascade", "torch")
    assert found.ratio == pytest.approx(found.whole_fps / found.plain_fps)
    assert 0 < found.network_share_of_peak == found.network_gflops / found.peak_gflops
    assert min(found.whole_cpu_ms, found.plain_cpu_ms) > 0
    assert found.precisions == precision_facts(torch.device(found.device))
    assert found.peak_rss_mib is None or found.peak_rss_mib > 100
    # Multiplications and additions of a VGG16 an eighth as wide, at 64 pixels: about 0.04e9.
    assert found.network_gflops / found.network_fps == pytest.approx(0.041, rel=0.2)


def test_a_video_without_a_face_is_refused(make_video, tmp_path: Path) -> None:
    grey = make_video(tmp_path / "grey.mp4", 40)
    with pytest.raises(VideoError, match="no face was found"):
        bench(grey, checkpoint=random_checkpoint(width=1 / 8, input_size=64), seconds=0.1)
