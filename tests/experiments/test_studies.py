"""The two recipes that look into networks, tiny, on virtual people in the real layouts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from painscope.errors import CheckpointError, DatasetError, RunError, UsageError
from painscope.experiments import RunFolder, load_recipe, run
from painscope.experiments.facts import read_facts
from painscope.networks import load_checkpoint, random_checkpoint, save_checkpoint
from painscope.report import write_report
from painscope.virtual import generate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Of these people enough are seen in pain.
SMALL = {"seed": 4, "size": (64, 64), "workers": 1}
FACE = ["face.locator=precropped", "bootstrap=200"]
NETWORK = ["width=0.05", "input_size=32", "max_epochs=1", "batch_size=8"]
CONCEPTS = [
    "concepts.dataset=affectnet",
    "concepts.pictures=48",
    "concepts.seeds=1",
    "concepts.folds=2",
    "concepts.epochs=2",
    "concepts.randoms=2",
    "look.pictures=8",
    "look.checked=4",
    "look.randoms=1",
]
FORGOTTEN = [
    *FACE,
    *CONCEPTS,
    *(f"emotion.{setting}" for setting in NETWORK),
    *("pain.max_epochs=1", "pain.batch_size=8", "pain.frame_step=2", "pain.seed=4", "seeds=1"),
]
CLINICAL = [
    *FACE,
    *CONCEPTS,
    *(f"{role}.{setting}" for role in ("experimental", "clinical") for setting in NETWORK),
    *("experimental.window_s=null", "experimental.frame_step=2", "face.rate=5"),
    *("clinical.frame_step=2", "clinical.seed=4"),
]


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """AffectNet, UNBC-McMaster and BioVid, played by a few virtual people."""
    root = tmp_path_factory.mktemp("trees")
    generate("affectnet", root / "affectnet", people=8, images=8, **SMALL)
    generate("unbc-mcmaster", root / "unbc-mcmaster", people=8, sequences=1, frames=36, **SMALL)
    generate(
        "biovid-a", root / "biovid-a", people=5, classes=("BL1", "PA4"), clips_per_class=1,
        clip_s=2.0, signals=False, **SMALL,
    )  # fmt: skip
    return {path.name: path for path in root.iterdir()}


def chosen(trees: dict[str, Path], *names: str) -> dict[str, Path]:
    return {name: trees[name] for name in names}


@pytest.fixture(scope="module", autouse=True)
def _alone() -> Iterator[None]:
    """Cut faces in this process: starting others takes longer than the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("painscope.experiments.crops.os.cpu_count", lambda: 1)
        yield


