"""Tiles of maps: to where Winograd's convolution multiplies them and back, compiled.

A tile is transformed for 16 channels at once. The instructions are written for LLVM one by one,
because from a loop over channels it makes no vectors: it cannot know that tiles do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from painscope.compiled import kernel

__all__ = ["INPUTS", "LANES", "OUTPUTS", "from_products", "to_tiles"]

#: Outputs and inputs of a tile along one side.
OUTPUTS, INPUTS = 4, 6
#: Channels that are transformed at once: a vector of the widest processors.
LANES = 16

_FUSED = ("contract",)  # a product and a sum may be rounded as one
_Matrix = Sequence[Sequence[float]]
#: Bᵀ and Aᵀ of F(4×4, 3×3) in Lavin and Gray, section 4.2.
_TO: _Matrix = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_FROM: _Matrix = (
    (1, 1, 1, 1, 1, 0),
    (0, 1, -1, 2, -2, 0),
    (0, 1, 1, 4, 4, 0),
    (0, 1, -1, 8, -8, 1),
)


def _tile_transform(matrix: _Matrix) -> Callable[..., None]:
    """Return the compiled ``matrix · tile · matrixᵀ`` of a tile's 6×6 values.

    It reads the tile in a flat array, from a place on, in steps down and across, and writes the
    result to another in the same way; each value is `LANES` neighbours.
    """

    def combined(builder: ir.IRBuilder, numbers: Sequence[float], values: Sequence[Any]) -> Any:
        total = None
        for number, value in zip(numbers, values, strict=True):
            if not number:
                continue
            term = value
            if number != 1:
                factor = ir.Constant(value.type, [float(number)] * LANES)
                term = builder.fmul(value, factor, flags=_FUSED)
            total = term if total is None else builder.fadd(total, term, flags=_FUSED)
        return total

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        source, place, down, across, target, to, to_down, to_across = arguments
        vector = ir.VectorType(ir.FloatType(), LANES).as_pointer()

        array = context.make_array(signature.args[0])  # both are flat
        numbers_in, numbers_out = (array(context, builder, one).data for one in (source, target))

        def pointer(numbers: Any, start: Any, steps: Any, y: int, x: int) -> Any:
            index = start
            for step, times in zip(steps, (y, x), strict=True):
                index = builder.add(index, builder.mul(step, ir.Constant(step.type, times)))
            return builder.bitcast(builder.gep(numbers, [index]), vector)

        columns = [
            [
                builder.load(pointer(numbers_in, place, (down, across), y, x), align=4)
                for y in range(INPUTS)
            ]
            for x in range(INPUTS)
        ]
        columns = [[combined(builder, row, column) for row in matrix] for column in columns]
        for y, values in enumerate(zip(*columns, strict=True)):
            for x, numbers in enumerate(matrix):
                builder.store(
                    combined(builder, numbers, values),
                    pointer(numbers_out, to, (to_down, to_across), y, x),
                    align=4,
                )
        return context.get_dummy_value()

    @intrinsic
    def transform(  # type: ignore[no-untyped-def]
        typing, source, place, down, across, target, to, to_down, to_across
    ):
        flat, number = types.Array(types.float32, 1, "C"), types.intp
        signature = types.void(flat, number, number, number, flat, number, number, number)
        return signature, generate

    return transform


_to_products = _tile_transform(_TO)
_to_outputs = _tile_transform(_FROM)


@kernel(nogil=True)
def to_tiles(maps, first, tiles):  # type: ignore[no-untyped-def]
    """Transform some tiles.

    Parameters
    ----------
    maps : float32 [H, W, C]
        C is a multiple of `LANES`. Beyond their edges is nothing: zeros.
    first : int
        The first tile, row by row.
    tiles : float32 [count, 36, C]
        Written.
    """
    height, width, channels = maps.shape
    across = (width + OUTPUTS - 1) // OUTPUTS
    patch = np.empty((INPUTS, INPUTS, channels), np.float32)
    inside, edge, target = maps.reshape(-1), patch.reshape(-1), tiles.reshape(-1)
    for k in range(len(tiles)):
        top = OUTPUTS * ((first + k) // across) - 1
        left = OUTPUTS * ((first + k) % across) - 1
        source, place, line = inside, (top * width + left) * channels, width * channels
        if top < 0 or left < 0 or top + INPUTS > height or left + INPUTS > width:
            source, place, line = edge, 0, INPUTS * channels
            for y in range(INPUTS):
                for x in range(INPUTS):
                    if 0 <= top + y < height and 0 <= left + x < width:
                        patch[y, x] = maps[top + y, left + x]
                    else:
                        patch[y, x] = 0
        for c in range(0, channels, LANES):
            to = INPUTS * INPUTS * k * channels + c
            _to_products(source, place + c, line, channels, target, to, INPUTS * channels, channels)


@kernel(nogil=True)
def from_products(products, bias, first, maps):  # type: ignore[no-untyped-def]
    """Write the outputs of some tiles, with their bias.

    Parameters
    ----------
    products : float32 [36, count, C]
        C is a multiple of `LANES`.
    bias : float32 [C]
    first : int
        The first tile, row by row.
    maps : float32 [H, W, C]
        Written.
    """
    height, width, channels = maps.shape
    across = (width + OUTPUTS - 1) // OUTPUTS
    patch = np.empty((OUTPUTS, OUTPUTS, channels), np.float32)
    source, target = products.reshape(-1), patch.reshape(-1)
    count = products.shape[1]
    step = count * channels
    for k in range(count):
        for c in range(0, channels, LANES):
            place = k * channels + c
            _to_outputs(source, place, INPUTS * step, step, target, c, OUTPUTS * channels, channels)
        top = OUTPUTS * ((first + k) // across)
        left = OUTPUTS * ((first + k) % across)
        for y in range(min(OUTPUTS, height - top)):
            for x in range(min(OUTPUTS, width - left)):
                values, written = patch[y, x], maps[top + y, left + x]
                for c in range(channels):
                    written[c] = values[c] + bias[c]
