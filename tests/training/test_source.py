from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from painscope.errors import DatasetError, LeakageError, RunError, UsageError
from painscope.networks import Checkpoint, load_checkpoint, random_checkpoint
from painscope.training import train_source

CLASSES = ("no-pain", "high-pain")
SMALL: dict[str, Any] = {
    "dataset": "bars",
    "width": 1 / 16,
    "input_size": 32,
    "window_s": (0.6, 2.0),
    "frame_step": 5,
    "batch_size": 16,
    "max_epochs": 12,
    "patience": 12,
    "precision": "fp32",
}


def train(crops, out: Path, **changes: Any) -> Checkpoint:
    return train_source(crops.folder, crops.recordings, out=out, **(SMALL | changes))


@pytest.fixture(scope="session")
def trained(crops, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checkpoint]:
    out = tmp_path_factory.mktemp("trained")
    return out, train(crops, out, licence="CC0", citation="nobody")


def weights(checkpoint: Checkpoint) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in checkpoint.network.parameters()])


def test_it_learns_and_the_card_tells(crops, trained: tuple[Path, Checkpoint]) -> None:
    out, (network, card) = trained
    assert not network.batch_norm
    assert card.metrics["accuracy"] > 0.9
    assert card.metrics["clip_f1"] > 0.9
    assert card.metrics["people"] == len(card.test_subjects["bars"]) == 2
    assert card.metrics["clips"] == 8
    assert card.metrics["frames"] == 8 * 4  # 20, 25, 30 and 35
    assert card.metrics["majority"] == 0.5
    # The report has the published network's beside them.
    assert {"accuracy", "f1"} < set(card.metrics)
    people = [card.subjects, card.validation_subjects, card.test_subjects]
    groups = [set(group["bars"]) for group in people]
    assert set.union(*groups) == {r.subject for r in crops.recordings}
    assert sum(map(len, groups)) == 8
    assert card.crop["locator"]["name"] == "precropped"
    assert (card.licence, card.citation) == ("CC0", "nobody")
    assert card.settings["window_s"] == [0.6, 2.0]
    assert card.parent is None
    assert card.untrained == ()

    history = json.loads((out / "history.json").read_text())
    assert len(history["epochs"]) == SMALL["max_epochs"]
    best = min(epoch["val_loss"] for epoch in history["epochs"])
    assert history["epochs"][history["best_epoch"]]["val_loss"] == best
    assert sorted(path.name for path in out.iterdir()) == [
        "history.json",
        "settings.json",
        "source.safetensors",
    ]
    assert load_checkpoint(out / "source.safetensors").card == card


def test_the_same_call_reads_back_and_another_is_refused(crops, trained) -> None:
    out, first = trained
    told: list = []
    again = train(crops, out, progress=lambda *done: told.append(done))
    assert again.sha256 == first.sha256
    assert not told
    with pytest.raises(
        UsageError, match="another training: frames_sha256, learning_rate, seed, split_seed d"
    ):
        train(crops, out, seed=1, learning_rate=0.01)
    fewer = replace(crops, recordings=crops.recordings[:-1])
    with pytest.raises(UsageError, match="frames_sha256"):
        train(fewer, out)


def test_a_finished_training_is_read_back_where_another_precision_is_picked(
    crops, trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, first = trained
    monkeypatch.setattr(
        "painscope.training.network.pick_precision",
        lambda name, device: "bf16" if name == "auto" else name,
    )
    assert train(crops, out, precision="auto").sha256 == first.sha256
    with pytest.raises(UsageError, match="another training: precision differ"):
        train(crops, out, precision="bf16")


def test_more_processes_than_frames_in_a_batch(crops, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a batch of 3 frames cannot be shared by 4 processes"):
        train(crops, tmp_path / "out", batch_size=3, devices=2, num_nodes=2)
    assert not (tmp_path / "out").exists()


def test_a_killed_training_goes_on_to_the_same_weights(crops, trained, tmp_path: Path) -> None:
    """Killed for real (SIGKILL) in the fourth epoch, in another process."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import os, pickle, signal\n"
        "from test_source import train\n"
        f"crops = pickle.load(open({str(tmp_path / 'crops.pkl')!r}, 'rb'))\n"
        "def die(done, total):\n"
        f"    if done > 3.5 * total / {SMALL['max_epochs']}: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"train(crops, {str(tmp_path / 'out')!r}, progress=die)\n"
    )
    import pickle
    from types import SimpleNamespace

    bare = [replace(r, signals={}, attributes={}) for r in crops.recordings]
    stand_in = SimpleNamespace(folder=crops.folder, recordings=bare)
    (tmp_path / "crops.pkl").write_bytes(pickle.dumps(stand_in))
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (tmp_path / "out" / "last.ckpt").exists()
    assert not (tmp_path / "out" / "source.safetensors").exists()

    told: list[int] = []
    resumed = train(crops, tmp_path / "out", progress=lambda done, total: told.append(done))
    steps = told[-1] // SMALL["max_epochs"]
    assert told[0] == 3 * steps + 1, "three epochs were done"
    torch.testing.assert_close(weights(resumed), weights(trained[1]))
    assert resumed.card.metrics == trained[1].card.metrics


def test_fine_tuning_remembers_whom_the_parent_saw(crops, trained, tmp_path: Path) -> None:
    parent = trained[1]
    card = parent.card.model_copy(
        update={"classes": ("calm", "angry", "sad"), "subjects": {"faces": ("x", "y")}}
    )
    three = random_checkpoint(width=1 / 16, classes=("calm", "angry", "sad"), input_size=32)
    start = three._replace(card=card.model_copy(update={"validation_subjects": {}}))
    tuned = train(
        crops, tmp_path, start=start, width=None, input_size=None, max_epochs=1, patience=1
    )
    assert tuned.card.parent == start.sha256
    assert tuned.card.subjects["faces"] == ("x", "y")
    assert set(tuned.card.subjects) == {"faces", "bars"}
    assert tuned.card.classes == CLASSES
    assert tuned.network.head.weight.shape == (2, 1024)
    moved = (tuned.network.dense.weight - three.network.dense.weight).abs().max()
    assert 0 < moved < 0.05, "it began from the given weights"
    assert tuned.card.settings["learning_rate"] == 1e-4


def test_a_parent_that_saw_the_test_people_is_refused(crops, trained, tmp_path: Path) -> None:
    card = trained[1].card
    (tested, _), (stopping,) = card.test_subjects["bars"], card.validation_subjects["bars"]
    for field, person in (
        ("subjects", tested),
        ("validation_subjects", tested),
        ("subjects", stopping),
    ):
        start = trained[1]._replace(card=card.model_copy(update={field: {"bars": (person,)}}))
        for name in ("bars", "virtual bars"):  # older cards list virtual people like real ones
            with pytest.raises(LeakageError, match=person):
                train(crops, tmp_path, dataset=name, start=start, width=None, input_size=None)
    assert not list(tmp_path.iterdir())


def test_wrong_calls(crops, trained, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="width"):
        train(crops, tmp_path, start=trained[0] / "source.safetensors", width=0.5)
    with pytest.raises(RunError, match="not a folder of crops"):
        train_source(tmp_path, crops.recordings, out=tmp_path / "out", **SMALL)
    with pytest.raises(DatasetError, match="no crop between"):
        train(crops, tmp_path, window_s=(100, 101))
    assert not (tmp_path / "out").exists()


def test_two_trainings_with_one_seed_are_the_same(crops, trained, tmp_path: Path) -> None:
    again = train(crops, tmp_path)
    assert again.sha256 == trained[1].sha256
