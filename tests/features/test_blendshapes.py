"""The table of action units and blendshapes: one truth, in code and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.features.crops import RECORDING, crop_batch

from painscope.errors import UsageError
from painscope.features import (
    UNIT_BLENDSHAPES,
    BlendshapeFeatures,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "features.md"


def test_every_name_is_a_blendshape() -> None:
    named = [name for names in UNIT_BLENDSHAPES.values() for name in names]
    assert set(named) < set(BlendshapeFeatures.names)
    for names in UNIT_BLENDSHAPES.values():
        if names and names[0].endswith("Right"):
            left = names[0].replace("Right", "Left")
            assert names == (names[0], left)


def test_the_page_says_the_same() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|", text, re.MULTILINE)
    told = {int(unit): tuple(re.findall(r"`(\w+)`", cell)) for unit, cell in rows}
    assert told == UNIT_BLENDSHAPES
    without = re.search(r"no blendshape for: ([^.]+)\.", text)
    assert without
    none = [int(unit) for unit in re.findall(r"AU (\d+)", without[1])]
    assert none == [unit for unit, names in UNIT_BLENDSHAPES.items() if not names]


def test_blendshapes_need_a_locator_that_gives_them() -> None:
    with pytest.raises(UsageError, match="Use the locator mediapipe"):
        BlendshapeFeatures().extract(crop_batch(2, 16, blendshapes=0), RECORDING)


def test_blendshapes_are_the_tracks() -> None:
    batch = crop_batch(3, 16)
    values = BlendshapeFeatures().extract(batch, RECORDING)
    np.testing.assert_array_equal(values, batch.track.blendshapes)
    assert BlendshapeFeatures.names[1] == "browDownLeft"
