from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from painscope.errors import DatasetError
from painscope.experiments.faces import known_faces


def test_pictures_whose_action_units_nobody_knows(tmp_path: Path) -> None:
    real = SimpleNamespace(name="biovid-a", virtual=False, root=tmp_path)
    with pytest.raises(DatasetError, match=r"nobody knows .* concepts\.dataset=unbc-mcmaster"):
        known_faces(real, tmp_path, pictures=8)
