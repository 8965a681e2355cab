"""A run folder like a real one, made in a second: the tables are consistent, the people are not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from painscope.evaluation import score_table, skill_table
from painscope.experiments.facts import (
    ClassCount,
    ClassifierFacts,
    DatasetFacts,
    FeatureFacts,
    NetworkFacts,
    RunFacts,
    SegmentFacts,
    StepFacts,
)
from painscope.experiments.recipe import Recipe, load_recipe

CLASSES = ("NP", "LP", "HP")
SPLITS = {"train": 20, "validation": 12, "test": 12}
RESAMPLES = 200
ORACLE = "statistics-logistic on true-action-units"
CLIPS = {"NP": 1, "LP": 6, "HP": 6}
# How well each classifier of the fake run sees the truth; None does not look.
SHARPNESS = {
    "ann-vote": 1.0,
    "lstm": 1.2,
    "mean-logistic": 0.7,
    "statistics-logistic on mediapipe-blendshapes": 0.8,
    "statistics-logistic on true-action-units": 1.9,
    "majority": None,
    "chance": None,
}
TITLES = {
    "ann-vote": ("ANN + vote", "model"),
    "lstm": ("LSTM", "model"),
    "mean-logistic": ("Logistic regression", "model"),
    "statistics-logistic on mediapipe-blendshapes": ("Blendshapes, logistic", "peer"),
    "statistics-logistic on true-action-units": ("Oracle: true action units", "oracle"),
    "majority": ("Majority class", "baseline"),
    "chance": ("Stratified chance", "baseline"),
}


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Path]:
    """A function that writes a run folder."""
    return build_run


@pytest.fixture
def run(full_run: Path, tmp_path: Path) -> Path:
    """A copy of `full_run`, to be changed."""
    return shutil.copytree(full_run, tmp_path / "run", ignore=shutil.ignore_patterns("figures"))


def build_run(
    folder: Path,
    *,
    seed: int = 0,
    virtual: bool = True,
    test_labels: bool = True,
    extras: bool = True,
    sharper: float = 1.0,
    people: dict[str, int] | None = None,
    evil: str = "",
) -> Path:
    """Write a run folder; `evil` is put wherever data may bring text of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    people = people or SPLITS
    recordings = _recordings(people, evil)
    predictions = _predictions(recordings, np.random.default_rng(seed), sharper)
    if not test_labels:
        predictions.loc[predictions["split"] == "test", "true_label"] = None
    if not extras:
        predictions["flag"] = ""
    predictions.to_parquet(folder / "predictions.parquet")
    about = {"dataset": "ai4pain-2024", "protocol": "predefined", "resamples": RESAMPLES}
    score_table(predictions, CLASSES, **about).to_parquet(folder / "scores.parquet")
    recipe = load_recipe("faces-of-experimental-pain")
    (folder / "recipe.yaml").write_text(_named(recipe, evil).to_yaml(), encoding="utf-8")
    _facts(recordings, virtual, evil).write(folder)
    environment = {
        "python": "3.11.9",
        "cores": 2,
        "packages": {"torch": "2.13.0" + evil},
        "data": {"ai4pain-2024": "/home/somebody/ai4pain"},
    }
    (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    if extras:
        _status(recordings, evil).to_parquet(folder / "status.parquet")
        _histories(np.random.default_rng(seed)).to_parquet(folder / "histories.parquet")
        skill = skill_table(predictions, CLASSES, oracle=ORACLE, resamples=RESAMPLES)
        skill.to_parquet(folder / "skill.parquet")
        for recording in list(recordings.query("split == 'test'")["recording"])[1:12:4]:
            _example(folder / "examples", recording)
    return folder


def _named(recipe: Recipe, evil: str) -> Recipe:
    return recipe.model_copy(update={"title": recipe.title + evil})


def _recordings(people: dict[str, int], evil: str) -> pd.DataFrame:
    rows = []
    person = 0
    for split, number in people.items():
        for _ in range(number):
            person += 1
            for label, clips in CLIPS.items():
                rows += [
                    {
                        "recording": f"{person}_{label}_{k}",
                        "subject": f"{person}{evil}",
                        "split": split,
                        "label": label,
                    }
                    for k in range(clips)
                ]
    return pd.DataFrame(rows)


def _predictions(
    recordings: pd.DataFrame, rng: np.random.Generator, sharper: float
) -> pd.DataFrame:
    held_out = recordings[recordings["split"] != "train"].rename(columns={"label": "true_label"})
    truth = held_out["true_label"].map(CLASSES.index).to_numpy()
    shared = rng.normal(size=(len(held_out), 3))  # what makes a clip hard for everyone
    parts = []
    for classifier, sharpness in SHARPNESS.items():
        for seed in range(3 if sharpness is not None else 1):
            if classifier == "majority":
                proba = np.tile([0.04, 0.48, 0.48], (len(held_out), 1))
            elif classifier == "chance":
                proba = rng.dirichlet([0.2, 2, 2], len(held_out))
            else:
                logits = 0.8 * shared + 0.5 * rng.normal(size=shared.shape)
                logits += sharpness * sharper * np.eye(3)[truth] - [0.6, 0, 0]
                proba = np.exp(1.5 * logits)
                proba /= proba.sum(axis=1, keepdims=True)
            part = held_out.assign(
                dataset="ai4pain-2024",
                protocol="predefined",
                fold="predefined",
                seed=seed,
                classifier=classifier,
                predicted_label=np.array(CLASSES)[proba.argmax(axis=1)],
                found_share=1 - rng.beta(1, 40, len(held_out)).round(3),
                n_frames=300,
                flag="",
            )
            for column, name in enumerate(CLASSES):
                part[f"p_{name}"] = proba[:, column]
            parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    table.loc[table["recording"] == table["recording"].iloc[5], "flag"] = "few frames with a face"
    return table


def _facts(recordings: pd.DataFrame, virtual: bool, evil: str) -> RunFacts:
    counts = tuple(
        ClassCount(
            split=split, label=label, subjects=part["subject"].nunique(), recordings=len(part)
        )
        for (split, label), part in recordings.groupby(["split", "label"], sort=False)
    )
    about = {"citation": "R. Fernandez-Rojas et al., 2023" + evil, "licence": "on request" + evil}
    return RunFacts(
        version="0.1.0",
        command="painscope run faces-of-experimental-pain"
        " --data ai4pain-2024=/home/somebody/ai4pain --out /home/somebody/run --set seeds=3" + evil,
        started=datetime(2026, 3, 1, 10, 12, tzinfo=UTC),
        classes=CLASSES,
        steps=(
            StepFacts(name="source network", seconds=133.2),
            StepFacts(name="features", seconds=48.9, reused=True),
            StepFacts(name="classifiers", seconds=61.0),
            StepFacts(name="scores", seconds=4.1),
        ),
        datasets=(
            DatasetFacts(
                name="biovid-a",
                title="BioVid Heat Pain, Part A",
                virtual=virtual,
                role="source",
                n_subjects=30,
                n_recordings=1200,
                **about,
            ),
            DatasetFacts(
                name="ai4pain-2024",
                title="AI4Pain 2024",
                virtual=virtual,
                role="target",
                n_subjects=recordings["subject"].nunique(),
                n_recordings=len(recordings),
                counts=counts,
                **about,
            ),
        ),
        classifiers=tuple(
            ClassifierFacts(name=name, title=TITLES[name][0], role=TITLES[name][1])
            for name in SHARPNESS
        ),
        source_network=NetworkFacts(
            card={
                "architecture": "vgg16-gap",
                "width": 0.25,
                "classes": ["no-pain", "high-pain"],
                "test_subjects": {"biovid-a": ["111111_m_40", "222222_w_30"]},
                "subjects": {"biovid-a": [f"{k:06d}_w_30" for k in range(30)]},
                "metrics": {"accuracy": 0.84, "f1": 0.83, "majority": 0.5},
                "licence": "Apache-2.0" + evil,
            },
            sha256="ab" * 32,
        ),
        features=(
            FeatureFacts(
                name="source-network",
                digest="d41d8cd98f00",
                provenance={"extractor": "vgg16-gap", "locator": {"name": "mediapipe" + evil}},
            ),
        ),
        segments=(
            SegmentFacts(split="train", recordings=260, segments=360, short=7),
            SegmentFacts(split="validation", recordings=156, segments=156, short=0),
        ),
    )


def _status(recordings: pd.DataFrame, evil: str) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    hard = {subject: rng.beta(0.6, 20) for subject in recordings["subject"].unique()}
    lost = recordings["subject"].map(hard) * rng.uniform(0, 2, len(recordings))
    table = recordings.assign(
        status="ok", reason="", n_frames=300, found_share=(1 - lost).round(3), damage=""
    )
    failed = table.index[[3, 40]]
    table.loc[failed, ["status", "n_frames", "found_share"]] = ["failed", 0, np.nan]
    table.loc[failed, "reason"] = ["not a video: moov atom not found" + evil, "the video is empty"]
    table.loc[table.index[17], "damage"] = "the last 12 frames could not be decoded" + evil
    return table


def _histories(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for classifier, pace in (("ann-vote", 9), ("lstm", 14)):
        for seed in range(3):
            for epoch in range(1, rng.integers(18, 30)):
                fall = np.exp(-epoch / pace)
                rows.append(
                    {
                        "classifier": classifier,
                        "fold": "predefined",
                        "seed": seed,
                        "epoch": epoch,
                        "train_loss": 0.45 + 0.65 * fall + rng.normal(0, 0.012),
                        "validation_loss": 0.86 + 0.25 * fall + 0.004 * epoch + rng.normal(0, 0.02),
                    }
                )
    return pd.DataFrame(rows)


def _example(folder: Path, recording: str) -> None:
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(len(recording))
    time_s = np.arange(300) / 30
    pain = 2.5 / (1 + np.exp(-2 * (time_s - 3))) - 2 / (1 + np.exp(-2 * (time_s - 8)))
    found = np.ones(300, bool)
    found[140:163] = False
    parts = []
    for classifier, noise in (("ann-vote", 0.4), ("lstm", 0.1)):
        drift = np.cumsum(rng.normal(0, 0.05, (300, 3)), axis=0)
        logits = np.stack([0.5 - pain, 0.3 + 0 * pain, pain - 0.3], 1) + drift
        proba = np.exp(logits + rng.normal(0, noise, (300, 3)))
        proba /= proba.sum(axis=1, keepdims=True)
        proba[150:163] = np.nan
        frame = pd.DataFrame({"classifier": classifier, "time_s": time_s, "found": found})
        frame[[f"p_{name}" for name in CLASSES]] = proba
        parts.append(frame)
    pd.concat(parts, ignore_index=True).to_parquet(folder / f"{recording}.parquet")
    strip = Image.new("RGB", (8 * 112, 112))
    for k in range(8):
        strip.paste(_face(pain[int((k + 0.5) / 8 * 300)]), (112 * k, 0))
    strip.save(folder / f"{recording}.jpg", quality=85)


def _face(pain: float) -> Image.Image:
    """Draw a round face whose brows lower and whose mouth opens with pain."""
    picture = Image.new("RGB", (112, 112), (96, 112, 128))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((18, 8, 94, 108), fill=(205, 160, 130))
    for x in (40, 72):
        draw.ellipse((x - 6, 46, x + 6, 46 + max(2, 9 - 4 * pain)), fill=(40, 40, 50))
        inner = x + 9 if x < 56 else x - 9
        draw.line((112 - inner - 4, 38, inner, 38 + 4 * pain), fill=(70, 45, 30), width=4)
    draw.ellipse((44, 78, 68, 82 + 6 * max(pain, 0)), fill=(140, 50, 50))
    return picture


@pytest.fixture(scope="session")
def full_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of virtual people with everything a run can have; tests only read it."""
    return build_run(tmp_path_factory.mktemp("full") / "run")


@pytest.fixture(scope="session")
def bare_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of real people with nothing a run may lack, its test people unlabelled."""
    folder = tmp_path_factory.mktemp("bare") / "run"
    return build_run(folder, virtual=False, test_labels=False, extras=False)
