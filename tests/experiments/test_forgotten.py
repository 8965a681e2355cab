"""Forgotten action units, tiny, on virtual people in the real layouts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.experiments.small_studies import FORGOTTEN, chosen, one_core

from painscope.datasets import load_dataset
from painscope.errors import CheckpointError, RunError
from painscope.experiments import Predictor, RunFolder, load_recipe, run
from painscope.experiments.facts import read_facts
from painscope.networks import load_checkpoint, random_checkpoint, save_checkpoint
from painscope.report import write_report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


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
        told = forgotten.table("tcav")["score"].dropna()
        assert len(told)
        assert told.between(0, 1).all()

    def test_layers_that_a_stage_leaves_alone_lose_nothing(self, forgotten: RunFolder) -> None:
        lost = forgotten.table("lost").set_index("network")
        assert (lost.loc["fc", "change"] == 0).all()
        before = load_checkpoint(forgotten.models / "emotion/source.safetensors").network
        after = load_checkpoint(forgotten.models / "stages/block5/source.safetensors").network
        for name, weights in before.trunk.state_dict().items():
            same = np.array_equal(weights, after.trunk.state_dict()[name])
            assert same == (not name.startswith("conv5")), name

    def test_its_page_shows_everything(self, forgotten: RunFolder) -> None:
        page = write_report(forgotten.path).read_text(encoding="utf-8")
        assert "virtual" in page
        for name in ("emotions", "recall", "lost", "concepts", "tcav"):
            assert (forgotten.path / "figures" / f"{name}.svg").is_file()
        assert (forgotten.path / "figures" / "figures.pdf").is_file()
        assert ">nan" not in page


def test_a_stopped_run_goes_on_with_the_next_step(
    forgotten: RunFolder, trees: dict[str, Path], tmp_path: Path
) -> None:
    out = shutil.copytree(forgotten.path, tmp_path / "run")
    for name in ("run.json", "tcav.parquet"):
        (out / name).unlink()
    kept = {path: path.stat().st_mtime_ns for path in _done(out)}
    data = chosen(trees, "affectnet", "unbc-mcmaster")
    recipe = load_recipe("forgotten-action-units", FORGOTTEN)
    with one_core():
        folder = run(recipe, data, out, store=forgotten.path / "store")
    assert {path: path.stat().st_mtime_ns for path in _done(out)} == kept
    pd.testing.assert_frame_equal(folder.table("tcav"), forgotten.table("tcav"))
    reused = {step.name: step.reused for step in read_facts(out).steps}
    assert reused["going back to emotion"]
    assert not reused["concepts"]


def test_flipped_samples_have_two_maps(
    forgotten: RunFolder, trees: dict[str, Path], tmp_path: Path
) -> None:
    """Chosen by hand: whether so small a network flips any hangs on the processor's last bits."""
    out = shutil.copytree(forgotten.path, tmp_path / "run")
    (out / "run.json").unlink()
    (out / "examples.parquet").unlink()
    pictures = load_dataset("affectnet", trees["affectnet"]).recordings
    tested = [picture for picture in pictures if picture.split == "validation"]
    rows = [
        {"stage": stage, "recording": r.id, "frame": 0, "subject": r.subject}
        | {"true_label": r.label, "answer": "pain", "p_before": 0.5, "p_after": after}
        for stage, r, after in zip(("all", "fc", "all"), tested, (0.2, 0.1, 0.4), strict=False)
    ]
    told = pd.DataFrame(rows)
    assert list(told.columns) == list(forgotten.table("flipped").columns)
    RunFolder(out).write_table("flipped", told)
    recipe = load_recipe("forgotten-action-units", FORGOTTEN)
    with one_core():
        run(
            recipe, chosen(trees, "affectnet", "unbc-mcmaster"), out, store=forgotten.path / "store"
        )
    examples, arrays = RunFolder(out).table("examples"), RunFolder(out).arrays("flipped")
    assert list(examples["recording"]) == [tested[0].id, tested[2].id], "deepest fall first"
    assert np.isfinite(examples[["evidence_before", "evidence_after"]]).all(axis=None)
    assert arrays["before"].shape == arrays["after"].shape == arrays["crops"].shape[:3]
    assert len(arrays["crops"]) == 2
    assert not np.array_equal(arrays["before"], arrays["after"])
    write_report(out)
    assert (out / "figures/flipped.svg").is_file()


def _done(run: Path) -> Iterator[Path]:
    yield from run.rglob("*.safetensors")
    yield from (run / f"{name}.parquet" for name in ("scores", "changes", "flipped", "examples"))


class TestRefusals:
    def test_a_study_answers_for_no_video(self, forgotten: RunFolder) -> None:
        with pytest.raises(RunError, match="forgotten-action-units, which classifies nobody"):
            Predictor.load(forgotten.path)

    def test_a_network_for_another_question(self, trees: dict[str, Path], tmp_path: Path) -> None:
        network, card = random_checkpoint(width=0.05, input_size=32)
        path = tmp_path / "pain.safetensors"
        save_checkpoint(path, network, card.model_copy(update={"untrained": ()}))
        recipe = load_recipe("forgotten-action-units", [*FORGOTTEN, f"emotion.checkpoint={path}"])
        named = pytest.raises(CheckpointError, match="knows the classes no-pain, high-pain")
        with named, one_core():
            run(recipe, chosen(trees, "affectnet", "unbc-mcmaster"), tmp_path / "run")
