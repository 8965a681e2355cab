from __future__ import annotations

import numpy as np
import pytest

from painscope.report.published import FACES_OF_EXPERIMENTAL_PAIN


def test_published_averages_agree_with_their_own_classes() -> None:
    """The paper's averages follow from its class values: no number was mistyped."""
    table = FACES_OF_EXPERIMENTAL_PAIN.tables[0]
    for title in ("Simple ANN + Voting", "LSTM"):
        values = table.rows[title]
        assert len(values) == len(table.columns)
        for first in (0, 4, 8):
            assert np.mean(values[first : first + 3]) == pytest.approx(values[first + 3], abs=0.006)
