"""How a Ray cluster is joined; tests/features/test_cluster.py has one that works."""

from __future__ import annotations

import sys

import pytest

from painscope.cluster import connected
from painscope.errors import UsageError


def test_what_is_no_cluster() -> None:
    with pytest.raises(UsageError, match="'slurm' is no cluster"), connected("slurm"):
        pass


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install .*painscope\[cluster\]"), connected("ray"):
        pass
