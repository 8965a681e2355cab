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
from itertools import pairwise
from typing import TypeGuard, TypeVar

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
#: Channels and tiles of a map from which on this is faster (benchmarks/winograd.py).
FEWEST_CHANNELS, FEWEST_TILES = 64, 16


class WinogradConvolution(nn.Module):
    """A convolution of 3×3 for inference on a processor, and the ReLU after it.

    Maps of few tiles are convolved as ever, which is faster for them.

    Parameters
    ----------
    convolution : Conv2d
        One that `fits`.

    Attributes
    ----------
    relu : bool
        Whether what falls below 0 becomes 0.
    """

    filters: Tensor
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        to = torch.tensor(_FILTER, dtype=torch.float64)
        weight, bias = convolution.weight.detach(), convolution.bias
        filters = torch.einsum("ya,oiab,xb->yxio", to, weight.double(), to)
        zeros = torch.zeros(len(weight))
        self.register_buffer("filters", filters.flatten(0, 1).float().contiguous())
        self.register_buffer("bias", zeros if bias is None else bias.detach().clone())
        self.convolution, self.relu = convolution, False

    @staticmethod
    def fits(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
        """Whether it is a convolution that this one computes, and faster where maps are large."""
        return (
            type(layer) is nn.Conv2d  # whose heirs compute something else
            and layer.kernel_size == (3, 3)
            and layer.stride == layer.padding == layer.dilation == (1, 1)
            and layer.padding_mode == "zeros"
            and layer.groups == 1
            and layer.in_channels % LANES == layer.out_channels % LANES == 0
            and min(layer.in_channels, layer.out_channels) >= FEWEST_CHANNELS
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return float32 [B, C', H, W] of maps float32 [B, C, H, W]."""
        batch, channels, height, width = maps.shape
        count = -(-height // OUTPUTS) * -(-width // OUTPUTS)
        if count < FEWEST_TILES:
            values = self.convolution(maps)
            return torch.relu(values) if self.relu else values
        maps = maps.permute(0, 2, 3, 1).contiguous()
        result = torch.empty(batch, height, width, len(self.bias))
        tiles = torch.empty(min(count, TILES), INPUTS**2, channels)
        bias, lowest = self.bias.numpy(), 0.0 if self.relu else float("-inf")
        # Each map by itself: how a product's row is rounded may depend on where in it the row is.
        for source, target in zip(maps.numpy(), result.numpy(), strict=True):
            for first in range(0, count, TILES):
                some = tiles[: count - first]
                to_tiles(source, first, some.numpy())
                products = torch.bmm(some.transpose(0, 1), self.filters)
                from_products(products.numpy(), bias, lowest, first, target)
        return result.permute(0, 3, 1, 2)


_Network = TypeVar("_Network", bound=nn.Module)


def with_winograd(network: _Network) -> _Network:
    """Return a copy of a network for inference, with Winograd's convolutions where they fit.

    A ReLU that follows one in a sequence is computed with it; another layer holds its place. The
    parameters are those of the network itself.
    """
    fast = copy.deepcopy(network, {id(one): one for one in network.parameters()}).eval()
    for module in list(fast.modules()):
        for name, layer in list(module.named_children()):
            if WinogradConvolution.fits(layer):
                setattr(module, name, WinogradConvolution(layer))
        if isinstance(module, nn.Sequential):
            for (_, layer), (name, after) in pairwise(list(module.named_children())):
                if isinstance(layer, WinogradConvolution) and isinstance(after, nn.ReLU):
                    layer.relu = True
                    setattr(module, name, nn.Identity())
    return fast
