from __future__ import annotations

import numpy as np

from painscope.virtual.anatomy import (
    ABOVE_MOUTH,
    P,
    Q,
)
from painscope.virtual.head import build_head
from painscope.virtual.people import sample_person


def test_the_canonical_face_is_measured_in_millimetres():
    assert P.shape == Q.shape == ABOVE_MOUTH.shape
    head = build_head(sample_person(9))
    width, height, depth = np.ptp(head.points, axis=0)
    assert 130 < width < 175
    assert 200 < height < 260
    assert depth > 120
    assert 50 < head.eye_centres[0, 0] - head.eye_centres[1, 0] < 75
