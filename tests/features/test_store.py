from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from painscope.errors import StorageError
from painscope.features import FeatureSequence, FeatureStore
from painscope.features.store import ROW_GROUP, SequenceWriter

PROVENANCE = {"extractor": {"name": "test", "weights_sha256": "ab"}, "rate": 30.0}


def sequence(recording: str = "a", n: int = 50, d: int = 4, seed: int = 0) -> FeatureSequence:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, d)).astype(np.float32)
    values[3] = np.nan
    found = np.ones(n, bool)
    found[2:4] = False
    return FeatureSequence(
        recording, values, np.arange(n) / 30, found, tuple(f"f{k:04d}" for k in range(d))
    )


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "features", PROVENANCE)


@pytest.mark.parametrize(("n", "d"), [(50, 4), (1, 1), (300, 1024), (2 * ROW_GROUP + 5, 3)])
def test_a_sequence_comes_back_bit_by_bit(store: FeatureStore, n: int, d: int) -> None:
    n = max(n, 5) if n > 1 else n
    given = sequence(n=n, d=d) if n > 3 else sequence(n=5, d=d).cut(0, 1)
    store.write(given)
    got = store.read("a")
    np.testing.assert_array_equal(got.values, given.values)
    np.testing.assert_array_equal(got.time_s, given.time_s)
    np.testing.assert_array_equal(got.found, given.found)
    assert (got.recording, got.names) == ("a", given.names)
    assert (got.values.dtype, got.time_s.dtype, got.found.dtype) == ("float32", "float64", "bool")
    assert got.provenance == {"format": 2, **PROVENANCE}


def test_pandas_alone_reads_it(store: FeatureStore) -> None:
    given = sequence()
    store.write(given)
    path = store.folder / "features" / "a.parquet"
    table = pd.read_parquet(path)
    assert list(table.columns) == ["time_s", "found", "values"]
    np.testing.assert_array_equal(np.stack(table["values"].tolist()), given.values)
    assert json.loads(pq.read_schema(path).metadata[b"names"]) == list(given.names)


def test_the_writer_holds_no_more_of_a_longer_video(tmp_path: Path) -> None:
    # Each row group leaves its notes in memory until the end: they must be few.
    names = tuple(f"f{k:04d}" for k in range(1024))
    rows = np.zeros((ROW_GROUP, len(names)), np.float32)
    with SequenceWriter(tmp_path / "a.parquet", names) as writer:
        for _ in range(3):
            writer.append(rows, np.zeros(len(rows)), np.ones(len(rows), bool))
    assert pq.read_metadata(tmp_path / "a.parquet").serialized_size < 60_000


def test_piece_by_piece_is_the_same_as_at_once(store: FeatureStore, tmp_path: Path) -> None:
    given = sequence(n=ROW_GROUP + 100)
    with store.writing("pieces", given.names) as writer:
        for first in range(0, len(given), 33):
            part = given.cut(first, first + 33)
            writer.append(part.values, part.time_s, part.found)
    np.testing.assert_array_equal(store.read("pieces").values, given.values)


def test_the_digest_is_of_the_provenance(tmp_path: Path) -> None:
    one = FeatureStore(tmp_path, PROVENANCE)
    same = FeatureStore(tmp_path, dict(reversed(PROVENANCE.items())))
    other = FeatureStore(tmp_path, {**PROVENANCE, "rate": 25.0})
    assert one.folder == same.folder != other.folder
    assert len(one.digest) == 16
    assert json.loads((one.folder / "provenance.json").read_text()) == one.provenance
    assert one.is_of(PROVENANCE)
    assert not one.is_of(other.provenance)


def test_status_tells_of_every_recording(store: FeatureStore) -> None:
    with store.writing("b", ("f0000",)) as writer:
        writer.append(np.zeros((4, 1), np.float32), np.arange(4.0), np.array([1, 1, 1, 0], bool))
        writer.damage = "2 of 6 packets could not be decoded"
    store.record_failure("a", "no such\nvideo")
    store.write_status()
    rows = pd.read_parquet(store.folder / "status.parquet")
    pd.testing.assert_frame_equal(rows, store.status)
    failed, good = rows.to_dict("records")
    assert (failed["recording"], failed["status"], failed["reason"]) == (
        "a",
        "failed",
        "no such video",
    )
    assert (good["recording"], good["status"], good["n_frames"], good["found_share"]) == (
        "b",
        "ok",
        4,
        0.75,
    )
    assert good["damage"].startswith("2 of 6")
    assert store.ids() == ["b"]


def test_an_empty_store(store: FeatureStore) -> None:
    assert store.ids() == []
    assert store.status.empty
    assert not store.has("a")
    with pytest.raises(StorageError, match="has not been extracted"):
        store.read("a")


def test_a_failure_says_its_reason_when_read_and_success_replaces_it(store: FeatureStore) -> None:
    store.write(sequence())
    store.record_failure("a", "the video is empty")
    with pytest.raises(StorageError, match="the video is empty"):
        store.read("a")
    assert not store.has("a")
    store.write(sequence())
    assert store.ids() == ["a"]
    assert store.status["reason"].isna().all()


