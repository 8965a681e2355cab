"""The two studies, tiny, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

#: Of these people enough are seen in pain.
SMALL = {"seed": 4, "size": (64, 64), "workers": 1}
FACE = ["face.locator=precropped", "bootstrap=200"]
NETWORK = ["width=0.05", "input_size=32", "max_epochs=1", "batch_size=8"]
CONCEPTS = [
    "concepts.dataset=affectnet",
    "concepts.pictures=48",
    "concepts.seeds=1",
    "concepts.folds=2",
    "concepts.epochs=2",
    "concepts.randoms=2",
    "look.pictures=8",
    "look.checked=4",
    "look.randoms=1",
]
FORGOTTEN = [
    *FACE,
    *CONCEPTS,
    *(f"emotion.{setting}" for setting in NETWORK),
    *("pain.max_epochs=1", "pain.batch_size=8", "pain.frame_step=2", "pain.seed=4", "seeds=1"),
]
CLINICAL = [
    *FACE,
    *CONCEPTS,
    *(f"{role}.{setting}" for role in ("experimental", "clinical") for setting in NETWORK),
    *("experimental.window_s=null", "experimental.frame_step=2", "face.rate=5"),
    *("clinical.frame_step=2", "clinical.seed=4"),
]


def chosen(trees: dict[str, Path], *names: str) -> dict[str, Path]:
    return {name: trees[name] for name in names}


@contextmanager
def one_core() -> Iterator[None]:
    """Cut faces in this process: starting others takes longer than the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("painscope.experiments.crops.os.cpu_count", lambda: 1)
        yield


def real(name: str) -> SimpleNamespace:
    """Return as much of a dataset of real people as tells whose it is."""
    return SimpleNamespace(name=name, population=name, virtual=False, root=Path("nowhere"))
