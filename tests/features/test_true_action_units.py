"""The oracle's features: the truth of the frame on display."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.features.crops import crop_batch

from painscope.errors import DatasetError
from painscope.face import CropBatch
from painscope.features import TrueActionUnits, has_truth
from painscope.recording import Recording
from painscope.virtual.truth import read_truth


def at(times: list[float]) -> CropBatch:
    batch = crop_batch(len(times), 0)
    return replace(batch, track=replace(batch.track, time_s=np.array(times)))


def test_takes_the_frame_on_display(virtual_truth: Callable[..., Path]) -> None:
    root = virtual_truth("clip", frames=20, rate=10.0)
    recording = Recording("clip", "s", None, None, root / "deep/down/clip.mp4")
    truth = read_truth(root, "clip")[list(TrueActionUnits.names)].to_numpy()
    values = TrueActionUnits().extract(at([0.0, 0.05, 0.1, 0.999, 5.0]), recording)
    np.testing.assert_array_equal(values, truth[[0, 0, 1, 9, 19]])


def test_times_count_from_the_recordings_start(virtual_truth: Callable[..., Path]) -> None:
    root = virtual_truth("clip", frames=20, rate=10.0)
    whole = Recording("clip", "s", None, None, root / "clip.mp4")
    part = replace(whole, start_s=0.5)
    extractor = TrueActionUnits()
    np.testing.assert_array_equal(
        extractor.extract(at([0.0]), part), extractor.extract(at([0.5]), whole)
    )


def test_sides_are_told_apart(virtual_truth: Callable[..., Path]) -> None:
    root = virtual_truth("clip")
    values = TrueActionUnits().extract(at([0.0]), Recording("clip", "s", None, None, root / "c"))
    truth = read_truth(root, "clip").iloc[0]
    names = TrueActionUnits.names
    assert values[0, names.index("AU12_L")] == truth["AU12_L"] != truth["AU12_R"]


def test_real_people_have_no_truth(tmp_path: Path) -> None:
    recording = Recording("clip", "s", None, None, tmp_path / "clip.mp4")
    with pytest.raises(DatasetError, match="for virtual people only"):
        TrueActionUnits().extract(at([0.0]), recording)


def test_it_is_told_where_truth_is(virtual_truth: Callable[..., Path], tmp_path: Path) -> None:
    root = virtual_truth("clip")
    there = Recording("clip", "s", None, None, root / "clip.mp4")
    assert has_truth(there)
    assert not has_truth(replace(there, id="renamed"))
    assert not has_truth(replace(there, video=tmp_path / "real" / "clip.mp4"))


def test_missing_and_damaged_truth(virtual_truth: Callable[..., Path]) -> None:
    root = virtual_truth("clip")
    other = Recording("other", "s", None, None, root / "other.mp4")
    with pytest.raises(DatasetError, match=r"other\.parquet: .*missing"):
        TrueActionUnits().extract(at([0.0]), other)
    (root / "truth/clip.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DatasetError, match=r"clip\.parquet: cannot be read"):
        TrueActionUnits().extract(at([0.0]), replace(other, id="clip"))
