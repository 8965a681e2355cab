"""Tiles are what the formula of Winograd's convolution says, also at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.networks.tiles import INPUTS, LANES, OUTPUTS, from_products, to_tiles

# The polynomials behind F(4×4, 3×3) are evaluated at 0, 1, -1, 2, -2 and infinity; its matrices as
# the paper prints them (Lavin and Gray, section 4.2).
TO = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
POINTS = np.array([0, 1, -1, 2, -2])
FROM = np.column_stack([POINTS[None] ** np.arange(OUTPUTS)[:, None], [0, 0, 0, 1]])


def whole(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Whole numbers, of which float32 loses nothing."""
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(np.float32)


SIZES = pytest.mark.parametrize(("height", "width"), [(8, 8), (6, 11), (1, 2), (4, 13)])


@SIZES
def test_tiles_overlap_by_two_and_end_in_zeros(height: int, width: int) -> None:
    maps = whole((height, width, 2 * LANES))
    down, across = -(-height // OUTPUTS), -(-width // OUTPUTS)
    padded = np.zeros((OUTPUTS * down + 2, OUTPUTS * across + 2, 2 * LANES))
    padded[1 : height + 1, 1 : width + 1] = maps
    expected = np.stack(
        [
            np.einsum("ya,abc,xb->yxc", TO, padded[y:, x:][:INPUTS, :INPUTS], TO)
            for y in range(0, OUTPUTS * down, OUTPUTS)
            for x in range(0, OUTPUTS * across, OUTPUTS)
        ]
    )
    tiles = np.full((len(expected), INPUTS**2, 2 * LANES), np.nan, np.float32)
    to_tiles(maps, 0, tiles)
    np.testing.assert_array_equal(tiles, expected.reshape(tiles.shape))
    some = np.full((len(expected) - 1, *tiles.shape[1:]), np.nan, np.float32)
    to_tiles(maps, 1, some)
    np.testing.assert_array_equal(some, tiles[1:])


@SIZES
def test_outputs_lie_where_their_tiles_were(height: int, width: int) -> None:
    down, across, channels = -(-height // OUTPUTS), -(-width // OUTPUTS), 2 * LANES
    products, bias = whole((INPUTS**2, down * across, channels)), whole((channels,), seed=1)
    square = products.reshape(INPUTS, INPUTS, down, across, channels)
    outputs = np.einsum("ya,abtsc,xb->tysxc", FROM, square, FROM) + bias
    expected = outputs.reshape(OUTPUTS * down, OUTPUTS * across, channels)[:height, :width]
    maps = np.full((height, width, channels), np.nan, np.float32)
    last = down * across - 1
    from_products(np.ascontiguousarray(products[:, last:]), bias, last, maps)
    assert np.isnan(maps[: OUTPUTS * (down - 1)]).all()
    from_products(np.ascontiguousarray(products[:, :last]), bias, 0, maps)
    np.testing.assert_array_equal(maps, expected)


@SIZES
def test_nothing_is_written_beside_them(height: int, width: int) -> None:
    count = -(-height // OUTPUTS) * -(-width // OUTPUTS)
    around = np.full((count + 2, INPUTS**2, LANES), np.nan, np.float32)
    to_tiles(whole((height, width, LANES)), 0, around[1:-1])
    assert np.isfinite(around[1:-1]).all()
    assert np.isnan(around[[0, -1]]).all()
    maps = np.full((3, height, width, LANES), np.nan, np.float32)
    from_products(whole((INPUTS**2, count, LANES)), whole((LANES,)), 0, maps[1])
    assert np.isfinite(maps[1]).all()
    assert np.isnan(maps[[0, 2]]).all()
