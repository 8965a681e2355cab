"""How much of the relevance lies inside: which pictures count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from painscope.experiments.looks import inside_table


def pictures(evidence: list[float], mass: list[float], unit: str = "AU4") -> pd.DataFrame:
    """A picture of a new person per value."""
    return pd.DataFrame(
        {"subject": [f"p{k}" for k in range(len(mass))], "unit": unit, "evidence": evidence,
         "mass": mass, "random": 0.1, "area": 0.1, "hit": 1.0, "hit_random": 0.0}
    )  # fmt: skip


def test_only_pictures_count_that_the_network_calls_pain() -> None:
    table = pictures([2.0, 1.0, -1.0, -2.0], [0.3, 0.5, 0.0, 0.0])
    row = inside_table(table).iloc[0]
    assert (row["asked"], row["pictures"], row["people"]) == (4, 2, 2)
    assert row["mass"] == pytest.approx(0.4)
    assert row["gain"] == pytest.approx(0.3)


def test_maps_without_anything_for_pain_are_left_out() -> None:
    row = inside_table(pictures([2.0, 1.0], [0.3, np.nan])).iloc[0]
    assert (row["asked"], row["pictures"]) == (2, 1)


def test_a_network_that_never_says_pain_has_a_row_and_no_value() -> None:
    both = pd.concat([pictures([-1.0], [0.3]), pictures([1.0], [0.3], "AU6")])
    never, once = (row for _, row in inside_table(both).iterrows())
    assert never["pictures"] == 0
    assert np.isnan(never["gain"])
    assert once["gain"] == pytest.approx(0.2)
