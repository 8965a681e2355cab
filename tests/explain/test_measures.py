from __future__ import annotations

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.explain import gain, mass_inside, pointing_game


def test_mass_counts_what_speaks_for_the_class():
    maps = np.array([[[3.0, 1.0], [-5.0, 0.0]], [[-1.0, 0.0], [0.0, 0.0]]])
    masks = np.zeros((2, 2, 2, 2), bool)
    masks[:, 0, 0] = True
    found = mass_inside(maps, masks)
    np.testing.assert_array_equal(found, [[1.0, np.nan], [np.nan, np.nan]])
    masks[:, 1, :, 0] = True
    np.testing.assert_array_equal(mass_inside(maps, masks[:, 1]), [0.75, np.nan])


def test_pointing_hits_the_region_or_not():
    maps = np.zeros((3, 9, 9))
    maps[:, 4, 7] = 1
    masks = np.zeros((3, 9, 9), bool)
    masks[0, 4, 7] = masks[1, 4, 6] = True
    np.testing.assert_array_equal(pointing_game(maps, masks), [1, 0, np.nan])


def test_a_gain_counts_people_not_pictures():
    subjects = ["a"] * 100 + ["b", "c", "d", "e"]
    values = np.array([1.0] * 100 + [0.0] * 4)
    found = gain(values, np.zeros(104), subjects)
    assert found.value == pytest.approx(0.2)
    assert found.low == 0
    steady = gain(np.full(104, 0.3), np.full(104, 0.1), subjects)
    assert (steady.low, steady.high) == (pytest.approx(0.2), pytest.approx(0.2))


def test_few_people_have_no_interval_and_nobody_is_an_error():
    assert np.isnan(gain(np.ones(2), np.zeros(2), ["a", "b"]).low)
    with pytest.raises(UsageError, match="no picture"):
        gain(np.full(2, np.nan), np.zeros(2), ["a", "b"])
