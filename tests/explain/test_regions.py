from __future__ import annotations

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.explain import ACTION_UNITS, face_mask, region_masks
from painscope.face.landmarks import MEDIAPIPE_68
from painscope.virtual import FaceMotion, Renderer, sample_person, sample_scene

SIZE = 160


@pytest.fixture(scope="module")
def faces() -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Landmarks and true regions of virtual faces, straight and turned."""
    found = []
    for seed in range(3):
        renderer = Renderer(sample_person(seed), sample_scene(seed), size=(SIZE, SIZE))
        motion = FaceMotion.still(np.arange(2.0))
        motion.pose[1] = (12, -6, 8)
        found += [(renderer.landmarks(motion, k), renderer.regions(motion, k)) for k in range(2)]
    return found


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_a_region_lies_where_the_unit_truly_shows(unit: str, faces):
    both = either = 0
    for landmarks, truth in faces:
        mask = region_masks(landmarks, SIZE, [unit])[0]
        both += (mask & truth[unit]).sum()
        either += (mask | truth[unit]).sum()
    assert both / either > 0.45


def test_a_region_is_the_same_on_both_sides(faces):
    landmarks = faces[0][0]
    from painscope.explain.regions import _MIRROR

    mirrored = (landmarks * [-1, 1] + [SIZE, 0])[_MIRROR]
    masks, other = region_masks(landmarks, SIZE), region_masks(mirrored, SIZE)
    assert (masks != other[:, :, ::-1]).mean() < 0.01


def test_mediapipes_points_give_the_same_regions(faces):
    landmarks = faces[0][0]
    points = np.zeros((478, 2))
    points[MEDIAPIPE_68] = landmarks
    expected = region_masks(points[MEDIAPIPE_68], SIZE)
    np.testing.assert_array_equal(region_masks(points, SIZE), expected)
    assert expected.any(axis=(1, 2)).all()


def test_a_region_stays_with_a_face_that_is_twice_as_near(faces):
    landmarks = faces[0][0]
    small, large = region_masks(landmarks, SIZE), region_masks(2 * landmarks, 2 * SIZE)
    share = large.mean(axis=(1, 2)) / small.mean(axis=(1, 2))
    np.testing.assert_allclose(share, 1, atol=0.05)


def test_without_landmarks_there_is_no_region():
    nothing = np.full((68, 2), np.nan)
    assert not region_masks(nothing, 32).any()
    assert not face_mask(nothing, 32).any()


def test_a_face_holds_its_regions(faces):
    landmarks = faces[0][0]
    inside = region_masks(landmarks, SIZE, ["AU4"])[0] & face_mask(landmarks, SIZE)
    assert inside.sum() > 0.9 * region_masks(landmarks, SIZE, ["AU4"])[0].sum()


def test_what_has_no_region_is_named():
    with pytest.raises(UsageError, match="AU45"):
        region_masks(np.zeros((68, 2)), 32, ["AU45"])
    with pytest.raises(UsageError, match="gives 0 landmarks"):
        region_masks(np.zeros((0, 2)), 32)
