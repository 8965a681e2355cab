"""Crops against a computation of their own in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.face import crop_face, crop_landmarks, square_around


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (120, 160, 3), dtype=np.uint8)


def padded_square(image: np.ndarray, left: int, top: int, side: int) -> np.ndarray:
    """Cut a square pixel by pixel; black outside."""
    square = np.zeros((side, side, 3), np.uint8)
    for row in range(side):
        for column in range(side):
            y, x = top + row, left + column
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                square[row, column] = image[y, x]
    return square


def test_square_shares_the_centre_and_adds_the_margin_on_both_ends():
    assert square_around(np.array([10, 20, 50, 100]), 0.0) == (-10, 20, 80)
    assert square_around(np.array([10, 20, 50, 100]), 0.25) == (-30, 0, 120)


@pytest.mark.parametrize("box", [(30, 20, 94, 84), (-20, -10, 44, 54), (120, 90, 184, 154)])
def test_a_crop_of_its_own_size_is_the_padded_square(image, box):
    crop = crop_face(image, np.array(box, np.float32), margin=0.0, size=64)
    np.testing.assert_array_equal(crop, padded_square(image, box[0], box[1], 64))


@pytest.mark.parametrize("factor", [2, 3])
def test_shrinking_averages_blocks(image, factor):
    size = 24
    side = size * factor
    crop = crop_face(image, np.array([100, 70, 100 + side, 70 + side]), margin=0.0, size=size)
    square = padded_square(image, 100, 70, side).astype(float)
    blocks = square.reshape(size, factor, size, factor, 3).mean(axis=(1, 3))
    assert np.abs(crop - blocks).max() <= 0.5 + 1e-9


def test_enlarging_interpolates_between_pixel_centres(image):
    side, size = 20, 50
    crop = crop_face(image, np.array([40, 30, 60, 50]), margin=0.0, size=size)
    square = image[30:50, 40:60].astype(float)
    position = np.clip((np.arange(size) + 0.5) * side / size - 0.5, 0, side - 1)
    low = np.minimum(position.astype(int), side - 2)
    share = position - low
    rows = square[low] * (1 - share)[:, None, None] + square[low + 1] * share[:, None, None]
    both = rows[:, low] * (1 - share)[:, None] + rows[:, low + 1] * share[:, None]
    assert np.abs(crop - both).max() <= 1.0


def test_a_box_beyond_the_image_gives_black(image):
    crop = crop_face(image, np.array([400, 400, 450, 450]), margin=0.1, size=32)
    assert crop.shape == (32, 32, 3)
    assert not crop.any()


def test_landmarks_move_into_the_crop():
    box = np.array([[10, 20, 30, 40], [np.nan] * 4], np.float32)
    landmarks = np.array([[[10, 20], [30, 40]], [[1, 1], [2, 2]]], np.float32)
    moved = crop_landmarks(landmarks, box, margin=0.5, size=80)
    np.testing.assert_allclose(moved[0], [[20, 20], [60, 60]])
    assert np.isnan(moved[1]).all()
