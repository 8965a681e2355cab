"""Ask a network of virtual people what it looks at, where the truth is known.

    painscope datasets virtual biovid-a heat --people 100 --seed 500000 --option clips_per_class=2 \
        --option "classes=[BL1, PA4]" --option clip_s=3 --option "size=[192, 192]"
    python benchmarks/explanations.py heat --network source.safetensors --crops crops

`crops` is the folder that the network was trained from. Only people are asked about whom the
network has not seen. Prints the share of relevance inside the regions of the action units that
are there, against networks with random weights, and each concept's IoU against random concepts.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path, help="a virtual BioVid tree")
    arguments.add_argument("--network", type=Path, required=True)
    arguments.add_argument("--crops", type=Path, required=True)
    arguments.add_argument("--pictures", type=int, default=260, help="default: %(default)s")
    arguments.add_argument("--layer", default="relu4_3", help="default: %(default)s")
    chosen = arguments.parse_args()
    import pandas as pd

    from painscope.datasets import load_dataset
    from painscope.experiments.faces import known_faces
    from painscope.experiments.looks import (
        cascade_table,
        curve_table,
        inside_table,
        relevance_table,
    )
    from painscope.experiments.probes import Probe, testable_units
    from painscope.experiments.studies import ConceptSettings, LookSettings
    from painscope.networks import load_checkpoint

    pd.set_option("display.width", 150, "display.max_columns", 20, "display.precision", 3)
    dataset, checkpoint = load_dataset("biovid-a", chosen.data), load_checkpoint(chosen.network)
    seen, look = checkpoint.card.seen(dataset.name), LookSettings()
    pain = known_faces(
        dataset, chosen.crops, pictures=chosen.pictures, without=seen, label="high-pain"
    )
    print(f"{len(pain)} pictures of pain, {len(set(pain.subjects))} people not seen in training")
    print("\nRelevance inside the regions of the action units that are there:")
    print(inside_table(relevance_table(checkpoint, pain, look, quiet)).to_string(index=False))
    faces = known_faces(dataset, chosen.crops, pictures=chosen.pictures, without=seen)
    units, left_out = testable_units(faces)
    settings = ConceptSettings(layer=chosen.layer, pictures=chosen.pictures)
    probe = Probe(faces, units, settings)
    print(f"\nConcepts in {chosen.layer}, {len(faces)} pictures; left out: {left_out}")
    print(probe.regions({"heat": checkpoint}, quiet)[1].to_string(index=False))
    print("\nTCAV:")
    print(probe.directions({"heat": checkpoint}, quiet).to_string(index=False))
    few = known_faces(dataset, chosen.crops, pictures=52, without=seen, label="high-pain")
    print("\nDeletion and insertion:")
    curves = curve_table(checkpoint, few, look)
    print(curves.groupby(["curve", "order"])["value"].mean().to_string())
    print("\nWeights drawn anew:")
    print(cascade_table(checkpoint, few, look).to_string(index=False))


def quiet(done: int, total: int) -> None:
    """Show no progress."""


if __name__ == "__main__":
    main()
