from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture(scope="session")
def cosine() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A function that says how alike the rows of two arrays are."""

    def rows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)

    return rows
