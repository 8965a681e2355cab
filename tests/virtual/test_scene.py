"""Scenes: reproducible, and lit as rooms are."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.virtual.scene import paint_background, sample_scene


def test_the_same_seed_gives_the_same_scene():
    assert sample_scene(17) == sample_scene(17) != sample_scene(18)


def test_a_background_is_light_of_the_right_size():
    for seed in range(12):
        image = paint_background(sample_scene(seed), (96, 64))
        assert image.shape == (64, 96, 3)
        assert image.dtype == np.float32
        assert 0.0 < image.min() <= image.max() < 3.0


def test_lights_come_from_before_and_above():
    for seed in range(40):
        scene = sample_scene(seed)
        assert np.linalg.norm(scene.key_direction) == pytest.approx(1)
        assert scene.key_direction[1] > 0.2
        assert scene.key_direction[2] > 0
