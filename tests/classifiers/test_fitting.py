from __future__ import annotations

import numpy as np
import torch

from painscope.classifiers.fitting import frame_batch, sequence_batch


def clip(first: float, frames: int, target: int) -> tuple[np.ndarray, int]:
    return np.full((frames, 2), first, np.float32) + np.arange(frames)[:, None] / 1000, target


def test_sequences_are_laid_end_to_end() -> None:
    (steps, lengths), targets = sequence_batch([clip(1, 3, 0), clip(5, 2, 2)], True)
    assert steps.shape == (5, 2)
    assert steps.dtype == torch.float32
    assert lengths.tolist() == [3, 2]
    assert targets.tolist() == [0, 2]


def test_validation_frames_are_evenly_spaced() -> None:
    (frames,), targets = frame_batch([clip(0, 10, 1), clip(9, 3, 2)], False, frames=5)
    np.testing.assert_allclose(frames[:5, 0], [0, 0.002, 0.004, 0.006, 0.008], atol=1e-6)
    assert len(frames) == 8
    assert targets.tolist() == [1] * 5 + [2] * 3


def test_training_frames_are_drawn_anew_from_torch_s_generator() -> None:
    clips = [clip(0, 100, 1)]
    torch.manual_seed(0)
    first, second = (frame_batch(clips, True, frames=10)[0][0] for _ in range(2))
    torch.manual_seed(0)
    again = frame_batch(clips, True, frames=10)[0][0]
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert len(first[:, 0].unique()) == 10
