"""Numba kernels: how painscope compiles what Python would be too slow for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["kernel"]

# Numba leaves LLVM's superword vectoriser off; on, it works on a pixel's four samples and on a
# vertex's eight numbers at once, which halves the time that drawing takes.
numba.config.SLP_VECTORIZE = 1  # type: ignore[attr-defined]


def kernel(**options: Any) -> Callable[..., Any]:
    """Compile on first use, kept on disk where any place for that can be written."""

    def compile_lazily(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, error_model="numpy", **options)(function)
        except RuntimeError:  # numba found no writable folder, beside the package or at home
            return numba.njit(error_model="numpy", **options)(function)

    return compile_lazily
