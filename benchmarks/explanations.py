"""Ask a network of virtual people what it looks at, where the truth is known.

    painscope datasets virtual biovid-a heat --people 100 --seed 500000 --option clips_per_class=2 \
        --option "classes=[BL1, PA4]" --option clip_s=3 --option "size=[192, 192]"
    python benchmarks/explanations.py heat --network source.safetensors --crops crops

`crops` is the folder that the network was trained from. Only people are asked about whom the
network has not seen. Prints the share of relevance inside the regions of the action units that
are there, against networks with random weights, in pictures that the network calls pain; each
concept's IoU against random concepts; deletion and insertion; and maps as weights are drawn anew.
With ``--out`` it draws them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: What the network is called in the figures.
NAME = "heat pain"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="a virtual BioVid tree")
    arguments.add_argument("--network", type=Path, required=True)
    arguments.add_argument("--crops", type=Path, required=True)
    arguments.add_argument("--pictures", type=int, default=260, help="default: %(default)s")
    arguments.add_argument("--checked", type=int, default=52, help="default: %(default)s")
    arguments.add_argument("--randoms", type=int, default=10, help="default: %(default)s")
    arguments.add_argument("--preset", default="epsilon-plus-flat", help="default: %(default)s")
    arguments.add_argument("--layer", default="relu4_3", help="default: %(default)s")
    arguments.add_argument("--out", type=Path, help="folder for figures")
    chosen = arguments.parse_args()
    import pandas as pd

    from painscope.datasets import load_dataset
    from painscope.experiments.faces import CodedPictures
    from painscope.experiments.looks import (
        cascade_table,
        curve_table,
        inside_table,
        relevance_table,
    )
    from painscope.experiments.probes import Probe
    from painscope.experiments.studies import ConceptSettings, LookSettings
    from painscope.networks import load_checkpoint
    from painscope.report.explanation import save_figure

    pd.set_option("display.width", 150, "display.max_columns", 20, "display.precision", 3)
    dataset, checkpoint = load_dataset("biovid-a", chosen.data), load_checkpoint(chosen.network)
    look = LookSettings(preset=chosen.preset, randoms=chosen.randoms)
    seen = checkpoint.card.seen(dataset.population)
    pictures = CodedPictures.of(dataset, chosen.crops)
    tables: dict[str, pd.DataFrame] = {}

    pain = pictures.draw(chosen.pictures, without=seen, label="high-pain")
    print(f"{len(pain)} pictures of pain, {len(set(pain.subjects))} people not seen in training")
    tables["inside"] = inside_table(relevance_table(checkpoint, pain, look, quiet))
    print("\nRelevance inside the regions of the action units that are there:")
    print(tables["inside"].to_string(index=False), flush=True)

    few = pictures.draw(chosen.checked, without=seen, label="high-pain")
    tables["curves"] = curve_table(checkpoint, few, look)
    print("\nDeletion and insertion: mean evidence")
    print(tables["curves"].groupby(["curve", "order"])["value"].mean().to_string(), flush=True)
    tables["cascade"] = cascade_table(checkpoint, few, look)
    print("\nWeights drawn anew:")
    print(tables["cascade"].to_string(index=False), flush=True)

    faces = pictures.draw(chosen.pictures, without=seen)
    settings = ConceptSettings(layer=chosen.layer, pictures=chosen.pictures)
    probe = Probe.of(faces, dataset.population, settings)
    tables["concepts"] = probe.regions({NAME: checkpoint}, quiet)[1]
    print(f"\nConcepts in {chosen.layer}, {len(faces)} pictures:")
    print(tables["concepts"].to_string(index=False), flush=True)
    print("\nTCAV:")
    print(probe.directions({NAME: checkpoint}, quiet).to_string(index=False))
    for name, figure in draw(tables).items() if chosen.out else ():
        save_figure(figure, chosen.out / name)


def draw(tables: dict[str, pd.DataFrame]) -> dict[str, Figure]:
    """Draw what was found, as the studies' reports do."""
    from painscope.report.study import series
    from painscope.report.study_figures import cascade_figure, curves_figure, rows_figure

    inside, found = tables["inside"], tables["concepts"]
    regions, units = list(inside["unit"]), list(found["concept"])
    gain = series(inside, regions, "unit", NAME, ("gain", "low", "high"))
    iou = series(found, units, "concept", NAME, ("iou", "iou_low", "iou_high"))
    names = ("control", "control_low", "control_high")
    control = series(found, units, "concept", "random concepts", names)
    curves = {str(name): part for name, part in tables["curves"].groupby("curve", sort=False)}
    return {
        "inside": rows_figure(
            {"": [gain]}, regions, reference=("random weights", 0.0),
            label="share of the relevance, above random networks'",
        ),
        "curves": curves_figure({NAME: curves}),
        "cascade": cascade_figure({NAME: tables["cascade"]}),
        "concepts": rows_figure(
            {"": [iou]}, units, controls={"": control}, limits=(0, None),
            label="IoU of the concept, on people it was not fitted on",
        ),
    }  # fmt: skip


def quiet(done: int, total: int) -> None:
    """Show no progress."""


if __name__ == "__main__":
    main()
