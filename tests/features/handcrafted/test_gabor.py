"""Gabor energies against filtering in space, and what they react to."""

from __future__ import annotations

import cv2
import numpy as np

from painscope.features import GaborFeatures
from painscope.features.handcrafted.gabor import gabor_bank
from painscope.features.handcrafted.grey import grey


def test_filtering_in_space_gives_the_same(real, recording) -> None:
    values = GaborFeatures().extract(real[:1], recording)[0].reshape(32, 4, 4)
    small = cv2.resize(grey(real.crops)[0], (64, 64), interpolation=cv2.INTER_AREA).astype(float)
    picture = (small - small.mean()) / small.std()
    for k, kernel in enumerate(gabor_bank()):
        # OpenCV correlates; turned by half a circle, that is convolution.
        flipped = np.ascontiguousarray(kernel[::-1, ::-1])
        parts = [
            cv2.filter2D(picture, cv2.CV_64F, part, borderType=cv2.BORDER_REFLECT_101)
            for part in (flipped.real, flipped.imag)
        ]
        expected = np.hypot(*parts).reshape(4, 16, 4, 16).mean(axis=(1, 3))
        np.testing.assert_allclose(values[k], expected, rtol=0.02, atol=2e-3)


def test_stripes_answer_in_their_direction_and_fineness(recording, batch_of) -> None:
    x = np.arange(128) / 2  # in pixels of the 64 × 64 picture
    upright = np.broadcast_to(120 + 100 * np.sin(2 * np.pi * x / 8), (128, 128))
    for picture, direction in ((upright, 0), (upright.T, 4)):
        crop = np.repeat(picture[None, ..., None], 3, axis=3).astype(np.uint8)
        energies = GaborFeatures().extract(batch_of(crop), recording).reshape(4, 8, 16).mean(2)
        assert np.unravel_index(energies.argmax(), energies.shape) == (2, direction)


def test_brightness_and_contrast_do_not_count(real, recording, batch_of) -> None:
    values = GaborFeatures().extract(real[:2], recording)
    other = batch_of((real.crops[:2] * 0.6 + 60).astype(np.uint8))
    np.testing.assert_allclose(GaborFeatures().extract(other, recording), values, atol=0.03)


def test_a_flat_picture_has_no_energy(recording, batch_of) -> None:
    flat = batch_of(np.full((1, 128, 128, 3), 90, np.uint8))
    assert np.abs(GaborFeatures().extract(flat, recording)).max() < 1e-6