@pytest.fixture(scope="module")
def forgotten(trees: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    recipe = load_recipe("forgotten-action-units", FORGOTTEN)
    data = chosen(trees, "affectnet", "unbc-mcmaster")
    return run(recipe, data, tmp_path_factory.mktemp("forgotten") / "run")


@pytest.fixture(scope="module")
def clinical(trees: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    recipe = load_recipe("clinical-vs-experimental", CLINICAL)
    data = chosen(trees, "biovid-a", "unbc-mcmaster", "affectnet")
    return run(recipe, data, tmp_path_factory.mktemp("clinical") / "run")


class TestForgotten:
    def test_every_stage_is_asked(self, forgotten: RunFolder) -> None:
        facts = read_facts(forgotten.path)
        assert list(facts.networks) == ["emotion", "fc", "block5", "block4", "all"]
        assert facts.virtual
        scores = forgotten.table("scores")
        recall = scores[scores["metric"] == "recall"]
        assert set(facts.networks) <= set(recall["stage"])
        assert recall.groupby("stage")["class"].nunique().eq(8).all()
        assert set(forgotten.table("lost")["network"]) == {"fc", "block5", "block4", "all"}
        assert forgotten.table("tcav")["score"].dropna().between(0, 1).all()

    def test_layers_that_a_stage_leaves_alone_lose_nothing(self, forgotten: RunFolder) -> None:
        lost = forgotten.table("lost").set_index("network")
        assert (lost.loc["fc", "change"] == 0).all()
        before = load_checkpoint(forgotten.models / "emotion/source.safetensors").network
        after = load_checkpoint(forgotten.models / "stages/block5/source.safetensors").network
        for name, weights in before.trunk.state_dict().items():
            same = np.array_equal(weights, after.trunk.state_dict()[name])
            assert same == (not name.startswith("conv5")), name

    def test_flipped_samples_were_right_and_have_two_maps(self, forgotten: RunFolder) -> None:
        flipped, examples = forgotten.table("flipped"), forgotten.table("examples")
        assert (flipped["answer"] != flipped["true_label"]).all()
        arrays = forgotten.arrays("flipped")
        assert len(arrays["before"]) == len(arrays["after"]) == len(examples)
        assert len(examples) <= len(flipped)

    def test_its_page_shows_everything(self, forgotten: RunFolder) -> None:
        page = write_report(forgotten.path).read_text(encoding="utf-8")
        assert "virtual" in page
        for name in ("emotions", "recall", "lost", "concepts", "tcav"):
            assert (forgotten.path / "figures" / f"{name}.svg").is_file()
        assert (forgotten.path / "figures" / "figures.pdf").is_file()
        assert ">nan" not in page


class TestClinical:
    def test_each_network_is_tested_on_both(self, clinical: RunFolder) -> None:
        matrix = clinical.table("matrix")
        auc = matrix[matrix["metric"] == "auc"]
        assert len(auc) == 4
        assert set(auc["trained_on"]) == {"experimental", "clinical"}

    def test_only_people_are_looked_at_who_are_new(self, clinical: RunFolder) -> None:
        facts = read_facts(clinical.path)
        for (network, dataset), rows in clinical.table("relevance").groupby(["network", "dataset"]):
            card = facts.networks[network].card
            for part in ("subjects", "validation_subjects"):
                assert not set(card[part].get(f"virtual {dataset}", ())) & set(rows["subject"])
            assert facts.networks[network].virtual
        faces = clinical.table("faces")
        assert faces["label"].ne("no-pain").any()
        assert len(clinical.arrays("faces")["clinical"]) == len(faces)

    def test_masses_are_shares_and_all_units_together_are_largest(
        self, clinical: RunFolder
    ) -> None:
        table = clinical.table("relevance")
        assert table["mass"].dropna().between(0, 1).all()
        assert table.groupby("unit")["area"].mean().idxmax() == "all present"

    def test_maps_change_with_the_weights(self, clinical: RunFolder) -> None:
        cascade = clinical.table("cascade")
        last = cascade[cascade["layer"] == "conv1_1"]
        assert last["value"].abs().lt(0.9).all()

    def test_its_page_shows_everything(self, clinical: RunFolder) -> None:
        page = write_report(clinical.path).read_text(encoding="utf-8")
        assert "virtual" in page
        for name in ("matrix", "faces", "inside", "curves", "cascade", "concepts", "tcav"):
            assert (clinical.path / "figures" / f"{name}.svg").is_file()


def test_a_stopped_run_goes_on_with_the_next_step(
    forgotten: RunFolder, trees: dict[str, Path], tmp_path: Path
) -> None:
    out = shutil.copytree(forgotten.path, tmp_path / "run")
    for name in ("run.json", "tcav.parquet"):
        (out / name).unlink()
    kept = {path: path.stat().st_mtime_ns for path in _done(out)}
    data = chosen(trees, "affectnet", "unbc-mcmaster")
    folder = run(load_recipe("forgotten-action-units", FORGOTTEN), data, out,
                 store=forgotten.path / "store")  # fmt: skip
    assert {path: path.stat().st_mtime_ns for path in _done(out)} == kept
    pd.testing.assert_frame_equal(folder.table("tcav"), forgotten.table("tcav"))
    reused = {step.name: step.reused for step in read_facts(out).steps}
    assert reused["going back to emotion"]
    assert not reused["concepts"]


def _done(run: Path) -> Iterator[Path]:
    yield from run.rglob("*.safetensors")
    yield from (run / f"{name}.parquet" for name in ("scores", "changes", "flipped", "examples"))


class TestRefusals:
    def test_a_study_answers_for_no_video(self, forgotten: RunFolder) -> None:
        from painscope.experiments import Predictor

        with pytest.raises(RunError, match="forgotten-action-units, which classifies nobody"):
            Predictor.load(forgotten.path)

    def test_a_damaged_table_is_named(self, clinical: RunFolder, tmp_path: Path) -> None:
        out = shutil.copytree(clinical.path, tmp_path / "run")
        table = pd.read_parquet(out / "inside.parquet").drop(columns="gain")
        table.to_parquet(out / "inside.parquet")
        with pytest.raises(RunError, match=r"inside\.parquet: has no column 'gain'"):
            write_report(out)

    def test_a_network_for_another_question(self, trees: dict[str, Path], tmp_path: Path) -> None:
        network, card = random_checkpoint(width=0.05, input_size=32)
        path = tmp_path / "pain.safetensors"
        save_checkpoint(path, network, card.model_copy(update={"untrained": ()}))
        recipe = load_recipe("forgotten-action-units", [*FORGOTTEN, f"emotion.checkpoint={path}"])
        with pytest.raises(CheckpointError, match="knows the classes no-pain, high-pain"):
            run(recipe, chosen(trees, "affectnet", "unbc-mcmaster"), tmp_path / "run")

    def test_a_layer_that_is_not_there(self, forgotten: RunFolder, trees: dict[str, Path],
                                       tmp_path: Path) -> None:  # fmt: skip
        out = shutil.copytree(forgotten.path, tmp_path / "run")
        recipe = load_recipe("forgotten-action-units", [*FORGOTTEN, "concepts.layer=relu9_9"])
        for name in ("run.json", "tcav.parquet"):
            (out / name).unlink()
        (out / "recipe.yaml").write_text(recipe.to_yaml(), encoding="utf-8")
        with pytest.raises(UsageError, match="no layer 'relu9_9'"):
            run(recipe, chosen(trees, "affectnet", "unbc-mcmaster"), out,
                store=forgotten.path / "store")  # fmt: skip

    def test_pictures_whose_action_units_nobody_knows(
        self, trees: dict[str, Path], tmp_path: Path
    ) -> None:
        from painscope.datasets import load_dataset
        from painscope.experiments.faces import known_faces

        tree = shutil.copytree(trees["biovid-a"], tmp_path / "biovid-a")
        (tree / "virtual.json").unlink()
        dataset = load_dataset("biovid-a", tree)
        with pytest.raises(DatasetError, match=r"nobody knows .* concepts\.dataset=unbc-mcmaster"):
            known_faces(dataset, tmp_path, pictures=8)
