"""Small trees of discs: how faces are drawn is another test's matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.virtual.virtual_layouts import SMALL, draw_discs

from painscope.virtual import generate


@pytest.fixture
def discs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw discs in this process."""
    draw_discs(monkeypatch)


@pytest.fixture
def make(tmp_path: Path, discs: None) -> Callable[..., Path]:
    """A function that generates a small dataset of discs and returns its folder."""

    def run(name: str, **settings: object) -> Path:
        root = tmp_path / name
        generate(name, root, workers=1, **({"size": [96, 96]} | settings))
        return root

    return run


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that returns the folder of a layout's smallest dataset, made once; to be read."""
    home = tmp_path_factory.mktemp("trees")

    @cache
    def once(name: str) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            draw_discs(patch)
            generate(name, home / name, workers=1, size=[96, 96], **SMALL[name])
        return home / name

    return once
