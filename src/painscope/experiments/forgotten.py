"""forgotten-action-units: from emotion to pain in stages, back to emotion, and what was lost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from painscope.datasets import Dataset
from painscope.evaluation import go_back
from painscope.evaluation.going_back import BEFORE
from painscope.experiments.faces import CodedPictures, require_action_units
from painscope.experiments.facts import StudyFacts
from painscope.experiments.looks import make_explainer
from painscope.experiments.networks import Workshop, input_size, pixels, rights, study_facts
from painscope.experiments.probes import Probe, lost_table, require_layer
from painscope.experiments.steps import Steps
from painscope.experiments.studies import ForgottenRecipe, LookSettings
from painscope.networks import Checkpoint, load_checkpoint, save_checkpoint
from painscope.training import STAGES, FrameSet, Question, fine_tune, train_together

__all__ = ["run_forgotten"]

#: Flipped samples whose maps are drawn.
EXAMPLES = 6


def run_forgotten(
    recipe: ForgottenRecipe, datasets: Mapping[str, Dataset], steps: Steps
) -> StudyFacts:
    """Train, fine-tune, go back, and ask; each step's tables are kept, and not made twice.

    Raises
    ------
    UsageError
        If no network has the layer that is to be looked at.
    DatasetError
        If nobody knows the action units of the pictures for concepts.
    """
    require_layer(recipe.concepts)  # before hours of training
    require_action_units(datasets["action units"])
    size = input_size(recipe.emotion)
    trained = {"emotion": (recipe.emotion, size), "pain": (recipe.pain, size)}
    shop = Workshop.of(recipe, datasets, steps, trained)
    with steps.step("emotion network", reused=shop.trained("emotion")):
        question = shop.question("emotion", recipe.emotion)
        emotion = shop.network("emotion", recipe.emotion, question, in_order=False)
    tuned = all(shop.trained(f"stages/{stage}") for stage in STAGES)
    with steps.step("fine-tuning to pain", reused=tuned):
        tune = partial(
            fine_tune,
            shop.question("pain", recipe.pain),
            emotion,
            out=steps.folder.models / "stages",
            **rights(datasets["pain"]),
            **recipe.pain.fitting(),
        )
        stages = train_together(
            tune,
            **recipe.pain.sharing(),
            on=steps.on,
            progress=partial(steps.progress, "fine-tuning to pain"),
        )
    steps.tables(
        "going back to emotion",
        ("scores", "changes", "flipped"),
        lambda: _back(shop, recipe, emotion, stages, question),
    )
    steps.tables(
        "flipped samples",
        ("examples",),
        lambda: _examples(shop, recipe.look, question),
        arrays="flipped",
    )
    steps.tables(
        "concepts",
        ("concepts", "lost", "tcav", "shown", "asked"),
        lambda: _concepts(shop, recipe, emotion, stages),
    )
    return study_facts(shop, {BEFORE: emotion, **stages})


def _back(
    shop: Workshop,
    recipe: ForgottenRecipe,
    emotion: Checkpoint,
    stages: Mapping[str, Checkpoint],
    question: Question,
) -> dict[str, pd.DataFrame]:
    """Give every stage a new output layer for emotions, and keep the networks."""
    found = go_back(
        emotion, stages, question, seeds=range(recipe.seeds), resamples=recipe.bootstrap
    )
    for stage, network in found.networks.items():
        save_checkpoint(_path(shop, stage), *network)
    return {"scores": found.scores, "changes": found.changes, "flipped": found.flipped}


def _examples(shop: Workshop, look: LookSettings, question: Question) -> dict[str, pd.DataFrame]:
    """Draw maps of samples that were right before and are wrong after the last stage.

    Both maps show the evidence for the true emotion.
    """
    flipped = shop.steps.folder.table("flipped")
    last = list(STAGES)[-1]
    chosen = _choose(flipped[flipped["stage"] == last])
    maps: dict[str, list[np.ndarray]] = {"before": [], "after": []}
    evidence: dict[str, list[float]] = {"before": [], "after": []}
    networks = {"before": _load(shop, BEFORE), "after": _load(shop, last)}
    size = networks["before"].card.input_size
    crops = np.zeros((0, size, size, 3), np.uint8)
    if len(chosen):
        crops = pixels(_find(question.test, chosen), size)
    for crop, label in zip(crops, chosen["true_label"], strict=True):
        for when, network in networks.items():
            drawn = make_explainer(network, look, str(label)).explain(crop[None])
            maps[when].append(drawn.maps[0])
            evidence[when].append(float(drawn.score[0]))
    shop.steps.folder.write_arrays(
        "flipped", crops=crops, **{k: np.array(v, np.float32) for k, v in maps.items()}
    )
    return {
        "examples": chosen.assign(
            evidence_before=evidence["before"], evidence_after=evidence["after"]
        )
    }


def _choose(flipped: pd.DataFrame) -> pd.DataFrame:
    """Choose the deepest fall of every emotion, of different people as far as there are."""
    falls = flipped.assign(fall=flipped["p_before"] - flipped["p_after"])
    falls = falls.sort_values("fall", ascending=False, kind="stable")
    first = falls.drop_duplicates("true_label").drop_duplicates("subject")
    rest = falls.drop(first.index).drop_duplicates(["subject", "true_label"])
    return pd.concat([first, rest]).head(EXAMPLES).drop(columns="fall").reset_index(drop=True)


def _find(frames: FrameSet, chosen: pd.DataFrame) -> FrameSet:
    """Return the chosen frames, in the order chosen."""
    ids = [frames.recordings[clip].id for clip in frames.clip]
    places = {key: row for row, key in enumerate(zip(ids, frames.numbers.tolist(), strict=True))}
    wanted = zip(chosen["recording"], chosen["frame"], strict=True)
    return frames.select(np.array([places[str(name), int(frame)] for name, frame in wanted]))


def _concepts(
    shop: Workshop,
    recipe: ForgottenRecipe,
    emotion: Checkpoint,
    stages: Mapping[str, Checkpoint],
) -> dict[str, pd.DataFrame]:
    """Look for concepts of action units before and after, and for the directions of pain."""
    dataset, show = shop.datasets["action units"], shop.steps.progress
    pictures = CodedPictures.of(dataset, shop.crops("action units"))
    probe = Probe.of(pictures.draw(recipe.concepts.pictures), dataset.population, recipe.concepts)
    networks = {BEFORE: emotion, **stages}
    scores, concepts = probe.regions(networks, partial(show, "concepts"))
    return {
        "concepts": concepts,
        "lost": lost_table(scores),
        "tcav": probe.directions(stages, partial(show, "directions")),
        "shown": probe.shown(),
        "asked": probe.asked(networks),
    }


def _path(shop: Workshop, stage: str) -> Path:
    return shop.steps.folder.models / "back" / f"{stage}.safetensors"


def _load(shop: Workshop, stage: str) -> Checkpoint:
    return load_checkpoint(_path(shop, stage))
