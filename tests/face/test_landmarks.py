"""Landmarks in iBUG's numbering, against virtual faces whose 68 are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.face import make_locator
from painscope.face.landmarks import MEDIAPIPE_68, to_68
from painscope.virtual import FaceMotion, Renderer, sample_person, sample_scene


def test_mediapipes_points_lie_on_the_true_ones(assets: Path):
    locator = make_locator("mediapipe", model=assets / "models" / "face_landmarker.task")
    still, found, true = FaceMotion.still(np.zeros(1)), [], []
    for seed in range(4):
        renderer = Renderer(sample_person(seed), sample_scene(seed), size=(256, 256))
        found.append(locator.locate(renderer.render(still, 0))[0].landmarks)
        true.append(renderer.landmarks(still, 0))
    points, truth = np.stack(found), np.stack(true)
    eyes = np.linalg.norm(truth[:, 36] - truth[:, 45], axis=1)

    def off(chosen: np.ndarray, number: int) -> float:
        """Return how far apart they are on average, in distances of the eyes' outer corners."""
        apart = (points[:, chosen] - truth[:, number]) / eyes[:, None]
        return float(np.hypot(*apart.mean(axis=0)))

    assert max(off(MEDIAPIPE_68[k], k) for k in range(17, 68)) < 0.15
    assert np.median([off(MEDIAPIPE_68[k], k) for k in range(17, 68)]) < 0.04
    for number, other in ((17, 71), (26, 301), (31, 75), (35, 305)):  # these are near, too
        assert off(MEDIAPIPE_68[number], number) < off(other, number)


def test_of_66_points_the_inner_corners_of_the_lips_are_the_outer_ones():
    points = np.arange(2 * 66 * 2).reshape(2, 66, 2)
    moved = to_68(points, "a test")
    assert moved.shape == (2, 68, 2)
    np.testing.assert_array_equal(moved[:, [60, 64]], points[:, [48, 54]])
    np.testing.assert_array_equal(np.delete(moved, [60, 64], axis=1), points)


def test_other_numbers_are_refused():
    with pytest.raises(UsageError, match="strain: the locator gives 5 landmarks"):
        to_68(np.zeros((1, 5, 2)), "strain")
