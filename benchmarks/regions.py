"""Draw the action units' regions, and compare them with virtual people's true ones.

    python benchmarks/regions.py --people 4 --out docs/figures

Prints the IoU per action unit over still, turned and pained faces, and writes
``regions.png``, ``.svg`` and ``.pdf``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SIZE = 224
#: Panels side by side.
COLUMNS = 7


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=4, help="default: %(default)s")
    arguments.add_argument("--out", type=Path, default=Path("docs/figures"))
    chosen = arguments.parse_args()
    from painscope.explain import ACTION_UNITS, region_masks
    from painscope.report.explanation import save_figure
    from painscope.virtual import ACTION_UNITS as SHOWN
    from painscope.virtual import FaceMotion, Renderer, sample_person, sample_scene

    both, either = np.zeros((2, len(ACTION_UNITS)))
    for seed in range(chosen.people):
        renderer = Renderer(sample_person(seed), sample_scene(seed), size=(SIZE, SIZE))
        motion, rng = FaceMotion.still(np.arange(3.0)), np.random.default_rng(seed)
        motion.pose[1], motion.pose[2] = rng.normal(0, (15, 8, 8)), rng.normal(0, (8, 5, 5))
        for unit in (4, 6, 7, 9, 10, 43):
            motion.action_units[2, SHOWN.index(unit)] = rng.uniform(1, 5)
        for frame in range(3):
            masks = region_masks(renderer.landmarks(motion, frame), SIZE)
            if seed == frame == 0:
                image = renderer.render(motion, 0)
                save_figure(regions_figure(image, masks, ACTION_UNITS), chosen.out / "regions")
            truth = np.stack([renderer.regions(motion, frame)[unit] for unit in ACTION_UNITS])
            both += (masks & truth).sum(axis=(1, 2))
            either += (masks | truth).sum(axis=(1, 2))
    print(" ".join(f"{u} {v:.2f}" for u, v in zip(ACTION_UNITS, both / either, strict=True)))


def regions_figure(image, masks, names):
    """Draw each region on a face [H, W, 3], a panel per action unit; masks are [U, H, W]."""
    from painscope.report.figures import WIDE, blank_figure
    from painscope.report.style import BLUE, SKY, house_style

    rows = -(-len(names) // COLUMNS)
    with house_style():
        figure = blank_figure(WIDE, 1.4 * rows)
        axes = figure.subplots(rows, COLUMNS).ravel()
        for panel in axes:
            panel.axis("off")
        for panel, mask, name in zip(axes, masks, names, strict=False):
            panel.imshow(image)
            panel.contourf(mask, levels=[0.5, 1.5], colors=[SKY], alpha=0.5)
            panel.contour(mask, levels=[0.5], colors=[BLUE], linewidths=1.0)
            panel.set_title(name, fontsize=9)
    return figure


if __name__ == "__main__":
    main()
