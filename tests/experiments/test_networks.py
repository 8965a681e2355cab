"""Networks of recipes: what they are trained with, and by how many processes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from painscope.datasets import load_dataset
from painscope.experiments import RunFolder, load_recipe, networks
from painscope.experiments.networks import Workshop
from painscope.experiments.settings import NetworkSettings
from painscope.experiments.steps import Steps
from painscope.networks import random_checkpoint, save_checkpoint


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Of a dataset of one photograph."""
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,a.png\n", encoding="utf-8")
    dataset = load_dataset("manifest", tmp_path / "own.csv")
    recipe = load_recipe("faces-of-experimental-pain", ["face.locator=precropped"])
    steps = Steps(RunFolder(tmp_path / "run"), tmp_path, lambda step, done, total: None)
    return Workshop(recipe, {"source": dataset}, steps, {"source": (32, 1)})


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `ask` and `train_network` would be told, instead of their work."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(networks, "ask", lambda *_, **asked: told.update(asked))
    monkeypatch.setattr(networks, "train_together", lambda train, **_: told.update(train.keywords))
    return told


def test_virtual_people_are_listed_apart_from_the_real_ones_whose_ids_they_have(
    shop: Workshop, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.datasets["source"], "virtual", True)
    own = shop.recipe.source
    shop.question("source", own)
    shop.network("source", own, SimpleNamespace())
    assert told["dataset"] == "virtual manifest"
    assert told["licence"] == ""


def test_a_network_that_begins_with_another_has_its_shape(
    shop: Workshop, told: dict[str, Any], tmp_path: Path
) -> None:
    """Not the default input of a network from scratch."""
    path = tmp_path / "start.safetensors"
    save_checkpoint(path, *random_checkpoint(width=0.05, input_size=48))
    shop.network("source", NetworkSettings(dataset="manifest", start=path), SimpleNamespace())
    assert told["start"].card.input_size == 48
    assert told["width"] is told["input_size"] is None
