from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from painscope.networks import Preprocessing
from painscope.recording import Recording
from painscope.training.frames import FrameSet
from painscope.training.task import score

CLASSES = ("no-pain", "high-pain")


def test_a_clip_is_judged_by_its_frames_mean_probability() -> None:
    """Two clips of three frames; in the second one sure frame outweighs two unsure ones."""

    class Given(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.anchor = torch.nn.Parameter(torch.zeros(1))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            pain = images[:, 0, 0, 0]
            return torch.stack([1 - pain, pain], dim=1).clamp(1e-6).log()

    pain = torch.tensor([0.1, 0.2, 0.6, 0.4, 0.45, 1.0])
    images = (pain[:, None, None, None] * 200).repeat(1, 2, 2, 3)
    recordings = tuple(Recording(n, n, None, None, Path(n)) for n in "ab")
    clip, target = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1])
    frames = FrameSet(tuple(map(Path, "uvwxyz")), clip, target, recordings, CLASSES)
    plain = Preprocessing(scale=1 / 200, mean=(0, 0, 0), std=(1, 1, 1))
    batches = [(images[:4], torch.zeros(4)), (images[4:], torch.zeros(2))]
    got = score(Given(), plain, batches, frames, "fp32")  # type: ignore[arg-type]
    assert got == {
        "frames": 6,
        "accuracy": pytest.approx(3 / 6),
        "f1": pytest.approx((4 / 7 + 2 / 5) / 2),
        "majority": 0.5,
        "clips": 2,
        "clip_accuracy": 1.0,
        "clip_f1": 1.0,
    }
