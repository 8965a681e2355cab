"""The cascade of binary patterns: faces that are tilted or small."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.face.locators import LBPCascade


@pytest.mark.parametrize("tilt", [-30, -15, 15, 30])
def test_the_cascade_finds_a_tilted_face_where_it_is(portrait, tilt):
    import cv2

    turn = cv2.getRotationMatrix2D((222, 120), tilt, 1.0)
    turned = cv2.warpAffine(portrait, turn, portrait.shape[1::-1])
    [upright, *_] = LBPCascade().locate(portrait)
    [face, *_] = LBPCascade().locate(turned)
    centres = [(box[:2] + box[2:]) / 2 for box in (upright.box, face.box)]
    assert np.linalg.norm(centres[0] - centres[1]) < 0.35 * (upright.box[3] - upright.box[1])


def test_more_detail_finds_a_smaller_face(portrait):
    import cv2

    small = np.full((720, 1280, 3), 127, np.uint8)
    small[200:400, 600:800] = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    assert not LBPCascade().locate(small)
    [face] = LBPCascade(detail=1280).locate(small)
    assert 600 < (face.box[0] + face.box[2]) / 2 < 800


def test_the_cascades_box_is_like_the_one_around_landmarks(mediapipe_locator, portrait):
    from painscope.face.tracker import overlap

    [landmarks] = mediapipe_locator.locate(portrait)
    cascade = LBPCascade().locate(portrait)[0]
    assert overlap([landmarks.box], [cascade.box])[0, 0] > 0.75
