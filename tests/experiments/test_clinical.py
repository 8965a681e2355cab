"""Studies that cannot be done, refused before any network is trained."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from painscope.errors import CheckpointError, DatasetError, UsageError
from painscope.experiments import RunFolder, load_recipe
from painscope.experiments.clinical import run_clinical
from painscope.experiments.forgotten import run_forgotten
from painscope.experiments.networks import Workshop
from painscope.experiments.steps import Steps
from painscope.experiments.studies import NetworkSettings
from painscope.networks import random_checkpoint, save_checkpoint


def real(name: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, virtual=False, root=Path("nowhere"))


STUDIES = (
    (run_forgotten, "forgotten-action-units"),
    (run_clinical, "clinical-vs-experimental"),
)


@pytest.mark.parametrize(("study", "name"), STUDIES)
class TestBothStudies:
    def test_a_layer_that_is_not_there(self, study, name) -> None:
        with pytest.raises(UsageError, match="no layer 'relu9_9'"):
            study(load_recipe(name, ["concepts.layer=relu9_9"]), {}, None)

    def test_a_layer_without_maps(self, study, name) -> None:
        with pytest.raises(UsageError, match="dense gives no maps"):
            study(load_recipe(name, ["concepts.layer=dense"]), {}, None)

    def test_pictures_whose_action_units_nobody_knows(self, study, name) -> None:
        with pytest.raises(DatasetError, match="nobody knows which action units biovid-a"):
            study(load_recipe(name), {"action units": real("biovid-a")}, None)


def test_pain_whose_action_units_nobody_knows_in_either_dataset() -> None:
    datasets = {
        "experimental pain": real("biovid-a"),
        "clinical pain": real("icope-video"),
        "action units": real("unbc-mcmaster"),
    }
    with pytest.raises(UsageError, match="no relevance can be measured"):
        run_clinical(load_recipe("clinical-vs-experimental"), datasets, None)


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
    with pytest.raises(
        CheckpointError, match="high-pain, no-pain in this order, not no-pain, high"
    ):
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
    roles = {"emotion": "affectnet", "pain": "unbc-mcmaster", "action units": "unbc-mcmaster"}
    with pytest.raises(InterruptedError):
        run_forgotten(recipe, {role: real(name) for role, name in roles.items()}, steps)
