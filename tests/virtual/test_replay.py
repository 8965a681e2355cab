"""A dataset's clips, drawn once more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.virtual.virtual_layouts import SMALL

from painscope.errors import DatasetError
from painscope.virtual import Replay, make_layout, read_truth


def test_replay_is_exact(make: Callable[..., Path]) -> None:
    root = make("biovid-a", **SMALL["biovid-a"])
    replay = Replay(root)
    layout = make_layout("biovid-a", size=[96, 96], **SMALL["biovid-a"])
    recording = layout.clips(layout.cast()[1])[2].id
    truth = read_truth(root, recording)
    np.testing.assert_array_equal(replay.motion(recording).pspi(), truth["PSPI"])
    assert replay.image(recording, 7)[0, 0, 0] == 7
    assert replay.regions(recording, 0)["AU4"].shape == (96, 96)
    with pytest.raises(DatasetError, match="no recording 'x'"):
        replay.motion("x")
    with pytest.raises(DatasetError, match="holds no virtual people"):
        Replay(root / "truth")
