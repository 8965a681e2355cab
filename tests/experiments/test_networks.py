"""Networks of recipes: what they are trained with, and by how many processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from painscope.datasets import load_dataset
from painscope.errors import CheckpointError, UsageError
from painscope.experiments import RunFolder, load_recipe, networks
from painscope.experiments.forgotten import run_forgotten
from painscope.experiments.networks import Workshop
from painscope.experiments.settings import NetworkSettings
from painscope.experiments.steps import Steps
from painscope.networks import Checkpoint, load_checkpoint, random_checkpoint, save_checkpoint


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


def test_a_given_network_that_was_replaced_while_the_run_stood_still(tmp_path: Path) -> None:
    """The tables that are there already are of the one before."""
    path, question = tmp_path / "network.safetensors", SimpleNamespace(classes=("calm", "pain"))
    steps = Steps(RunFolder(tmp_path / "run"), tmp_path, lambda step, done, total: None)
    shop = Workshop(load_recipe("clinical-vs-experimental"), {}, steps, {})
    settings = NetworkSettings(dataset="biovid-a", checkpoint=path)

    def give(seed: int, **told: object) -> None:
        one = random_checkpoint(seed=seed, width=0.05, input_size=32, classes=question.classes)
        save_checkpoint(path, one.network, one.card.model_copy(update={"untrained": (), **told}))

    give(0)
    kept = shop.network("clinical pain", settings, question)
    assert shop.network("clinical pain", settings, question).sha256 == kept.sha256
    for seed, told in ((1, {}), (0, {"subjects": {"biovid-a": ("a person",)}})):
        give(seed, **told)
        with pytest.raises(UsageError, match="another network than the one that this run"):
            shop.network("clinical pain", settings, question)
    give(0)
    assert shop.network("clinical pain", settings, question).card == kept.card


def test_a_given_network_whose_classes_stand_the_other_way_round(tmp_path: Path) -> None:
    """It would be read backwards: the last class is pain."""
    network, card = random_checkpoint(width=0.05, input_size=32)
    told = {"untrained": (), "classes": card.classes[::-1]}
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, network, card.model_copy(update=told))
    steps = Steps(RunFolder(tmp_path / "run"), tmp_path, lambda step, done, total: None)
    shop = Workshop(load_recipe("clinical-vs-experimental"), {}, steps, {})
    settings = NetworkSettings(dataset="biovid-a", checkpoint=path)
    told = "high-pain, no-pain in this order, not no-pain, high"
    with pytest.raises(CheckpointError, match=told):
        shop.network("clinical pain", settings, SimpleNamespace(classes=card.classes))


def test_a_given_network_of_emotions_may_have_them_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is asked for by its name."""
    network, card = random_checkpoint(width=0.05, input_size=32)
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, network, card.model_copy(update={"untrained": ()}))

    def ask(shop: Workshop, role: str, *_: object) -> SimpleNamespace:
        if role == "pain":  # so the emotion network was taken
            raise InterruptedError
        return SimpleNamespace(classes=card.classes[::-1])

    monkeypatch.setattr(Workshop, "question", ask)
    steps = Steps(RunFolder(tmp_path / "run"), tmp_path, lambda step, done, total: None)
    recipe = load_recipe("forgotten-action-units", [f"emotion.checkpoint={path}"])
    real = SimpleNamespace(name="unbc-mcmaster", virtual=False, root=tmp_path)
    with pytest.raises(InterruptedError):
        run_forgotten(recipe, dict.fromkeys(("emotion", "pain", "action units"), real), steps)


#: Of little faces at 4 frames per second.
QUICK = [
    "face.locator=precropped", "face.rate=4", "bootstrap=200", "segment_frames=8", "seeds=1",
    "rows=[{classifier: mean-logistic}]", "protocol=grouped-k-fold", "folds=2",
    "source.dataset=manifest", 'source.options={classes: "no-pain,high-pain"}',
    "source.window_s=null", "source.frame_step=1", "source.width=0.05", "source.input_size=32",
    "source.batch_size=16", "source.max_epochs=3", "source.learning_rate=3e-3",
]  # fmt: skip


@pytest.fixture
def data(make_video: Callable[..., Path], tmp_path: Path) -> list[str]:
    """Two datasets in which pain is bright: to train on, and whose people are classified."""

    def play(path: Path, grey: int) -> str:
        noise = np.random.default_rng(grey).integers(-20, 20, (8, 48, 48, 3))
        make_video(path, (noise + grey).astype(np.uint8), rate=4)
        return path.name

    heat, electrical = tmp_path / "heat", tmp_path / "electrical"
    rows = [
        f"{label}{person},{person},{play(heat / f'{label}{person}.mp4', grey + person)},{label}"
        for person in range(8)
        for label, grey in (("no-pain", 60), ("high-pain", 190))
    ]
    table = "\n".join(["recording,subject,video,label", *rows])
    (heat / "manifest.csv").write_text(table, encoding="utf-8")
    for person in range(1, 5):
        for name, grey in (("Baseline", 60), ("Pain_LOW_0", 120), ("Pain_HIGH_1", 190)):
            play(electrical / f"Train/video/{person}/{person}_{name}.mp4", grey + person)
    return [f"--data=manifest={heat}", f"--data=ai4pain-2024={electrical}"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_train_the_network_of_a_recipe(data: list[str], tmp_path: Path) -> None:
    script = str(Path(sys.executable).with_name("painscope"))  # each process reads it anew
    found: dict[int, Checkpoint] = {}
    losses: dict[int, list[float]] = {}
    for devices in (1, 2):
        out = tmp_path / str(devices)
        settings = [f"--set={setting}" for setting in [*QUICK, f"source.devices={devices}"]]
        call = [script, "run", "faces-of-experimental-pain", *data, *settings, f"--out={out}",
                f"--store={tmp_path / 'store'}", "--workers=1"]  # fmt: skip
        done = subprocess.run(call, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        models = RunFolder.open(out).models
        found[devices] = load_checkpoint(models / "source.safetensors")
        epochs = json.loads((models / "history.json").read_text())["epochs"]
        losses[devices] = [epoch["train_loss"] for epoch in epochs]
        assert not (models / "last.ckpt").exists()
    one, two = found[1], found[2]
    # The same people, frames and batches; of these each normalises and augments its own half.
    assert two.card.model_copy(update={"metrics": one.card.metrics}) == one.card
    assert two.card.metrics["frames"] == one.card.metrics["frames"]
    assert two.sha256 != one.sha256, "the second process took part"
    assert losses[2][0] == pytest.approx(losses[1][0], rel=0.3), "before they go apart"
    for devices, network in found.items():
        assert losses[devices][-1] < 0.5 * losses[devices][0]
        assert network.card.metrics["accuracy"] > network.card.metrics["majority"]
