"""What it costs that glibc gives large blocks back to the system after every batch.

    python benchmarks/large_blocks.py

Features of VGG16 of full width by crops at once, whose largest layer is below or above 32 MiB; and
steps of training a narrow network, with memory kept and without. By turns, in processor time per
crop, as ratios to the first; and how many pages the system handed out for each crop.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from torch.nn.functional import cross_entropy

import painscope.networks.engine as engines
from painscope.features import VGGFeatures
from painscope.networks import VGG16GAP, random_checkpoint
from painscope.training.fit import kept_memory

TURNS, STEPS = 4, 8


def main() -> None:
    images = np.random.default_rng(0).integers(0, 256, (16, 224, 224, 3), np.uint8)
    network, ways = random_checkpoint(), {}
    for crops in (2, 1, 4, 8):
        engines.LAYER_BYTES = crops * 224 * 224 * 64 * 4
        engine = VGGFeatures(network, device="cpu", precision="fp32").engine
        assert engine.batch_size == crops
        ways[f"{crops} crops at once"] = partial(engine, images)
    by_turns("features, VGG16 of full width", ways, len(images))
    for batch in (32, 64):
        step = training_step(batch)
        by_turns(
            f"training, a quarter's width, 96 pixels, batches of {batch}",
            {"memory kept": partial(kept, step), "as glibc does": partial(several, step)},
            STEPS * batch,
        )


def training_step(batch: int) -> Callable[[], None]:
    network = VGG16GAP(1 / 4, batch_norm=True).train()
    rule = torch.optim.SGD(network.parameters(), 0.01)
    images = torch.rand(batch, 3, 96, 96).to(memory_format=torch.channels_last)
    classes = torch.randint(0, 2, (batch,))

    def step() -> None:
        rule.zero_grad()
        cross_entropy(network(images), classes).backward()
        rule.step()

    return step


def several(step: Callable[[], None]) -> None:
    for _ in range(STEPS):
        step()


def kept(step: Callable[[], None]) -> None:
    with kept_memory():
        several(step)


def by_turns(title: str, ways: Mapping[str, Callable[[], object]], crops: int) -> None:
    best = {name: (np.inf, 0.0) for name in ways}
    for way in ways.values():
        way()
    for _ in range(TURNS):
        for name, way in ways.items():
            before = resource.getrusage(resource.RUSAGE_SELF)
            way()
            after = resource.getrusage(resource.RUSAGE_SELF)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            pages = after.ru_minflt - before.ru_minflt
            best[name] = min(best[name], (1000 * used / crops, pages / crops))
    print(title)
    first = next(iter(best.values()))[0]
    for name, (ms, pages) in best.items():
        print(f"  {name:16s} {ms:7.1f} ms  ratio {ms / first:.2f}  {pages:6.0f} pages", flush=True)


if __name__ == "__main__":
    main()
