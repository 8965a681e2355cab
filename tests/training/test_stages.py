"""Networks that are tuned further: how much of one moves, and whom it has seen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.training.trees import NEW, PAIN, QUICK

from painscope.errors import LeakageError, UsageError
from painscope.networks import Checkpoint, random_checkpoint
from painscope.training import (
    STAGES,
    fine_tune,
    train_network,
)


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
