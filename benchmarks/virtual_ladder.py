"""The ladder of skill on virtual people: chance, random network, transfer, peer, oracle.

    python benchmarks/virtual_ladder.py DIR --seed 600000

Virtual BioVid people teach a network heat pain; its features, and those of a network of the same
shape with random weights, are read on virtual AI4Pain people who appear in no other set. Every
row is tested on people held out in six folds, with 95 % intervals from a bootstrap over them. The
differences between transferred and random features are paired: the same people, the same
classifier. Needs MediaPipe's face model (`painscope download`); takes about an hour and a half on
two cores. DIR keeps everything; the same call continues. Seeds below 100000 are for tuning.
``--set`` changes the recipe, as of `painscope run`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from painscope.evaluation import difference
from painscope.experiments import Recipe, load_recipe, run
from painscope.report import write_report
from painscope.virtual import generate

HEAT: dict[str, Any] = {"classes": ["BL1", "PA4"], "clips_per_class": 1, "clip_s": 3.0}
ELECTRICAL: dict[str, Any] = {"clips_per_level": 4, "clip_s": 4.0, "baseline_s": 12.0}
SMALL: dict[str, Any] = {"size": (192, 192), "signals": False}
SETTINGS = (
    "face.locator=mediapipe",
    "face.rate=10",
    "source.width=0.25",
    "source.input_size=96",
    "source.window_s=[1.0, 3.0]",
    "source.frame_step=2",
    "source.max_epochs=14",
    "source.patience=4",
    "source.batch_size=32",
    "segment_frames=40",
    "protocol=grouped-k-fold",
    "folds=6",
    "seeds=3",
)
READERS = ("mean-logistic", "statistics-logistic", "ann-vote", "lstm")
RANDOM = "random-network"


def ladder(changes: Sequence[str] = ()) -> Recipe:
    """Return the recipe of the core with every reader on transferred and on random features."""
    recipe = load_recipe("faces-of-experimental-pain", [*SETTINGS, *changes])
    rows = [{"classifier": name} for name in READERS]
    rows += [{"classifier": name, "features": RANDOM} for name in READERS]
    rows += [row.model_dump() for row in recipe.rows if row.optional]
    return Recipe.model_validate(recipe.model_dump() | {"rows": rows})


def gains(predictions: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return per reader how much better transferred features are than random ones."""
    by_row = dict(iter(predictions[predictions["split"] == "test"].groupby("classifier")))
    found = {
        name: difference(by_row[name], by_row[f"{name} on {RANDOM}"], classes) for name in READERS
    }
    return pd.DataFrame(found.values(), index=pd.Index(found, name="classifier"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=600_000)
    parser.add_argument("--heat-people", type=int, default=500)
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    heat, electrical = asked.folder / "heat", asked.folder / "electrical"
    generate("biovid-a", heat, people=asked.heat_people, seed=asked.seed, **HEAT, **SMALL)
    generate(
        "ai4pain-2024", electrical, people=asked.people, seed=asked.seed, **ELECTRICAL, **SMALL
    )
    data = {"biovid-a": heat, "ai4pain-2024": electrical}
    folder = run(ladder(asked.set), data, asked.folder / "run")
    print("report:", write_report(folder.path))
    scores = folder.table("scores").query("metric == 'macro_f1' and `class` == ''")
    print(scores[["classifier", "value", "low", "high"]].round(3).to_string(index=False))
    print("\nskill recovered")
    print(folder.table("skill").round(3).to_string(index=False))
    print("\nmacro-F1 with transferred features minus with random ones")
    print(gains(folder.table("predictions"), ("no-pain", "low-pain", "high-pain")).round(3))


if __name__ == "__main__":
    main()
