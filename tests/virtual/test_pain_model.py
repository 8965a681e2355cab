from __future__ import annotations

import re
from pathlib import Path

from painscope.virtual.pain_model import PAIN


def test_the_page_tells_the_model_s_numbers() -> None:
    page = Path(__file__).parents[2] / "docs/virtual-people.md"
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", page.read_text(), re.M)
    told = {int(unit): tuple(float(n) for n in numbers) for unit, *numbers in rows}
    assert told == {u: (how.chance, how.apex, how.tonic) for u, how in PAIN.units.items()}
