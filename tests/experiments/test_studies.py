"""Studies that cannot be done, refused before any network is trained."""

from __future__ import annotations

import pytest
from tests.experiments.small_studies import real

from painscope.errors import DatasetError, UsageError
from painscope.experiments import load_recipe
from painscope.experiments.clinical import run_clinical
from painscope.experiments.forgotten import run_forgotten

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
