from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from painscope.errors import CheckpointError
from painscope.experiments import RunFolder, load_recipe
from painscope.experiments.networks import Workshop
from painscope.experiments.steps import Steps
from painscope.experiments.studies import NetworkSettings
from painscope.networks import random_checkpoint, save_checkpoint


def test_a_given_network_whose_classes_stand_the_other_way_round(tmp_path: Path) -> None:
    """It would be read backwards: the last class is pain."""
    network, card = random_checkpoint(width=0.05, input_size=32)
    told = {"untrained": (), "classes": card.classes[::-1]}
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, network, card.model_copy(update=told))
    steps = Steps(RunFolder(tmp_path / "run"), tmp_path, lambda step, done, total: None)
    shop = Workshop(load_recipe("clinical-vs-experimental"), {}, steps, {})
    settings = NetworkSettings(dataset="biovid-a", checkpoint=path)
    with pytest.raises(CheckpointError, match="knows the classes high-pain, no-pain, not no-pain"):
        shop.network("clinical pain", settings, SimpleNamespace(classes=card.classes))
