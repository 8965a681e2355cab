"""Faces that networks learn from: whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from painscope.datasets import Dataset
from painscope.experiments.crops import cut_faces
from painscope.experiments.settings import FaceSettings
from painscope.face import make_locator, read_crops


def _cut(dataset: Dataset, store: Path, margin: float | None = None) -> Path:
    return cut_faces(
        dataset, dataset.recordings, make_locator("precropped"), FaceSettings(margin=margin),
        store=store, size=32, every=1, progress=lambda step, done, total: None,
    )  # fmt: skip


def test_a_shared_store_never_gives_one_dataset_the_faces_of_another(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path
) -> None:
    """Whose recordings have the same ids: virtual people's are the real ones'."""
    dark, bright = grey_picture(tmp_path / "dark", 10), grey_picture(tmp_path / "bright", 200)
    store = tmp_path / "store"
    greys = [read_crops(_cut(one, store), "a")[0].mean() for one in (dark, bright, dark)]
    assert greys == [10, 200, 10]
    _cut(dark, store, margin=0.5)  # nor are other settings in the way
    assert len(list((store / "crops").iterdir())) == 3
