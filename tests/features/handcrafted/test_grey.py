from __future__ import annotations

import cv2
import numpy as np

from painscope.features.handcrafted.grey import grey


def test_grey_is_opencvs(real) -> None:
    expected = [cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in real.crops]
    np.testing.assert_array_equal(grey(real.crops), expected)
