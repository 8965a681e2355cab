"""Neighbours: every frame once, the same numbers whatever the batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.features.crops import crop_batch

from painscope.face import CropBatch
from painscope.features import extraction, fill_store, open_store
from painscope.features.windows import runs, windows
from painscope.recording import Recording


class Neighbours:
    """The mean grey of a frame and of up to three frames on either side of it."""

    name = "neighbours"
    names = ("level", "frames")
    crop_size = 16
    reach = 3
    provenance: Mapping[str, object] = {"name": "neighbours"}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        assert batch.track.has_box.all()
        assert np.allclose(np.diff(batch.track.time_s), 1 / 30)
        level = batch.crops.mean(axis=(1, 2, 3))
        near = [level[max(0, k - 3) : k + 4] for k in range(len(batch))]
        return np.array([(part.mean(), len(part)) for part in near], np.float32)


@pytest.mark.parametrize("reach", [0, 1, 4, 50])
@pytest.mark.parametrize("sizes", [(40,), (32, 8), (1,) * 40, (3, 30, 7)])
def test_every_frame_once_with_its_neighbours(reach: int, sizes: tuple[int, ...]) -> None:
    whole = crop_batch(40, 8)
    cuts = np.cumsum((0, *sizes))
    batches = [whole[a:b] for a, b in pairwise(cuts)]
    described = []
    for window in windows(batches, reach):
        times = window.batch.track.time_s * 30
        first, last = round(times[window.first]), round(times[window.stop - 1])
        assert round(times[0]) <= max(0, first - reach)
        assert round(times[-1]) >= min(39, last + reach)
        assert len(window.batch) <= max(sizes) + 19 * reach, "memory is bounded"
        described += np.round(window.rows.track.time_s * 30).astype(int).tolist()
    assert described == list(range(40))


def test_nothing_gives_nothing() -> None:
    assert list(windows([], 3)) == []


def test_runs() -> None:
    usable = np.array([0, 1, 1, 0, 0, 1, 0, 1, 1, 1], bool)
    assert [run.tolist() for run in runs(usable)] == [[1, 2], [5], [7, 8, 9]]
    assert runs(np.zeros(3, bool)) == []


@pytest.mark.parametrize("batch_size", [1, 5, 32, 200])
def test_numbers_do_not_depend_on_batches_and_stop_at_gaps(
    tmp_path: Path,
    make_recording: Callable[..., Recording],
    grey,
    batch_size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "PIECE", batch_size)
    level = np.concatenate([np.arange(80, 130), np.zeros(40), np.arange(130, 180)])
    frames = np.broadcast_to(level[:, None, None, None], (140, 48, 64, 3)).astype(np.uint8)
    recording = make_recording("a", frames)
    store = open_store(tmp_path, Neighbours(), locator=grey)
    fill_store([recording], Neighbours(), store, locator=grey)
    got = store.read("a")
    # 0.5 s of the gap is bridged by tracker; between, rows are NaN and parts do not mix.
    usable = got.usable
    assert not usable[70:80].all()
    first, last = (np.flatnonzero(usable == v)[n] for v, n in ((False, 0), (False, -1)))
    count = got.values[:, 1]
    assert count[:5].tolist() == [4, 5, 6, 7, 7]
    assert count[first - 4 : first].tolist() == [7, 6, 5, 4]
    assert count[last + 1 : last + 5].tolist() == [4, 5, 6, 7]
    assert count[-4:].tolist() == [7, 6, 5, 4]
    # Pictures are 3 : 4 and crops are square: a quarter of each is black.
    np.testing.assert_allclose(got.values[3:40, 0], level[3:40] * 0.75, atol=3)
