"""AffectNet's layouts, played by virtual people."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.virtual.virtual_layouts import SMALL, Make, Tree

from painscope.virtual import make_layout


def test_older_edition(tree: Tree) -> None:
    root = tree("affectnet")
    tables = [pd.read_csv(root / f"{name}.csv") for name in ("training", "validation")]
    assert [len(table) for table in tables] == [10, 5]
    assert list(tables[0]) == [
        "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height",
        "facial_landmarks", "expression", "valence", "arousal",
    ]  # fmt: skip
    for row in pd.concat(tables).itertuples():
        assert (root / "Manually_Annotated_Images" / row.subDirectory_filePath).is_file()
        assert len(row.facial_landmarks.split(";")) == 136
        assert row.expression in range(8)


def test_newer_edition(make: Make) -> None:
    root = make("affectnet", **(SMALL["affectnet"] | {"edition": "newer"}))
    images = sorted(root.glob("*/images/*.jpg"))
    assert sorted(int(path.stem) for path in images) == list(range(15))
    assert {path.parent.parent.name for path in images} == {"train_set", "val_set"}
    for path in images:
        folder = path.parent.parent / "annotations"
        expression = int(np.load(folder / f"{path.stem}_exp.npy"))
        assert expression in range(8)
        assert -1 <= float(np.load(folder / f"{path.stem}_val.npy")) <= 1
        assert np.load(folder / f"{path.stem}_lnd.npy").shape == (136,)


def test_labels_are_the_faces_shown() -> None:
    layout = make_layout("affectnet", people=6, images=40)
    smile, rest = [], []
    for role in layout.cast():
        member = layout.member(role)
        for clip in layout.clips(role):
            shown = layout.perform(member, clip).motion.intensity(12)
            for level, emotion in zip(shown, layout.emotions(role, clip), strict=True):
                (smile if emotion == "happiness" else rest).append(float(level))
    assert len(smile) == 6 * 5, "emotions are equally frequent"
    assert np.median(smile) > 2 > 1 > np.median(rest)
