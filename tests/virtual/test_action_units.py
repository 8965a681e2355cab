from __future__ import annotations

from painscope.virtual.action_units import PULLS, REGIONS, WRINKLES
from painscope.virtual.motion import ACTION_UNITS


def test_tables_name_known_units_only():
    assert set(PULLS) <= set(ACTION_UNITS)
    assert set(REGIONS) == set(ACTION_UNITS)
    assert {unit for shares in WRINKLES.values() for unit in shares} <= set(ACTION_UNITS)
    for unit, pulls in PULLS.items():
        assert pulls, unit
