"""Strain: right for known movements, blind to light, deaf to the crop's own scale."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from painscope.features import StrainFeatures
from painscope.features.handcrafted.strain import SMOOTHING, strain_magnitude

NAMES = StrainFeatures.names


def warped(crop: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Move a picture by an affine map [2, 3] about its centre."""
    around = np.array([[1, 0, 63.5], [0, 1, 63.5], [0, 0, 1]])
    whole = around @ np.vstack([matrix, [0, 0, 1]]) @ np.linalg.inv(around)
    return cv2.warpAffine(
        crop, whole[:2], (128, 128), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


def strain_of(crops: list[np.ndarray], batch_of, recording, **settings: object) -> np.ndarray:
    return StrainFeatures().extract(batch_of(np.stack(crops), **settings), recording)


def test_the_tensor_by_hand() -> None:
    flow = np.random.default_rng(0).normal(0, 2, (40, 50, 2)).astype(np.float32)
    smooth = cv2.GaussianBlur(flow, (0, 0), SMOOTHING).astype(float)
    y, x = 17, 23
    gradient = np.empty((2, 2))
    for k in range(2):
        gradient[k] = (
            (smooth[y, x + 1, k] - smooth[y, x - 1, k]) / 2,
            (smooth[y + 1, x, k] - smooth[y - 1, x, k]) / 2,
        )
    tensor = (gradient + gradient.T) / 2
    assert strain_magnitude(flow)[y, x] == pytest.approx(np.linalg.norm(tensor), rel=1e-5)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[1, 0, 3], [0, 1, -2]], 0.0),  # moved
        ([[1, -0.03, 0], [0.03, 1, 0]], 0.0),  # turned by less than 2°
        ([[1.03, 0, 0], [0, 1.03, 0]], 0.03 * np.sqrt(2)),  # grown
        ([[1.05, 0, 0], [0, 1, 0]], 0.05),  # widened
        ([[1, 0.06, 0], [0, 1, 0]], 0.03 * np.sqrt(2)),  # sheared
    ],
)
def test_known_movements_of_a_real_face(real, recording, batch_of, matrix, expected) -> None:
    first = real.crops[0]
    values = strain_of([first, warped(first, np.array(matrix, float))], batch_of, recording)
    assert values[0].tolist() == values[1].tolist(), "the first frame repeats the second's"
    mean = values[1, NAMES.index("strain_face_mean")] / 30
    # The flow has errors of its own: a quarter of what widening by 5 % does.
    assert mean == pytest.approx(expected, rel=0.25, abs=0.0125)


def test_a_change_of_light_is_no_motion(real, recording, batch_of) -> None:
    first = np.clip(real.crops[0], 0, 200)
    brighter = (first + 40).astype(np.uint8)
    still = strain_of([first, brighter], batch_of, recording)[1]
    widened = strain_of(
        [first, warped(first, np.array([[1.05, 0, 0], [0, 1, 0.0]]))], batch_of, recording
    )
    assert still[0] < 0.05 * widened[1, 0]


def test_where_the_face_moves(real, recording, batch_of) -> None:
    first = real.crops[0]
    pulled = first.copy()
    y, x = np.indices((128, 128)).astype(np.float32)
    bump = 4 * np.exp(-((x - 90) ** 2 + (y - 90) ** 2) / 200)  # lower right of the picture
    pulled = cv2.remap(first, x, y + bump, cv2.INTER_CUBIC)
    values = dict(zip(NAMES, strain_of([first, pulled], batch_of, recording)[1], strict=True))
    others = [
        values[f"strain_{part}_mean"] for part in ("upper_right", "upper_left", "lower_right")
    ]
    assert values["strain_lower_left_mean"] > 3 * max(others), "the person's left"


def test_the_scale_of_the_crop_is_taken_out(real, recording, batch_of) -> None:
    first = real.crops[0]
    grown = warped(first, np.array([[1.04, 0, 0], [0, 1.04, 0.0]]))
    # The face is the same; its box, and so its crop, has become smaller.
    box = np.array([[0, 0, 104, 104], [0, 0, 100, 100]])
    told = strain_of([first, grown], batch_of, recording, box=box)[1, 0]
    untold = strain_of([first, grown], batch_of, recording)[1, 0]
    assert told < 0.4 * untold


def test_a_frame_alone_has_none(real, recording) -> None:
    assert np.isnan(StrainFeatures().extract(real[:1], recording)).all()
