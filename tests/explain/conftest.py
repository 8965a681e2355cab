from __future__ import annotations

import pytest
from tests.explain.feature_maps import SUBJECTS, made_up

from painscope.explain import (
    ConceptScores,
    concept_scores,
)


@pytest.fixture(scope="session")
def scores() -> dict[str, ConceptScores]:
    """Of a layer that sees one of two concepts and where the other would be; of random concepts in
    it; and of a blind one."""
    activations, *there = made_up(3.0)
    blind, *_ = made_up(0.0)
    two = {"seeds": 2, "epochs": 15}
    names = ("AU4", "AU12")
    return {
        "seeing": concept_scores(activations, *there, SUBJECTS, names, **two),
        "control": concept_scores(activations, *there, SUBJECTS, names, control=True, **two),
        "blind": concept_scores(blind, *there, SUBJECTS, names, **two),
    }
