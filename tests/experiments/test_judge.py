from __future__ import annotations

import pytest
from joblib import cpu_count

from painscope.experiments import judge


def test_a_machine_that_does_not_say_its_memory_uses_every_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as one with Windows."""
    monkeypatch.setattr(judge, "memory", lambda: None)
    assert judge._workers({}) == cpu_count()
