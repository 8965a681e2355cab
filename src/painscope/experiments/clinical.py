"""clinical-vs-experimental: two pain networks, tested on and looking at each other's people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from painscope.datasets import Dataset
from painscope.errors import UsageError
from painscope.evaluation import cross_dataset
from painscope.experiments.faces import CodedPictures, knows_action_units, require_action_units
from painscope.experiments.facts import StudyFacts
from painscope.experiments.looks import (
    cascade_table,
    curve_table,
    draw_maps,
    inside_table,
    make_explainer,
    relevance_table,
)
from painscope.experiments.networks import Workshop, input_size, pixels, study_facts
from painscope.experiments.probes import Probe, require_layer
from painscope.experiments.steps import Steps
from painscope.experiments.studies import ClinicalRecipe, LookSettings
from painscope.networks import Checkpoint
from painscope.training import FrameSet, Question

__all__ = ["NAMES", "run_clinical"]

#: The two networks: their role among the datasets, and their name in the tables.
NAMES = {"experimental pain": "experimental", "clinical pain": "clinical"}
#: Faces per dataset that both networks look at: of pain, and of none.
WITH_PAIN, WITHOUT = 3, 1


def run_clinical(
    recipe: ClinicalRecipe, datasets: Mapping[str, Dataset], steps: Steps
) -> StudyFacts:
    """Train both networks and ask them; each step's tables are kept, and not made twice.

    Raises
    ------
    UsageError
        If no network has the layer that is to be looked at, or nobody knows the action units
        of either dataset's people.
    DatasetError
        If nobody knows those of the pictures for concepts.
    """
    require_layer(recipe.concepts)  # before hours of training
    require_action_units(datasets["action units"])
    if not any(knows_action_units(datasets[role]) for role in NAMES):
        raise UsageError(
            "nobody knows which action units either dataset's people show, so no relevance can "
            "be measured",
            hint="Take unbc-mcmaster, or virtual people, as one of them.",
        )
    settings = {"experimental pain": recipe.experimental, "clinical pain": recipe.clinical}
    trained = {role: (own, input_size(own)) for role, own in settings.items()}
    shop = Workshop.of(recipe, datasets, steps, trained)
    questions: dict[str, Question] = {}
    networks: dict[str, Checkpoint] = {}
    for role, own in settings.items():
        with steps.step(f"{NAMES[role]} network", reused=shop.trained(role)):
            questions[role] = shop.question(role, own)
            networks[NAMES[role]] = shop.network(role, own, questions[role])
    steps.tables("each on both datasets", ("matrix",), lambda: _matrix(shop, networks, questions))
    steps.tables(
        "the same faces",
        ("faces",),
        lambda: _same_faces(shop, recipe.look, networks, questions),
        arrays="faces",
    )
    steps.tables(
        "relevance and checks",
        ("relevance", "inside", "curves", "cascade"),
        lambda: _looks(shop, recipe.look, networks, questions),
    )
    steps.tables(
        "concepts",
        ("concepts", "tcav", "shown", "asked"),
        lambda: _concepts(shop, recipe, networks),
    )
    return study_facts(
        shop,
        networks,
        left_out={
            f"relevance of {dataset.title}": "nobody knows which action units its people show"
            for dataset in datasets.values()
            if not knows_action_units(dataset)
        },
    )


def _matrix(
    shop: Workshop, networks: Mapping[str, Checkpoint], questions: Mapping[str, Question]
) -> dict[str, pd.DataFrame]:
    """Test each network on the test people of both datasets."""
    tests = {question.dataset: question.test for question in questions.values()}
    matrix = cross_dataset(networks, tests, resamples=shop.recipe.bootstrap)
    names = {question.dataset: shop.datasets[role].name for role, question in questions.items()}
    return {"matrix": matrix.assign(dataset=matrix["dataset"].map(names))}


def _same_faces(
    shop: Workshop,
    look: LookSettings,
    networks: Mapping[str, Checkpoint],
    questions: Mapping[str, Question],
) -> dict[str, pd.DataFrame]:
    """Let both networks look at faces of both datasets' test people, whom neither has seen."""
    rows: list[dict[str, object]] = []
    crops: list[np.ndarray] = []
    maps: dict[str, list[np.ndarray]] = {name: [] for name in networks}
    side = max(network.card.input_size for network in networks.values())
    for role, question in questions.items():
        pictures = question.test.select(np.array(_choose(question.test)))
        scores: dict[str, np.ndarray] = {}
        for name, network in networks.items():
            own = pixels(pictures, network.card.input_size)
            drawn, scores[name] = draw_maps(make_explainer(network, look), own)
            maps[name].append(_enlarge(drawn, side))
        crops.append(pixels(pictures, side))
        for k in range(len(pictures)):
            rows.append(
                {
                    "dataset": shop.datasets[role].name,
                    "subject": pictures.recordings[pictures.clip[k]].subject,
                    "label": pictures.classes[pictures.target[k]],
                    **{name: float(scores[name][k]) for name in networks},
                }
            )
    arrays = {name: np.concatenate(parts).astype(np.float32) for name, parts in maps.items()}
    shop.steps.folder.write_arrays("faces", crops=np.concatenate(crops), **arrays)
    return {"faces": pd.DataFrame(rows)}


