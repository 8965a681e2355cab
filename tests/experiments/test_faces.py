from __future__ import annotations

from pathlib import Path

import pytest
from tests.experiments.small_studies import real

from painscope.errors import DatasetError
from painscope.experiments.faces import CodedPictures


def test_pictures_whose_action_units_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nobody knows .* concepts\.dataset=unbc-mcmaster"):
        CodedPictures.of(real("biovid-a"), tmp_path)
