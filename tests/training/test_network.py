"""Emotions of photographs and pain of coded sequences, learned by one function."""

from __future__ import annotations

from pathlib import Path

from tests.training.trees import NEW, Tree

from painscope.datasets.affectnet import EMOTIONS
from painscope.networks import Checkpoint
from painscope.training import train_network


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
