from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.experiments.small_studies import real

from painscope.datasets import load_dataset
from painscope.errors import DatasetError
from painscope.experiments.faces import CodedPictures
from painscope.face import make_locator, write_crops


def test_pictures_whose_action_units_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nobody knows .* concepts\.dataset=unbc-mcmaster"):
        CodedPictures.of(real("biovid-a"), tmp_path)


def test_pictures_are_drawn_equally_of_everyone(affectnet: Path, tmp_path: Path) -> None:
    dataset = load_dataset("affectnet", affectnet)
    write_crops(dataset.recordings, make_locator("precropped"), tmp_path / "crops", size=32)
    coded = CodedPictures.of(dataset, tmp_path / "crops")
    faces = coded.draw(24)
    assert faces.crops.shape == (24, 32, 32, 3)
    assert set(faces.subjects) == set(dataset.subjects)
    assert {faces.subjects.count(one) for one in dataset.subjects} == {3}
    assert np.array_equal(coded.draw(24).crops, faces.crops)
    assert coded.draw(24, seed=1).recordings != faces.recordings
    left = coded.draw(24, without=dataset.subjects[:2])
    assert set(left.subjects) == set(dataset.subjects[2:])
    pain = coded.draw(24, label="fear")
    assert set(pain.labels) == {"fear"}
    assert pain.shown.any(axis=1).all()
    with pytest.raises(DatasetError, match="and is labelled pain"):
        coded.draw(24, label="pain")
