from __future__ import annotations

import numpy as np

from painscope.face import make_locator


def test_precropped_takes_the_whole_frame():
    [face] = make_locator("precropped").locate(np.zeros((40, 30, 3), np.uint8))
    assert face.box.tolist() == [0, 0, 30, 40]
