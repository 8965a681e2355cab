"""Trainings by several processes that painscope starts itself, on this machine and on nodes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from painscope.errors import LeakageError, UsageError
from painscope.networks import Checkpoint
from painscope.training import train_source, train_together
from painscope.training.together import _needed

SETTINGS = {
    "dataset": "bars",
    "window_s": (0.5, 1.3),
    "frame_step": 2,
    "width": 1 / 16,
    "input_size": 32,
    "batch_size": 16,
    "max_epochs": 4,
    "learning_rate": 3e-3,
    "precision": "fp32",
}


def training(crops, out: Path, **changes) -> partial[Checkpoint]:
    return partial(train_source, crops.folder, crops.recordings, out=out, **SETTINGS | changes)


def losses(folder: Path) -> list[float]:
    epochs = json.loads((folder / "history.json").read_text())["epochs"]
    return [epoch["train_loss"] for epoch in epochs]


@pytest.mark.slow
def test_two_processes_train_as_one_does(crops, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    two = train_together(
        training(crops, tmp_path / "two"), devices=2, progress=lambda *steps: told.append(steps)
    )
    one = train_together(training(crops, tmp_path / "one"))
    assert two.card.settings == one.card.settings, "the batches are as large, not the processes"
    assert two.card.subjects == one.card.subjects
    steps, epochs = told[-1][1], SETTINGS["max_epochs"]
    assert told == [(k + 1, steps) for k in range(steps)]
    assert steps % epochs == 0
    # Each normalises and augments its own half: alike, not the same.
    both = losses(tmp_path / "two"), losses(tmp_path / "one")
    assert all(found[-1] < 0.8 * found[0] for found in both)
    assert two.card.metrics["accuracy"] > two.card.metrics["majority"]
    assert not (tmp_path / "two" / "last.ckpt").exists()


@pytest.mark.slow
def test_what_a_process_says_is_said_here(crops, tmp_path: Path) -> None:
    one = train_together(training(crops, tmp_path / "one", max_epochs=1))
    seen = one.card.model_copy(update={"subjects": {"bars": ("p0", "p1", "p2", "p3", "p4")}})
    start = Checkpoint(one.network, seen)
    with pytest.raises(LeakageError, match="has seen people who are held out here"):
        train_together(
            training(crops, tmp_path / "two", start=start, width=None, seed=1), devices=2
        )
    assert not (tmp_path / "two").exists()


@pytest.mark.slow
def test_two_nodes_train(cluster, crops, tmp_path: Path) -> None:
    train = training(crops, tmp_path / "nodes")
    told: list[tuple[int, int]] = []
    found = train_together(train, num_nodes=2, on="ray", progress=lambda *steps: told.append(steps))
    assert told == [(k + 1, told[-1][1]) for k in range(len(told))]
    assert len(told) == told[-1][1]
    assert losses(tmp_path / "nodes")[-1] < losses(tmp_path / "nodes")[0]
    assert found.card.metrics["accuracy"] > found.card.metrics["majority"]
    with pytest.raises(UsageError, match="no 2 nodes of 2 GPUs or cores each"):
        train_together(train, devices=2, num_nodes=2, on="ray")


def test_nodes_are_chosen_by_what_they_have() -> None:
    def node(alive: bool = True, **has: float) -> dict:
        return {"Alive": alive, "Resources": {"CPU": 8.0, **has}}

    assert _needed([node(), node(GPU=4.0), node(GPU=4.0)], 4, 2) == {"CPU": 4, "GPU": 4}
    assert _needed([node(), node(GPU=4.0), node(GPU=4.0)], 4, 3) == {"CPU": 4}
    with pytest.raises(UsageError, match="no 2 nodes"):
        _needed([node(), node(alive=False)], 1, 2)


def test_several_nodes_are_a_cluster_s() -> None:
    with pytest.raises(UsageError, match="2 nodes need a cluster"):
        train_together(lambda **_: None, num_nodes=2)
