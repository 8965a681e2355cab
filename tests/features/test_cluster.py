from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from painscope.errors import StorageError, UsageError
from painscope.features import VGGFeatures, fill_store, open_store
from painscope.features.cluster import _Worker, fill_store_on_ray
from painscope.networks import random_checkpoint
from painscope.recording import Recording

MakeRecording = Callable[..., Recording]


class Noting(VGGFeatures):
    """Notes in which worker it was made; in its second batch it hangs on one node.

    On the other it waits for that, so that the node that is to die has work, however late its
    worker came up.
    """

    def __init__(self, notes: Path, doomed: str) -> None:
        import ray

        super().__init__(random_checkpoint(width=1 / 16, input_size=32), precision="fp32")
        self.node = ray.get_runtime_context().get_node_id()
        self.notes, self.doomed, self.batches = notes, doomed, 0
        (notes / f"made {ray.get_runtime_context().get_worker_id()}").touch()

    def submit(self, crops: np.ndarray):
        self.batches += 1
        if self.batches > 1 and self.node == self.doomed:
            (self.notes / "stuck").touch()
            time.sleep(600)
        give_up = time.monotonic() + 120
        while self.batches > 1 and not (self.notes / "stuck").exists():
            assert time.monotonic() < give_up, "no work came to the other node"
            time.sleep(0.05)
        return super().submit(crops)


@pytest.mark.slow
def test_a_node_dies_midway_and_the_store_is_that_of_a_local_run(
    contents, cluster, tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    recordings = [make_recording(f"r{k}", 10 + 5 * (k % 3)) for k in range(10)]
    recordings.append(Recording("absent", "s1", None, None, tmp_path / "absent.mp4"))
    alone = open_store(tmp_path / "alone", tiny, locator=precropped)
    expected = fill_store(recordings, tiny, alone, locator=precropped)

    notes = tmp_path / "notes"
    notes.mkdir()

    def kill() -> None:
        while not (notes / "stuck").exists():
            time.sleep(0.05)
        cluster.remove_node(cluster.doomed, allow_graceful=False)

    killer = Thread(target=kill, daemon=True)
    killer.start()
    # Not a folder for the workers, but an fsspec file system.
    store = open_store(f"local://{tmp_path}/spread", tiny, locator=precropped)
    told: list[tuple[int, int]] = []
    summary = fill_store_on_ray(
        recordings,
        partial(Noting, notes, cluster.doomed.node_id),
        store,
        locator=precropped,
        progress=lambda *done: told.append(done),
    )
    killer.join(10)
    assert not killer.is_alive()
    assert set(summary.extracted) | set(summary.kept) == {f"r{k}" for k in range(10)}
    assert summary.failed == expected.failed
    assert told[-1] == (11, 11)
    assert contents(store.folder) == contents(alone.folder)
    # The network was loaded once per worker: two, and perhaps a successor of the lost one.
    assert 2 <= len(list(notes.glob("made *"))) <= 3


@pytest.mark.slow
def test_what_ends_an_extraction_comes_from_the_worker_as_it_is(
    cluster, tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    store = open_store(tmp_path / "store", tiny, locator=precropped)
    other = partial(VGGFeatures, random_checkpoint(width=1 / 16, input_size=32, seed=1))
    with pytest.raises(UsageError, match="made in another way"):
        fill_store_on_ray([make_recording()], other, store, locator=precropped, workers=1)


def test_a_machine_that_does_not_see_the_store_says_so(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    store = open_store(tmp_path / "store", tiny, locator=precropped)
    store.folder = tmp_path / "elsewhere"
    worker = _Worker(lambda: tiny, store, precropped, [[make_recording()]])
    answer = worker({"task": np.array([0])})["answer"][0]
    assert isinstance(answer, StorageError)
    assert "does not see this folder" in str(answer)


def test_without_ray(
    monkeypatch: pytest.MonkeyPatch, precropped, tiny, tmp_path: Path, make_recording
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    store = open_store(tmp_path, tiny, locator=precropped)
    with pytest.raises(UsageError, match=r"pip install .*painscope\[cluster\]"):
        fill_store_on_ray([make_recording()], lambda: tiny, store, locator=precropped)
