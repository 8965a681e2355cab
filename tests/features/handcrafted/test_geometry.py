"""Geometry against plain trigonometry, and against what virtual faces really do."""

from __future__ import annotations

from math import acos, atan2, degrees, dist

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.features import GeometryFeatures
from painscope.virtual.motion import ACTION_UNITS, FaceMotion

NAMES = GeometryFeatures.names


def table(batch, recording) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, GeometryFeatures().extract(batch, recording).T, strict=True))


def held(**units: float) -> FaceMotion:
    """Seven frames from rest to these action units (AU12=5), both sides."""
    motion = FaceMotion.still(np.arange(7) / 30)
    for name, top in units.items():
        row = ACTION_UNITS.index(int(name.removeprefix("AU")))
        motion.action_units[:, row] = np.linspace(0, top, 7)[:, None]
    return motion


def test_plain_trigonometry_on_real_frames(real, recording) -> None:
    found = table(real[:4], recording)
    for frame in range(4):
        p = real.track.landmarks[frame].astype(float)
        right, left = (p[33] + p[133]) / 2, (p[263] + p[362]) / 2
        unit = dist(right, left)
        lids = (dist(p[160], p[144]) + dist(p[158], p[153])) / 2
        expected = {
            "eye_aperture_right": lids / unit,
            "mouth_aperture": dist(p[13], p[14]) / unit,
            "mouth_width": dist(p[61], p[291]) / unit,
            "brow_inner_height_left": dist(p[336], p[362]) / unit,
            "brow_gap": dist(p[107], p[336]) / unit,
            "nose_height_right": dist(p[98], p[133]) / unit,
        }
        a, b = p[0] - p[291], p[17] - p[291]
        expected["mouth_angle_left"] = degrees(acos(a @ b / np.hypot(*a) / np.hypot(*b)))
        level = atan2(left[1] - right[1], left[0] - right[0])
        to_corner = p[291] - (p[13] + p[14]) / 2
        expected["lip_corner_slope_left"] = degrees(level - atan2(to_corner[1], to_corner[0]))
        outwards = p[70] - p[107]
        expected["brow_slope_right"] = degrees(atan2(-outwards[1], -outwards[0]) - level)
        for name, value in expected.items():
            assert found[name][frame] == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_place_size_and_turn_do_not_count(real, recording, with_landmarks) -> None:
    points = real.track.landmarks[:5].astype(float)
    turn = np.radians(25)
    matrix = 1.7 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = with_landmarks(points @ matrix.T + (300, -50))
    plain = GeometryFeatures().extract(with_landmarks(points), recording)
    np.testing.assert_allclose(
        GeometryFeatures().extract(moved, recording), plain, rtol=2e-3, atol=2e-3
    )


def test_a_mirrored_face_swaps_sides(true_track, recording, with_landmarks) -> None:
    motion = held(AU12=4)
    motion.action_units[:, :, 1] = 0  # the left side alone
    batch = true_track(motion)
    found = table(batch, recording)
    assert found["lip_corner_slope_left"][-1] > found["lip_corner_slope_right"][-1] + 3
    # iBUG's numbers of a face in a mirror.
    order = np.arange(68)
    pairs = [(36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46), (17, 26), (19, 24),
             (21, 22), (31, 35), (48, 54)]  # fmt: skip
    for a, b in pairs:
        order[[a, b]] = b, a
    mirrored = batch.track.landmarks[:, order] * (-1, 1) + (320, 0)
    swapped = table(with_landmarks(mirrored), recording)
    for name in NAMES:
        other = name.replace("left", "×").replace("right", "left").replace("×", "right")
        np.testing.assert_allclose(swapped[name], found[other], rtol=1e-4, atol=1e-3)


def test_eyes_close_and_mouths_open(true_track, recording) -> None:
    motion = FaceMotion.still(np.arange(7) / 30)
    motion.blink[:] = np.linspace(0, 1, 7)[:, None]
    blink = table(true_track(motion), recording)
    for side in ("left", "right"):
        aperture = blink[f"eye_aperture_{side}"]
        assert (np.diff(aperture) < 0).all()
        assert aperture[-1] < 0.15 * aperture[0]
    assert np.ptp(blink["mouth_aperture"]) < 1e-3
    one_eye = FaceMotion.still(np.arange(2) / 30)
    one_eye.blink[1, 0] = 1  # the left
    wink = table(true_track(one_eye), recording)
    assert wink["eye_aperture_left"][1] < 0.2 * wink["eye_aperture_right"][1]
    assert (np.diff(table(true_track(held(AU25=5, AU26=5)), recording)["mouth_aperture"]) > 0).all()


@pytest.mark.parametrize(
    ("units", "column", "sign"),
    [
        ({"AU4": 5}, "brow_inner_height_left", -1),
        ({"AU4": 5}, "brow_gap", -1),
        ({"AU1": 5}, "brow_inner_height_right", 1),
        ({"AU2": 5}, "brow_outer_height_right", 1),
        ({"AU12": 5}, "lip_corner_slope_left", 1),
        ({"AU12": 5}, "cheek_height_left", -1),
        ({"AU15": 5}, "lip_corner_slope_right", -1),
        ({"AU20": 5}, "mouth_width", 1),
        ({"AU10": 5}, "nose_to_lip", -1),
        ({"AU25": 5, "AU27": 5}, "nose_to_chin", 1),
    ],
)
def test_columns_follow_the_action_units(true_track, recording, units, column, sign) -> None:
    change = np.diff(table(true_track(held(**units)), recording)[column])
    assert (sign * change > 0).all()


@pytest.mark.slow
def test_what_mediapipe_sees_of_closing_eyes(renderer, locator, recording, with_landmarks) -> None:
    motion = FaceMotion.still(np.arange(5) / 30)
    motion.blink[:] = np.linspace(0, 1, 5)[:, None]
    faces = [locator.locate(renderer.render(motion, k))[0] for k in range(5)]
    found = table(with_landmarks(np.stack([face.landmarks for face in faces])), recording)
    assert (np.diff(found["eye_aperture_left"][:4]) < 0).all()
    assert found["eye_aperture_left"][-1] < 0.25 * found["eye_aperture_left"][0]


@pytest.mark.parametrize("count", [0, 5])
def test_other_landmarks_do_not_serve(recording, with_landmarks, count) -> None:
    batch = with_landmarks(np.zeros((2, count, 2)))
    with pytest.raises(UsageError, match=f"geometry: the locator gives {count} landmarks"):
        GeometryFeatures().extract(batch, recording)
