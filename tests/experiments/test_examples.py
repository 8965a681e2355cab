from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from painscope.experiments import examples
from painscope.experiments.settings import FaceSettings


def test_the_strip_of_a_long_clip_is_chosen_of_few_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    crops = np.arange(5000, dtype=np.uint16)[:, None, None, None]

    class Stream:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __iter__(self) -> Iterator[SimpleNamespace]:
            return (SimpleNamespace(crops=crops[k : k + 32]) for k in range(0, 5000, 32))

    monkeypatch.setattr(examples, "FaceStream", Stream)
    strip = examples.crop_strip(Path("x"), None, FaceSettings())
    middles = (np.arange(8) + 0.5) * 5000 / 8
    assert np.abs(strip.ravel() - middles).max() < 5000 / 128
