"""Faces that networks learn from: whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from painscope.datasets import Dataset, load_dataset
from painscope.experiments.crops import cut_faces
from painscope.experiments.settings import FaceSettings
from painscope.face import make_locator, read_crops
from painscope.face.folder import TRACK


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
    assert len(list((store / "crops").glob("*/32-*"))) == 3


def test_faces_of_data_that_were_moved_are_kept(
    grey_picture: Callable[[Path, int], Dataset], tmp_path: Path
) -> None:
    store, before = tmp_path / "store", grey_picture(tmp_path / "before", 10)
    crops = _cut(before, store)
    made = (crops / "a" / TRACK).stat().st_mtime_ns
    (tmp_path / "before").rename(tmp_path / "after")
    after = load_dataset("manifest", tmp_path / "after" / "own.csv")
    assert _cut(after, store) == crops
    assert (crops / "a" / TRACK).stat().st_mtime_ns == made