@pytest.mark.parametrize(
    "harm", ["cut", "flip", "remove", '{"status": "o', "5", '{"damage": null}', '{"status": "ok"}']
)
def test_damage_is_found(store: FeatureStore, harm: str) -> None:
    store.write(sequence(n=300, d=64))
    path = store.folder / "features" / "a.parquet"
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[:-100])
    elif harm == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif harm == "remove":
        path.unlink()
    else:
        (store.folder / "status" / "a.json").write_text(harm)
    assert not store.has("a")
    assert not store.has("a", source={"bytes": 1})
    assert set(store.ids()) <= {"a"}
    assert set(store.status["recording"]) <= {"a"}
    with pytest.raises(StorageError, match=r"a\.parquet"):
        store.read("a")
    store.write(sequence(n=300, d=64))
    assert store.has("a")


def test_an_interrupted_sequence_leaves_the_old_one(store: FeatureStore) -> None:
    store.write(sequence(seed=1))

    def break_off() -> None:
        with store.writing("a", ("f0000",)) as writer:
            writer.append(np.zeros((ROW_GROUP, 1), np.float32), *np.zeros((2, ROW_GROUP)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    np.testing.assert_array_equal(store.read("a").values, sequence(seed=1).values)
    assert [p.name for p in (store.folder / "features").iterdir()] == ["a.parquet"]


def test_a_full_disk(store: FeatureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk is full"):
        store.write(sequence())
    assert not list((store.folder / "features").iterdir())


def test_values_that_do_not_fit_the_names(store: FeatureStore) -> None:
    with store.writing("a", ("x", "y")) as writer:
        with pytest.raises(ValueError, match="do not fit"):
            writer.append(np.zeros((3, 1), np.float32), np.zeros(3), np.zeros(3, bool))
        writer.append(np.zeros((3, 2), np.float32), np.zeros(3), np.zeros(3, bool))
    assert len(store.read("a")) == 3


def test_another_source_is_another_recording(store: FeatureStore) -> None:
    store.write(sequence(), source={"video": "a.mp4", "bytes": 10})
    assert store.has("a", source={"video": "a.mp4", "bytes": 10})
    assert not store.has("a", source={"video": "a.mp4", "bytes": 11})
    assert store.has("a")


def test_processes_share_a_store(tmp_path: Path) -> None:
    """Three processes write the same twelve recordings at once."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_store import PROVENANCE, sequence\n"
        "from painscope.features import FeatureStore\n"
        f"store = FeatureStore({str(tmp_path)!r}, PROVENANCE)\n"
        "for k in range(12):\n"
        "    store.write(sequence(f'r{k:02d}', seed=k))\n"
        "store.write_status()\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in running] == [0] * 3
    store = FeatureStore(tmp_path, PROVENANCE)
    assert len(store.ids()) == 12
    assert all(map(store.has, store.ids()))
    np.testing.assert_array_equal(store.read("r07").values, sequence(seed=7).values)
    assert len(pd.read_parquet(store.folder / "status.parquet")) == 12
    assert not [p for p in store.folder.rglob("*") if ".tmp" in p.name]


def test_a_store_in_another_file_system_is_the_same(tmp_path: Path) -> None:
    pytest.importorskip("upath", reason='pip install "painscope[cluster]"')
    here = FeatureStore(tmp_path, PROVENANCE)
    there = FeatureStore(f"memory://{tmp_path}", PROVENANCE)
    for store in (here, there):
        store.write(sequence(), source={"video": "a.mp4"})
        store.write(sequence("b", seed=1))
        store.record_failure("b", "gone")
        store.remove_abandoned()
        store.write_status()
    assert not Path(str(there.folder)).exists()
    names = [path.relative_to(here.folder) for path in here.folder.rglob("*") if path.is_file()]
    assert len(names) == 5
    for name in names:
        assert (there.folder / str(name)).read_bytes() == (here.folder / name).read_bytes()
    np.testing.assert_array_equal(there.read("a").values, sequence().values)
    assert there.has("a", source={"video": "a.mp4"})
    assert [there.has(name) for name in "abc"] == [True, False, False]
    pd.testing.assert_frame_equal(there.status, here.status)
    path = there.folder / "features" / "a.parquet"
    path.write_bytes(path.read_bytes()[:-10])  # half sent, when a process was killed
    assert not there.has("a")


def test_nothing_half_written_is_sent(tmp_path: Path) -> None:
    pytest.importorskip("upath", reason='pip install "painscope[cluster]"')
    store = FeatureStore(f"memory://{tmp_path}", PROVENANCE)
    with pytest.raises(KeyError), store.writing("a", ("f0000",)):
        raise KeyError("on the way")
    assert store.ids() == []
    assert not (store.folder / "features" / "a.parquet").exists()
