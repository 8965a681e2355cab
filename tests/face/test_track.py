"""Rows of frames and their crops, in parts and joined."""

from __future__ import annotations

import numpy as np
from tests.features.crops import crop_batch

from painscope.face import CropBatch


def test_batches_are_indexed_and_joined() -> None:
    batch = crop_batch(6, 8)
    part = batch[2:4]
    np.testing.assert_array_equal(part.crops, batch.crops[2:4])
    np.testing.assert_array_equal(part.track.time_s, batch.track.time_s[2:4])
    again = CropBatch.concatenate([batch[:2], part, batch[np.array([4, 5])]])
    np.testing.assert_array_equal(again.crops, batch.crops)
    np.testing.assert_array_equal(again.track.blendshapes, batch.track.blendshapes)
