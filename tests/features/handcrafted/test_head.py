"""Head pose and motion against rotations that are known."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.features import HeadMotion, HeadPose
from painscope.features.handcrafted.head import _RIGID
from painscope.features.handcrafted.points import _NUMBERS
from painscope.virtual.motion import FaceMotion

AXES = ("yaw", "pitch", "roll")


def rotation(axis: str, angle: float) -> np.ndarray:
    """Turn right-down-away coordinates by degrees in the direction that the docs call positive."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return {
        "yaw": np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]),
        "pitch": np.array([[1, 0, 0], [0, c, s], [0, -s, c]]),
        "roll": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def projected(turn: np.ndarray, scale: float = 8.0, at: tuple[float, float] = (160, 120)):
    """Return 68 landmarks [68, 2] of which the rigid ones are the canonical face, turned."""
    points = np.zeros((68, 2))
    for name, place in _RIGID.items():
        points[_NUMBERS[name]] = (turn @ (np.array(place) * (1, -1, -1)))[:2] * scale + at
    return points


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("angle", [-40, -10, 0, 25])
def test_the_canonical_face_turned(axis, angle, recording, with_landmarks) -> None:
    batch = with_landmarks(projected(rotation(axis, angle))[None])
    expected = np.where(np.array(AXES) == axis, angle, 0)
    np.testing.assert_allclose(HeadPose().extract(batch, recording)[0], expected, atol=0.05)


def test_all_three_at_once(recording, with_landmarks) -> None:
    turn = rotation("roll", 15) @ rotation("yaw", -20) @ rotation("pitch", 10)
    yaw, pitch, roll = HeadPose().extract(with_landmarks(projected(turn)[None]), recording)[0]
    assert roll == pytest.approx(15, abs=7)
    facing = turn @ (0, 0, -1)
    assert yaw == pytest.approx(np.degrees(np.arctan2(facing[0], -facing[2])), abs=0.1)
    assert pitch == pytest.approx(np.degrees(np.arcsin(-facing[1])), abs=0.1)


@pytest.mark.parametrize("axis", AXES)
def test_virtual_heads(axis, true_track, recording) -> None:
    motion = FaceMotion.still(np.arange(9) / 30)
    true = np.linspace(-20, 20, 9)
    motion.pose[:, AXES.index(axis)] = true
    found = HeadPose().extract(true_track(motion), recording)
    mine = found[:, AXES.index(axis)]
    assert np.corrcoef(mine, true)[0, 1] > 0.99
    slope = np.polyfit(true, mine, 1)[0]
    assert 0.9 < slope < 1.45, "noses and cameras differ from the canonical ones"
    others = np.delete(found, AXES.index(axis), axis=1)
    assert np.ptp(others, axis=0).max() < 8


def test_speeds_of_known_motion(recording, with_landmarks) -> None:
    """Turning by 60° a second, half an inter-ocular distance to the right a second, growing."""
    unit = np.linalg.norm(
        np.mean([_RIGID[f"left_eye_{e}"] for e in ("inner", "outer")], axis=0)[:2]
        - np.mean([_RIGID[f"right_eye_{e}"] for e in ("inner", "outer")], axis=0)[:2]
    )
    frames = np.arange(5)
    rolled = [projected(rotation("roll", 2 * k), at=(0, 0)) for k in frames]
    speed = HeadMotion().extract(with_landmarks(np.stack(rolled)), recording)
    np.testing.assert_allclose(speed[:, 2], 60, rtol=1e-3)
    np.testing.assert_allclose(speed[:, :2], 0, atol=0.1)
    moved = [projected(np.eye(3), at=(8 * unit * 0.5 * k / 30, 0)) for k in frames]
    speed = HeadMotion().extract(with_landmarks(np.stack(moved)), recording)
    np.testing.assert_allclose(speed[:, 3:], [[0.5, 0, 0]] * 5, atol=2e-3)
    grown = [projected(np.eye(3), scale=8 * 1.01**k, at=(0, 0)) for k in frames]
    speed = HeadMotion().extract(with_landmarks(np.stack(grown)), recording)
    np.testing.assert_allclose(speed[:, 5], 30 * np.log(1.01), rtol=1e-3)


def test_no_jump_where_degrees_begin_again(recording, with_landmarks) -> None:
    turned = [projected(rotation("roll", 178 + 2 * k)) for k in range(3)]
    speed = HeadMotion().extract(with_landmarks(np.stack(turned)), recording)
    np.testing.assert_allclose(speed[:, 2], 60, rtol=1e-3)


def test_a_frame_alone_has_a_pose_and_no_motion(real, recording) -> None:
    assert np.isfinite(HeadPose().extract(real[:1], recording)).all()
    assert np.isnan(HeadMotion().extract(real[:1], recording)).all()
