"""iCOPEvid's layout, played by virtual people."""

from __future__ import annotations

from tests.virtual.virtual_layouts import Tree, files

from painscope.datasets import load_dataset
from painscope.virtual import read_truth


def test_icope_video_names(tree: Tree) -> None:
    root = tree("icope-video")
    found = files(root)
    assert "Nopain/S001_Friction_1_[0]_20s.mp4" in found
    assert [path.split("/")[0] for path in found].count("Pain") == 2
    assert len(found) == 10
    dataset = load_dataset("icope-video", root)
    assert dataset.virtual
    assert dataset.subjects == ("S001", "S002")
    assert [r.label for r in dataset.recordings].count("pain") == 2
    for recording in dataset.recordings:
        read_truth(root, recording.id)
    assert not dataset.check().unexpected
