"""Questions about single frames: emotions of photographs, pain of coded sequences, stages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.virtual.virtual_layouts import draw_discs

from painscope.datasets import Dataset, load_dataset, pspi_labels
from painscope.datasets.affectnet import EMOTIONS
from painscope.errors import DatasetError, LeakageError, UsageError
from painscope.face import make_locator, write_crops
from painscope.networks import Checkpoint, random_checkpoint
from painscope.training import (
    STAGES,
    ask,
    find_frames,
    fine_tune,
    fit_output_layer,
    train_network,
)
from painscope.training.frames import limit_classes
from painscope.virtual import generate

PAIN = ("no-pain", "pain")
QUICK = {"batch_size": 32, "max_epochs": 1, "patience": 1, "precision": "fp32"}
NEW = QUICK | {"width": 1 / 16, "input_size": 32}


@dataclass(frozen=True)
class Tree:
    dataset: Dataset
    crops: Path


def tree(home: Path, name: str, **settings: object) -> Tree:
    with pytest.MonkeyPatch.context() as patch:
        draw_discs(patch)
        generate(name, home / name, workers=1, size=[64, 64], **settings)
    dataset = load_dataset(name, home / name)
    write_crops(dataset.recordings, make_locator("precropped"), home / "crops", size=32)
    return Tree(dataset, home / "crops")


@pytest.fixture(scope="session")
def unbc(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Discs turn from dark to bright; the coders see pain in the last fifth."""
    home = tmp_path_factory.mktemp("unbc")
    found = tree(home, "unbc-mcmaster", people=5, sequences=1, frames=30)
    for recording in found.dataset.recordings:
        paths = sorted(recording.signals["pspi"].iterdir())
        for k, path in enumerate(paths):
            path.write_text(f"   {2 if k >= 0.8 * len(paths) else 0:.7e}\n")
    return found


