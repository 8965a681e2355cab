"""Clinical and experimental pain, tiny, on virtual people in the real layouts."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from tests.experiments.small_studies import real

from painscope.errors import RunError, UsageError
from painscope.experiments import RunFolder, load_recipe
from painscope.experiments.clinical import run_clinical
from painscope.experiments.facts import read_facts
from painscope.report import write_report


@pytest.mark.slow
@pytest.mark.timeout(900)
class TestClinical:
    def test_each_network_is_tested_on_both(self, clinical: RunFolder) -> None:
        matrix = clinical.table("matrix")
        auc = matrix[matrix["metric"] == "auc"]
        assert len(auc) == 4
        assert set(auc["trained_on"]) == {"experimental", "clinical"}

    def test_only_people_are_looked_at_who_are_new(self, clinical: RunFolder) -> None:
        facts = read_facts(clinical.path)
        groups = dict(iter(clinical.table("relevance").groupby(["network", "dataset"])))
        assert set(groups) == set(product(facts.networks, ("biovid-a", "unbc-mcmaster")))
        for (network, dataset), rows in groups.items():
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
        assert table["mass"].notna().any()
        assert table["mass"].dropna().between(0, 1).all()
        assert table.groupby("unit")["area"].mean().idxmax() == "all present"

    def test_maps_change_with_the_weights(self, clinical: RunFolder) -> None:
        cascade = clinical.table("cascade")
        last = cascade[cascade["layer"] == "conv1_1"]
        assert len(last)
        assert last["value"].abs().lt(0.9).all()

    def test_its_page_shows_everything(self, clinical: RunFolder) -> None:
        page = write_report(clinical.path).read_text(encoding="utf-8")
        assert "virtual" in page
        for name in ("matrix", "faces", "inside", "curves", "cascade", "concepts", "tcav"):
            assert (clinical.path / "figures" / f"{name}.svg").is_file()

    def test_a_damaged_table_is_named(self, clinical: RunFolder, tmp_path: Path) -> None:
        out = shutil.copytree(clinical.path, tmp_path / "run")
        table = pd.read_parquet(out / "inside.parquet").drop(columns="gain")
        table.to_parquet(out / "inside.parquet")
        with pytest.raises(RunError, match=r"inside\.parquet: has no column 'gain'"):
            write_report(out)


def test_pain_whose_action_units_nobody_knows_in_either_dataset() -> None:
    datasets = {
        "experimental pain": real("biovid-a"),
        "clinical pain": real("icope-video"),
        "action units": real("unbc-mcmaster"),
    }
    with pytest.raises(UsageError, match="no relevance can be measured"):
        run_clinical(load_recipe("clinical-vs-experimental"), datasets, None)
