"""Winograd's convolution: filters of 3×3 with a quarter of the multiplications, in fp32.

A tile of 4×4 outputs reads 6×6 inputs. Additions and a few constants bring both it and the filter
to 36 numbers each, and their products back to the 16 outputs: 36 multiplications for what takes
144. Over all tiles and channels they are 36 products of matrices, which torch computes as fast as
the chip can. This is F(4×4, 3×3) of [1]_; docs/speed.md says what it gains, and how it rounds.

References
----------
.. [1] Lavin and Gray, Fast algorithms for convolutional neural networks, CVPR 2016.
"""

from __future__ import annotations

import copy
from typing import TypeGuard, TypeVar, cast

import torch
from torch import Tensor, nn

from painscope.networks.tiles import INPUTS, LANES, OUTPUTS, from_products, to_tiles

__all__ = ["WinogradConvolution", "with_winograd"]

#: G of F(4×4, 3×3), section 4.2.
_FILTER = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
#: Tiles that are multiplied at once: enough for fast products, and few enough for the cache.
TILES = 112
#: Channels, and places of a map, from which on it is faster (benchmarks/winograd.py).
FEWEST_CHANNELS, FEWEST_PLACES = 64, 14 * 14


class WinogradConvolution(nn.Conv2d):
    """A convolution of 3×3 that takes fewer multiplications where no gradient is wanted.

    Small maps, which that would not make faster, are convolved as ever.

    Parameters
    ----------
    convolution : Conv2d
        Its parameters are shared.

    Raises
    ------
    ValueError
        If it does not `fit`.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        if not self.fits(convolution):
            raise ValueError(f"not for Winograd's way: {convolution}")
        channels = convolution.in_channels, convolution.out_channels
        super().__init__(*channels, 3, padding=1, device="meta")
        self.weight, self.bias = convolution.weight, convolution.bias
        self.filters: Tensor | None = None  # made when first used: four times the weights' memory

    @staticmethod
    def fits(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
        """Whether it is a convolution that this one computes, and faster where maps are large."""
        return (
            type(layer) is nn.Conv2d  # whose heirs compute something else
            and not (layer._forward_hooks or layer._forward_pre_hooks)
            and layer.kernel_size == (3, 3)
            and layer.stride == layer.padding == layer.dilation == (1, 1)
            and layer.padding_mode == "zeros"
            and layer.groups == 1
            and layer.in_channels % LANES == layer.out_channels % LANES == 0
            and min(layer.in_channels, layer.out_channels) >= FEWEST_CHANNELS
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return [B, C', H, W] of maps [B, C, H, W]."""
        if torch.is_grad_enabled() or not self._suits(maps):
            return super().forward(maps)
        if self.filters is None:
            self.filters = _brought(self.weight)
        order = torch.channels_last
        if not maps.is_contiguous(memory_format=order):
            order = torch.contiguous_format
        bias = torch.zeros(self.out_channels) if self.bias is None else self.bias.detach()
        maps = maps.permute(0, 2, 3, 1).contiguous()
        batch, height, width, channels = maps.shape
        result = torch.empty(batch, height, width, self.out_channels)
        count = -(-height // OUTPUTS) * -(-width // OUTPUTS)
        tiles = torch.empty(min(count, TILES), INPUTS**2, channels)
        # Each map by itself: how a product's row is rounded may depend on where in it the row is.
        for source, target in zip(maps.numpy(), result.numpy(), strict=True):
            for first in range(0, count, TILES):
                some = tiles[: count - first]
                to_tiles(source, first, some.numpy())
                products = torch.bmm(some.transpose(0, 1), self.filters)
                from_products(products.numpy(), bias.numpy(), first, target)
        return result.permute(0, 3, 1, 2).contiguous(memory_format=order)

    def _suits(self, maps: Tensor) -> bool:
        return (
            maps.dtype == self.weight.dtype == torch.float32
            and maps.dim() == 4
            and maps.shape[1] == self.in_channels
            and maps.shape[2] * maps.shape[3] >= FEWEST_PLACES
        )

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"filters": None}  # where it is sent, they are made again


def _brought(weight: Tensor) -> Tensor:
    """Return filters [C', C, 3, 3] where they are multiplied, float32 [36, C, C']."""
    to = torch.tensor(_FILTER, dtype=torch.float64)
    filters = torch.einsum("ya,oiab,xb->yxio", to, weight.detach().double(), to)
    return filters.flatten(0, 1).float().contiguous()


_Network = TypeVar("_Network", bound=nn.Module)


def with_winograd(network: _Network) -> _Network:
    """Return a network for inference that shares all parameters, with these where they fit."""
    made: dict[int, nn.Module] = {}

    def copied(module: nn.Module) -> nn.Module:
        if id(module) not in made:
            if WinogradConvolution.fits(module):
                made[id(module)] = WinogradConvolution(module)
            else:
                made[id(module)] = own = copy.copy(module)
                own._modules = {
                    name: None if child is None else copied(child)
                    for name, child in module._modules.items()
                }
        return made[id(module)]

    return cast(_Network, copied(network)).eval()
