"""Pictures: the right size, the same every time, and true to their landmarks and regions."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.errors import PainscopeError
from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.people import sample_person
from painscope.virtual.render import Renderer
from painscope.virtual.scene import sample_scene

PAIN = {4: 4, 6: 4, 7: 4, 9: 3, 10: 3, 25: 2}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(sample_person(3), sample_scene(3), size=(192, 160), face_px=100)


def test_a_picture_has_the_size_asked_for(renderer):
    image = renderer.render(FaceMotion.held({}), 0)
    assert image.shape == (160, 192, 3)
    assert image.dtype == np.uint8
    assert image.std() > 20


def test_the_same_seeds_draw_the_same_picture(renderer):
    motion = FaceMotion.held(PAIN, pose=(10, 4, -3))
    other = Renderer(sample_person(3), sample_scene(3), size=(192, 160), face_px=100)
    np.testing.assert_array_equal(renderer.render(motion, 0), other.render(motion, 0))


def test_frames_may_be_drawn_in_any_order(renderer):
    motion = FaceMotion.still(np.arange(3) / 30)
    motion.action_units[1, ACTION_UNITS.index(4)] = 5
    motion.pose[2] = (20, 5, 5)
    forwards = [renderer.render(motion, k) for k in range(3)]
    backwards = [renderer.render(motion, k) for k in (2, 1, 0)][::-1]
    for one, two in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(one, two)


def test_noise_differs_between_frames(renderer):
    motion = FaceMotion.still(np.arange(2) / 30)
    one, two = (renderer.render(motion, k).astype(int) for k in range(2))
    difference = np.abs(one - two)
    assert 0 < difference.mean() < 8


@pytest.mark.parametrize("unit", [unit for unit in ACTION_UNITS if unit != 5])
def test_every_unit_shows_on_its_own_region(renderer, unit):
    motion = FaceMotion.still(np.zeros(1))
    rest = renderer.render(motion, 0).astype(int)
    region = renderer.regions(motion, 0)[f"AU{unit}"]
    motion.action_units[0, ACTION_UNITS.index(unit)] = 5
    region |= renderer.regions(motion, 0)[f"AU{unit}"]
    change = np.abs(renderer.render(motion, 0).astype(int) - rest).sum(axis=2)
    assert change[region].mean() > 2.5 * change[~region].mean()
    assert change[region].max() > 40


def test_regions_lie_on_the_face_and_apart(renderer):
    masks = renderer.regions(FaceMotion.held({25: 3}), 0)
    assert set(masks) == {f"AU{unit}" for unit in ACTION_UNITS}
    rows = {name: np.argwhere(mask)[:, 0].mean() for name, mask in masks.items()}
    assert all(mask.shape == (160, 192) and mask.dtype == bool for mask in masks.values())
    assert rows["AU1"] < rows["AU4"] < rows["AU43"] < rows["AU9"] < rows["AU12"] < rows["AU17"]
    assert not (masks["AU4"] & masks["AU17"]).any()
    # The lips' region takes in what opens between them.
    assert masks["AU25"].sum() > renderer.regions(FaceMotion.held({}), 0)["AU25"].sum()


def test_landmarks_are_in_order_and_follow_the_head(renderer):
    rest = renderer.landmarks(FaceMotion.held({}), 0)
    assert rest.shape == (68, 2)
    assert rest.dtype == np.float32
    assert rest[0, 0] < rest[36, 0] < rest[39, 0] < rest[42, 0] < rest[45, 0] < rest[16, 0]
    assert rest[19, 1] < rest[37, 1] < rest[30, 1] < rest[51, 1] < rest[57, 1] < rest[8, 1]
    turned = renderer.landmarks(FaceMotion.held({}, pose=(20, 0, 0)), 0)
    assert turned[30, 0] > rest[30, 0] + 5
    raised = renderer.landmarks(FaceMotion.held({}, pose=(0, 12, 0)), 0)
    assert raised[30, 1] < rest[30, 1] - 3
    tilted = renderer.landmarks(FaceMotion.held({}, pose=(0, 0, 12)), 0)
    assert tilted[27, 0] > rest[27, 0] + 3  # towards the left shoulder: the picture's right


def test_offset_moves_the_picture_in_shares_of_the_face(renderer):
    motion = FaceMotion.still(np.arange(2) / 30)
    motion.offset[1] = (0.1, -0.05)
    shift = renderer.landmarks(motion, 1) - renderer.landmarks(motion, 0)
    np.testing.assert_allclose(shift, np.tile([10, -5], (68, 1)), atol=1e-3)


def test_gaze_moves_the_iris(renderer):
    motion = FaceMotion.still(np.arange(2) / 30)
    motion.gaze[0], motion.gaze[1] = (-25, 0), (25, 0)
    points = renderer.landmarks(motion, 0)

    def darkest(frame: int) -> float:
        x0, x1 = int(points[42, 0]) + 1, int(points[45, 0])
        y = int(points[42:48, 1].mean())
        row = renderer.render(motion, frame)[y - 1 : y + 2, x0:x1].sum(axis=(0, 2))
        weight = (row.max() - row) ** 2.0
        return float((weight * np.arange(len(row))).sum() / weight.sum())

    assert darkest(1) > darkest(0) + 1.5


def test_plain_edges_are_an_option_and_much_the_same_picture():
    person, scene = sample_person(6), sample_scene(6)
    motion = FaceMotion.held(PAIN)
    smooth = Renderer(person, scene, size=(160, 160)).render(motion, 0).astype(int)
    plain = Renderer(person, scene, size=(160, 160), smooth=False).render(motion, 0).astype(int)
    difference = np.abs(smooth - plain)
    assert difference.mean() < 6
    assert difference.max() > 20


@pytest.mark.parametrize("seed", [3, 6, 44])
def test_no_background_shines_through_a_face(seed):
    renderer = Renderer(sample_person(seed), sample_scene(seed), size=(160, 160))
    renderer._background[:] = 40.0  # far brighter than any face
    motion = FaceMotion.held({}, pose=(8, 0, 0))
    points = renderer.landmarks(motion, 0)
    left, right = points[39, 0], points[42, 0]
    top, bottom = points[27, 1], points[33, 1]
    nose = renderer.render(motion, 0)[int(top) : int(bottom), int(left) : int(right)]
    assert nose.size > 300
    assert nose.min(axis=2).max() < 235


@pytest.mark.parametrize(("size", "face_px"), [((20, 20), None), ((320, 320), 4)])
def test_what_is_too_small_is_refused(size, face_px):
    with pytest.raises(PainscopeError, match="at least"):
        Renderer(sample_person(0), sample_scene(0), size=size, face_px=face_px)


@pytest.mark.parametrize("seed", range(40, 52))
def test_people_of_every_look_can_be_drawn(seed):
    renderer = Renderer(sample_person(seed), sample_scene(seed), size=(128, 128))
    image = renderer.render(FaceMotion.held(PAIN, pose=(24, -8, 8)), 0)
    points = renderer.landmarks(FaceMotion.held({}), 0).astype(int)
    cheek = image[points[30, 1] : points[30, 1] + 4, points[30, 0] - 12 : points[30, 0] + 12]
    assert cheek.mean() > 10
