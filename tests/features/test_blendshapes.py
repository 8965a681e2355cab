"""The table of action units and blendshapes: one truth, in code and on paper."""

from __future__ import annotations

import re
from pathlib import Path

from painscope.features import UNIT_BLENDSHAPES, BlendshapeFeatures

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
