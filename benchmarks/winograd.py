"""What Winograd's convolutions gain over those of torch as they are, and how they round.

    python benchmarks/winograd.py

VGG16 of several widths and sizes of crops, then single layers by their channels and the side of
their maps: which of them are worth it is what `FEWEST_CHANNELS` and `FEWEST_PLACES` say, so here
all are tried. In fp32, one thread, by turns; the median of the ratios of the turns' processor times
(above 1: Winograd's is faster), and the difference to the same in fp64, relative to its norm.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn

import painscope.networks.winograd as winograd
from painscope.networks import random_checkpoint

TURNS = 15


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with torch.inference_mode():
        print("VGG16: width, pixels, crops at once; ratio; difference of torch, of Winograd")
        for width, size, crops in ((1, 224, 2), (1 / 2, 224, 4), (1 / 4, 224, 8), (1 / 4, 96, 16)):
            network = random_checkpoint(width=width, input_size=size).network
            ways = (network.features, winograd.with_winograd(network).features)
            exact = copy.deepcopy(network).double().features
            tell((width, size, crops), *ways, exact, torch.randn(crops, 3, size, size))
        winograd.FEWEST_CHANNELS = winograd.FEWEST_PLACES = 1
        print("layers: channels, side of the maps, tiles; the same")
        for channels, side in product((32, 64, 128, 256, 512), (8, 13, 14, 28, 56)):
            plain = nn.Conv2d(channels, channels, 3, padding=1)
            ways = (plain, winograd.WinogradConvolution(plain))
            tiles = (-(-side // 4)) ** 2
            maps = torch.randn(4, channels, side, side)
            tell((channels, side, tiles), *ways, copy.deepcopy(plain).double(), maps)


def tell(
    what: tuple[float, ...],
    plain: Callable[[Tensor], Tensor],
    fast: Callable[[Tensor], Tensor],
    exact: Callable[[Tensor], Tensor],
    images: Tensor,
) -> None:
    images = images.to(memory_format=torch.channels_last)
    truth, ratios = exact(images.double()), []
    away = [((way(images) - truth).norm() / truth.norm()).item() for way in (plain, fast)]
    for _ in range(TURNS):
        ratios.append(used(plain, images) / used(fast, images))
    ratio = f"{np.median(ratios):.2f}"
    print("  ", *what, " ", ratio, " ", *(f"{each:.1e}" for each in away), flush=True)


def used(way: Callable[[Tensor], Tensor], images: Tensor) -> float:
    """Return the processor time of one pass, of several passes if it is short."""
    start, passes = time.process_time(), 0
    while time.process_time() - start < 0.005:
        way(images)
        passes += 1
    return (time.process_time() - start) / passes


if __name__ == "__main__":
    main()
