from __future__ import annotations

import numpy as np
import pytest

from painscope.training.loss import class_weights


def test_an_absent_class_weighs_nothing() -> None:
    assert class_weights(np.array([0, 0, 2, 2]), 3).tolist() == [1, 0, 1]


def test_weights_are_inverse_frequencies_and_one_on_average() -> None:
    targets = np.repeat([0, 1, 2], [246, 492, 492])
    weights = class_weights(targets, 3).numpy()
    assert weights[0] == pytest.approx(2 * weights[1]) == pytest.approx(2 * weights[2])
    assert weights[targets].mean() == pytest.approx(1)
