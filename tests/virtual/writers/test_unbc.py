"""UNBC-McMaster's layout, played by virtual people."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.virtual.virtual_layouts import Tree

from painscope.virtual import ACTION_UNITS, make_layout
from painscope.virtual.motion import FaceMotion
from painscope.virtual.writers.unbc import code_units


@pytest.fixture
def root(tree: Tree) -> Path:
    return tree("unbc-mcmaster")


def test_every_frame_has_its_files(root: Path) -> None:
    images = sorted((root / "Images").rglob("*.png"))
    assert images[0].relative_to(root).parts[:2] == ("Images", "042-ll042")
    for image in images:
        place, stem = image.parent.relative_to(root / "Images"), image.stem
        assert re.fullmatch(r"[a-z]{2}\d{3}t\d[a-z]+aff\d{3}", stem)
        pspi = (root / "Frame_Labels/PSPI" / place / f"{stem}_facs.txt").read_text()
        assert re.fullmatch(r"\s+\d\.\d{7}e[+-]\d\d\n", pspi)
        landmarks = np.loadtxt(root / "AAM_landmarks" / place / f"{stem}_aam.txt")
        assert landmarks.shape == (66, 2)
        facs = (root / "Frame_Labels/FACS" / place / f"{stem}_facs.txt").read_text()
        rows = [[float(n) for n in line.split()] for line in facs.splitlines()]
        assert all(len(row) == 4 for row in rows)
        au = {int(unit): level for unit, level, *_ in rows}
        score = au.get(4, 0) + max(au.get(6, 0), au.get(7, 0))
        score += max(au.get(9, 0), au.get(10, 0)) + au.get(43, 0)
        assert float(pspi) == score
    assert cv2.imread(str(images[0])).shape == (96, 96, 3)


def test_ratings(root: Path) -> None:
    for scale, top in {"AFF": 15, "SEN": 15, "VAS": 10, "OPR": 5}.items():
        paths = list((root / "Sequence_Labels" / scale).rglob("*.txt"))
        assert len(paths) == 4
        assert all(0 <= float(path.read_text()) <= top for path in paths)


def test_codes_are_a_coder_s_whole_steps() -> None:
    motion = FaceMotion.still(np.arange(4) / 30)
    motion.action_units[:, ACTION_UNITS.index(4), 0] = [0.9, 1.5, 3.0, 5.0]
    motion.action_units[:, ACTION_UNITS.index(43)] = [[0.0], [1.0], [4.0], [5.0]]
    motion.blink[0] = 1  # a unit of its own, which is not coded
    codes = code_units(motion)
    assert [row[4] for row in codes] == [0, 1, 3, 5]
    assert [row[43] for row in codes] == [0, 0, 1, 1]


def test_virtual_pain_in_unbc_is_as_rare_as_in_the_archive() -> None:
    layout = make_layout("unbc-mcmaster", seed=5)
    pspi = []
    for role in layout.cast()[:12]:
        member = layout.member(role)
        for clip in layout.clips(role)[:4]:
            codes = code_units(layout.perform(member, clip).motion)
            pspi += [c[4] + max(c[6], c[7]) + max(c[9], c[10]) + c[43] for c in codes]
    # 40,029 of 48,398 frames score 0.
    assert 0.7 < np.mean(np.array(pspi) == 0) < 0.93
    assert max(pspi) >= 6
