from __future__ import annotations

import numpy as np
import pytest
from tests.sequences import make_sequence

from painscope.errors import UsageError
from painscope.features import join_sequences
from painscope.features.sequence import block_names


def test_joined_sequences_name_their_blocks() -> None:
    first = make_sequence("a", np.zeros((20, 8)))
    joined = join_sequences({"x": first, "y": first})
    assert block_names(joined.names) == ("x",) * 8 + ("y",) * 8
    assert joined.names[8] == "y::f0"
    assert block_names(first.names) == ("",) * 8
    with pytest.raises(UsageError, match="y has other frames than x"):
        join_sequences({"x": first, "y": first.cut(0, 5)})