def _choose(frames: FrameSet) -> list[int]:
    """Choose faces of different people, as far as there are; nobody looks at the answers."""
    rng = np.random.default_rng(0)
    who = np.array([frames.recordings[clip].subject for clip in frames.clip])
    pain = np.asarray(frames.target) > 0
    chosen: list[int] = []
    taken: set[str] = set()
    for wanted, number in ((True, WITH_PAIN), (False, WITHOUT)):
        order = rng.permutation(np.flatnonzero(pain == wanted)).tolist()
        for _ in range(min(number, len(order))):
            best = next((k for k in order if who[k] not in taken), order[0])
            order.remove(best)
            taken.add(str(who[best]))
            chosen.append(best)
    return chosen


def _enlarge(maps: np.ndarray, side: int) -> np.ndarray:
    """Bring maps [N, S, S] to the size of the faces they are drawn beside."""
    import cv2

    return np.stack([cv2.resize(values, (side, side)) for values in maps])


def _concepts(
    shop: Workshop, recipe: ClinicalRecipe, networks: Mapping[str, Checkpoint]
) -> dict[str, pd.DataFrame]:
    """Ask both networks for concepts of action units, and for their directions."""
    dataset, show = shop.datasets["action units"], shop.steps.progress
    pictures = CodedPictures.of(dataset, shop.crops("action units"))
    probe = Probe.of(pictures.draw(recipe.concepts.pictures), dataset.population, recipe.concepts)
    return {
        "concepts": probe.regions(networks, partial(show, "concepts"))[1],
        "tcav": probe.directions(networks, partial(show, "directions")),
        "shown": probe.shown(),
        "asked": probe.asked(networks),
    }


def _looks(
    shop: Workshop,
    look: LookSettings,
    networks: Mapping[str, Checkpoint],
    questions: Mapping[str, Question],
) -> dict[str, pd.DataFrame]:
    """Measure maps of people that a network has not seen, where their action units are known."""
    names = ("relevance", "inside", "curves", "cascade")
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    pictures = {
        role: CodedPictures.of(shop.datasets[role], shop.crops(role))
        for role in questions
        if knows_action_units(shop.datasets[role])
    }
    for name, network in networks.items():
        for role, coded in pictures.items():
            dataset, question = shop.datasets[role], questions[role]
            seen, label = network.card.seen(question.dataset), question.classes[-1]
            pain = coded.draw(look.pictures, without=seen, label=label)
            told = {"network": name, "dataset": dataset.name}
            table = relevance_table(
                network, pain, look,
                partial(shop.steps.progress, f"relevance: {name} on {dataset.name}"),
            )  # fmt: skip
            parts["relevance"].append(table.assign(**told))
            parts["inside"].append(inside_table(table).assign(**told))
            few = coded.draw(look.checked, without=seen, label=label)
            parts["curves"].append(curve_table(network, few, look).assign(**told))
            parts["cascade"].append(cascade_table(network, few, look).assign(**told))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}
