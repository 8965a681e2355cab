"""What was lost, tested: where it was, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.explain import (
    ConceptScores,
    concept_table,
    holm,
    lost_attention,
)


def test_lost_attention_is_found_where_it_was_lost_only(scores):
    table = lost_attention(scores["seeing"], scores["blind"]).set_index("concept")
    assert table.loc["AU4", "change"] < -0.2
    assert table.loc["AU4", "high"] < 0
    assert table.loc["AU4", "p_holm"] < 0.05
    assert table.loc["AU12", "p_holm"] > 0.05
    back = lost_attention(scores["blind"], scores["seeing"]).set_index("concept")
    assert back.loc["AU4", "p_holm"] > 0.5


def test_an_interval_is_as_wide_as_it_must_be_for_those_who_show_the_concept(scores):
    found, control = scores["seeing"], scores["control"]
    few = [replace(one, showing=(5, 4)) for one in (found, control)]
    all_, five = (concept_table(*pair).set_index("concept") for pair in ((found, control), few))
    assert (five["gain"] == all_["gain"]).all()
    assert five.loc["AU4", "gain_low"] < all_.loc["AU4", "gain_low"]
    assert np.isnan(five.loc["AU12", "gain_low"])  # of four people there is none
    lost = lost_attention(few[0], replace(scores["blind"], showing=(5, 4))).set_index("concept")
    assert np.isnan(lost.loc["AU12", "high"])


def test_holm_is_what_holm_says():
    found = holm(np.array([0.01, 0.04, np.nan, 0.03, 0.005]))
    np.testing.assert_allclose(found, [0.03, 0.06, np.nan, 0.06, 0.02])


def test_scores_of_others_are_refused(scores):
    other = ConceptScores(("AU1", "AU2"), *[getattr(scores["blind"], n)
                          for n in ("subjects", "showing", "intersection", "union")])  # fmt: skip
    with pytest.raises(UsageError, match="same people"):
        lost_attention(scores["seeing"], other)