@pytest.fixture(scope="session")
def affectnet(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    home = tmp_path_factory.mktemp("affectnet")
    return tree(home, "affectnet", people=4, images=8, per_sitting=8)


@pytest.fixture(scope="session")
def pain(unbc: Tree):
    return ask(
        unbc.crops,
        unbc.dataset.recordings,
        dataset="unbc-mcmaster",
        classes=PAIN,
        labels=pspi_labels,
        most=2,
    )


@pytest.fixture(scope="session")
def emotion(affectnet: Tree, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    question = ask(
        affectnet.crops, affectnet.dataset.recordings, dataset="affectnet", classes=EMOTIONS
    )
    return train_network(question, out=tmp_path_factory.mktemp("emotion"), **NEW)


# -- questions ---------------------------------------------------------------------------


def test_frames_have_the_labels_of_their_own(unbc: Tree) -> None:
    recordings = unbc.dataset.recordings
    frames = find_frames(unbc.crops, recordings, PAIN, labels=pspi_labels)
    assert len(frames) == sum(len(list(r.video.iterdir())) for r in recordings)
    lengths = np.bincount(frames.clip)[frames.clip]
    assert np.array_equal(frames.target == 1, frames.numbers >= 0.8 * lengths)
    assert frames.classes == PAIN
    known = find_frames(unbc.crops, recordings, PAIN, labels=lambda r: [None, *PAIN])
    assert Counter(known.numbers.tolist()) == {1: 5, 2: 5}, "frames without a label are left out"
    with pytest.raises(DatasetError, match="no crop labelled pain"):
        find_frames(unbc.crops, recordings, PAIN, labels=lambda r: ["no-pain"] * 80)


def test_some_frames_and_their_recordings(unbc: Tree) -> None:
    frames = find_frames(unbc.crops, unbc.dataset.recordings, PAIN, labels=pspi_labels)
    subject = np.array([frames.recordings[k].subject for k in frames.clip])
    chosen = frames.select(subject == frames.subjects[2])
    assert chosen.subjects == (frames.subjects[2],)
    assert len(chosen.recordings) == 1
    assert set(chosen.clip.tolist()) == {0}
    assert all(path.parent.name == chosen.recordings[0].id for path in chosen.paths)


def test_common_classes_are_limited_but_not_in_the_test(unbc: Tree, pain) -> None:
    frames = find_frames(unbc.crops, unbc.dataset.recordings, PAIN, labels=pspi_labels)
    few = limit_classes(frames, 2, seed=0)
    counts, limited = Counter(frames.target.tolist()), Counter(few.target.tolist())
    assert counts[0] > 2 * counts[1]
    assert limited == {0: 2 * counts[1], 1: counts[1]}
    assert set(few.paths) < set(frames.paths)
    assert limit_classes(frames, 100, seed=0).paths == frames.paths
    for part, want in (("train", 2), ("validation", 2)):
        count = Counter(pain.parts[part].target.tolist())
        assert count[0] == want * count[1]
    count = Counter(pain.test.target.tolist())
    assert count[0] > 2 * count[1]


def test_people_are_in_one_part(pain, unbc: Tree) -> None:
    people = [set(part.subjects) for part in pain.parts.values()]
    assert sum(map(len, people)) == len(set.union(*people)) == len(unbc.dataset.subjects)
    assert [len(part) for part in people] == [3, 1, 1]


# -- emotions and pain by one function ---------------------------------------------------


def test_eight_emotions_from_photographs(emotion: Checkpoint, affectnet: Tree) -> None:
    network, card = emotion
    assert network.head.out_features == 8
    assert card.classes == EMOTIONS
    assert card.metrics["frames"] == card.metrics["clips"] == 8
    assert 0 <= card.metrics["accuracy"] <= 1
    people = [card.subjects, card.validation_subjects, card.test_subjects]
    assert [len(group["affectnet"]) for group in people] == [2, 1, 1]
    held = {r.subject for r in affectnet.dataset.recordings if r.split == "validation"}
    assert set(card.test_subjects["affectnet"]) == held, "the dataset's own hold-out"
    assert card.title.endswith("contempt, trained on affectnet")


def test_pain_frame_by_frame(pain, tmp_path: Path) -> None:
    card = train_network(pain, out=tmp_path, **NEW).card
    assert card.metrics["frames"] == len(pain.test)
    assert "clip_accuracy" not in card.metrics, "a clip has no one label"
    assert card.settings["most"] == 2
    assert card.title == "pain against no-pain, trained on unbc-mcmaster"


# -- stages ------------------------------------------------------------------------------


def test_only_a_stages_part_moves(pain, emotion: Checkpoint, tmp_path: Path) -> None:
    tuned = fine_tune(pain, emotion, out=tmp_path, learning_rate=1e-3, **QUICK)
    assert list(tuned) == list(STAGES) == ["fc", "block5", "block4", "all"]
    before = emotion.network.state_dict()
    frozen = {
        "fc": range(1, 6),
        "block5": range(1, 5),
        "block4": range(1, 4),
        "all": range(0),
    }
    for stage, (network, card) in tuned.items():
        assert card.parent == emotion.sha256
        assert card.settings["stage"] == stage
        assert card.classes == PAIN
        assert (tmp_path / stage / "source.safetensors").is_file()
        for name, value in network.state_dict().items():
            if name.startswith("head."):
                continue  # a new question has a new prediction layer
            still = any(name.startswith(f"trunk.conv{block}_") for block in frozen[stage])
            assert torch.equal(value, before[name]) == still, f"{stage}: {name}"
    assert set(tuned["fc"].card.subjects) == {"affectnet", "unbc-mcmaster"}
    again = fine_tune(pain, emotion, out=tmp_path, stages=("fc",), learning_rate=1e-3, **QUICK)
    assert again["fc"].sha256 == tuned["fc"].sha256


def test_an_unknown_stage_is_named(pain, emotion: Checkpoint, tmp_path: Path) -> None:
    line = "there is no stage 'block3'. Did you mean block5 or block4?"
    for call in (
        lambda: fine_tune(pain, emotion, out=tmp_path, stages=("fc", "block3"), **QUICK),
        lambda: train_network(pain, out=tmp_path, start=emotion, stage="block3", **QUICK),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert str(caught.value) == line
    with pytest.raises(UsageError, match="none to start from"):
        train_network(pain, out=tmp_path, stage="fc", **NEW)
    assert not list(tmp_path.iterdir())


def test_a_parent_that_knows_a_held_out_person(pain, tmp_path: Path) -> None:
    parent = random_checkpoint(width=1 / 16, input_size=32)
    (tested,) = pain.test.subjects
    card = parent.card.model_copy(update={"subjects": {"unbc-mcmaster": (tested,)}})
    with pytest.raises(LeakageError, match=tested):
        fine_tune(pain, parent._replace(card=card), out=tmp_path, **QUICK)
    assert not list(tmp_path.iterdir())


# -- the output layer --------------------------------------------------------------------


def points(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds in a space with a silent, a constant and a huge axis; one class is rare."""
    rng = np.random.default_rng(seed)
    target = rng.choice(3, n, p=[0.6, 0.35, 0.05])
    values = rng.normal(0, 0.3, (n, 6)).astype(np.float32)
    values[np.arange(n), target] += 2
    values[:, 3], values[:, 4], values[:, 5] = 0, 7, values[:, 5] * 1e4
    return values, target.astype(np.int64)


def test_an_output_layer_learns_from_features_as_they_are() -> None:
    layer = fit_output_layer(points(600, 0), points(200, 1), 3)
    features, target = points(2000, 2)
    answer = layer(features).argmax(axis=1)
    recall = [(answer[target == k] == k).mean() for k in range(3)]
    assert min(recall) > 0.95, "the rare class too"
    assert layer.weight.shape == (3, 6)
    assert np.isfinite(layer.weight).all()


def test_an_output_layer_is_its_seeds() -> None:
    first, again, other = (
        fit_output_layer(points(200, 0), points(80, 1), 3, seed=seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(first.weight, again.weight)
    assert not np.array_equal(first.weight, other.weight)
