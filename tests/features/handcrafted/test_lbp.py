"""Binary patterns against scikit-image's, plane by plane, on real frames."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.feature import local_binary_pattern

from painscope.features import LBPFeatures, LBPTOPFeatures
from painscope.features.handcrafted.grey import grey
from painscope.features.handcrafted.lbp import binary_patterns, cell_histograms


def uniform_shares(codes: np.ndarray) -> np.ndarray:
    """Shares of the 58 uniform patterns, in order of their numbers, and of all others."""
    text = [f"{code:08b}" for code in range(256)]
    uniform = [sum(a != b for a, b in zip(t, t[1:] + t[0], strict=True)) <= 2 for t in text]
    counts = np.bincount(codes.astype(int).ravel(), minlength=256)
    bins = [*counts[uniform], counts[~np.array(uniform)].sum()]
    assert len(bins) == 59
    return np.array(bins) / codes.size


@pytest.mark.parametrize(("down", "right"), [(1, 2), (0, 2), (0, 1)])
def test_patterns_are_scikit_images_in_every_plane(real, down: int, right: int) -> None:
    film = grey(real.crops)
    found = binary_patterns(film, down, right)
    across = ({0, 1, 2} - {down, right}).pop()
    for k in (0, 5, 20):
        plane = np.take(film, k, axis=across)
        expected = local_binary_pattern(plane, 8, 1, "default").astype(int)
        # At the border, scikit-image looks into darkness; painscope repeats the border.
        inner = (slice(1, -1), slice(1, -1))
        same = np.take(found, k, axis=across)[inner] == expected[inner]
        assert same.mean() > 0.999


def test_histograms_of_a_frame(real, recording) -> None:
    values = LBPFeatures().extract(real[:1], recording)[0].reshape(4, 4, 59)
    codes = local_binary_pattern(np.pad(grey(real.crops)[0], 1, "edge"), 8, 1, "default")[
        1:-1, 1:-1
    ]
    for r, c in ((0, 0), (1, 2), (3, 3)):
        cell = codes[32 * r : 32 * r + 32, 32 * c : 32 * c + 32]
        np.testing.assert_allclose(values[r, c], uniform_shares(cell), atol=0.002)
    column = LBPFeatures.names.index("lbp_r1c2_07")
    assert values.ravel()[column] == values[1, 2, 7]


def test_lbp_top_is_the_histogram_of_half_a_second(real, recording) -> None:
    values = LBPTOPFeatures().extract(real, recording).reshape(-1, 3, 2, 2, 59)
    film = grey(real.crops)
    middle, half = 12, 64
    xt, yt = [], []
    for y in range(half):  # upper left cell
        xt.append(
            local_binary_pattern(film[:, y], 8, 1, "default")[middle - 7 : middle + 8, 1:half]
        )
    for x in range(half, 127):  # upper right cell
        yt.append(
            local_binary_pattern(film[:, :, x], 8, 1, "default")[middle - 7 : middle + 8, 1:64]
        )
    np.testing.assert_allclose(values[middle, 1, 0, 0], uniform_shares(np.array(xt)), atol=0.01)
    np.testing.assert_allclose(values[middle, 2, 0, 1], uniform_shares(np.array(yt)), atol=0.01)
    np.testing.assert_allclose(values.sum(axis=-1), 1, atol=1e-5)


def test_lbp_top_at_the_ends(real, recording) -> None:
    values = LBPTOPFeatures().extract(real, recording).reshape(len(real), 3, 4, 59)
    per_frame = cell_histograms(binary_patterns(grey(real.crops), 1, 2), 2)
    for k, first, stop in ((0, 0, 8), (3, 0, 11), (len(real) - 1, len(real) - 8, len(real))):
        expected = per_frame[first:stop].sum(axis=0)
        np.testing.assert_allclose(values[k, 0], expected / expected[0].sum(), rtol=1e-5)


def test_what_moves_and_what_does_not(real, recording, batch_of) -> None:
    still = batch_of(np.repeat(real.crops[:1], 20, axis=0))
    values = LBPTOPFeatures().extract(still, recording).reshape(20, 3, 4, 59)
    assert (values == values[0]).all()
    moving = LBPTOPFeatures().extract(real, recording).reshape(len(real), 3, 4, 59)
    change = np.abs(moving[12] - values[0]).sum(axis=-1).mean(axis=-1)
    assert change[1] > 2 * change[0], "time planes tell motion from stillness, the picture does not"
    assert change[2] > 2 * change[0]


def test_brightness_and_contrast_do_not_count(real, recording, batch_of) -> None:
    # Of grey crops, by steps that lose nothing to rounding.
    half = np.repeat(grey(real.crops)[..., None] // 2, 3, axis=3)
    for family in (LBPFeatures(), LBPTOPFeatures()):
        a, b = (family.extract(batch_of(part), recording) for part in (2 * half, half + 100))
        np.testing.assert_array_equal(a, b)
