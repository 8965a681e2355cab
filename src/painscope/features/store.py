"""FeatureStore: features on disk, addressed by everything that shaped them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from painscope.errors import StorageError
from painscope.features.sequence import FeatureSequence
from painscope.files import Claims, atomic_path, folder_at, remove_abandoned, write_text
from painscope.video import is_from

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FeatureStore", "SequenceWriter"]

#: Part of every digest; raised when files of old would be misread.
FORMAT = 2
#: Rows held in memory before they are written: 8 MiB of 1024 columns.
ROW_GROUP = 2048

#: Where a file keeps its features' names.
_NAMES = b"names"

_COLUMNS = ("recording", "status", "reason", "n_frames", "found_share", "damage")


class FeatureStore:
    """A folder of feature sequences, all made in the same way.

    ::

        root/<digest>/provenance.json         everything that shaped the numbers
                      status.parquet          a row per recording: ok or failed, and why
                      status/<id>.json        the same, as it happens
                      features/<id>.parquet   time_s, found, values (a list per frame)

    The names of the values are in the Parquet file's metadata, as JSON under ``names``.
    The digest is of the provenance, so features made in another way lie in another folder.
    A sequence counts as there only once its status says so, with a checksum: a damaged or
    half-written one is missing. Several processes may fill one store at once.

    Parameters
    ----------
    root : path-like
        Holds a folder per provenance; on this machine, or at an address such as
        ``s3://bucket/features`` (see `painscope.files.folder_at`). Recordings of different
        datasets can share ids: give each dataset a root of its own.
    provenance : mapping
        Of strings, numbers, lists and further mappings.

    Raises
    ------
    StorageError
        If the folder cannot be made.
    """

    def __init__(self, root: Path | str, provenance: Mapping[str, object]) -> None:
        text = _canonical(provenance)
        self.digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.provenance: dict[str, Any] = json.loads(text)
        self.folder = folder_at(root) / self.digest
        path = self.folder / "provenance.json"
        if not path.exists():
            write_text(path, json.dumps(self.provenance, indent=2, sort_keys=True) + "\n")

    def __repr__(self) -> str:
        return f"<FeatureStore {self.folder}>"

    def is_of(self, provenance: Mapping[str, object]) -> bool:
        """Whether this is the store of `provenance`."""
        return json.loads(_canonical(provenance)) == self.provenance

    # -- writing ---------------------------------------------------------------------

    def write(
        self, sequence: FeatureSequence, *, source: Mapping[str, object] | None = None
    ) -> None:
        """Write a whole sequence, in place of an older one."""
        with self.writing(sequence.recording, sequence.names, source=source) as writer:
            writer.append(sequence.values, sequence.time_s, sequence.found)

    @contextmanager
    def writing(
        self,
        recording: str,
        names: tuple[str, ...],
        *,
        source: Mapping[str, object] | None = None,
    ) -> Iterator[SequenceWriter]:
        """Give a writer that takes a sequence piece by piece.

        The sequence is there when the block ends well, and leaves no trace otherwise.

        Parameters
        ----------
        recording : str
            The recording's id.
        names : tuple of str
            The features' names.
        source : mapping, optional
            What the recording was read from. `has` compares it.

        Raises
        ------
        StorageError
            If the disk is full.
        """
        path = self._features(recording)
        with atomic_path(path) as temporary:
            with SequenceWriter(temporary, names) as writer:
                yield writer
            checksum = _checksum(temporary)
        self._set_status(
            recording,
            status="ok",
            n_frames=writer.n_frames,
            found_share=writer.n_found / max(1, writer.n_frames),
            damage=writer.damage,
            source=dict(source or {}),
            checksum=checksum,
        )

    def record_failure(self, recording: str, reason: str) -> None:
        """Note why a recording has no features; older ones of it are dropped."""
        self._set_status(recording, status="failed", reason=" ".join(reason.split()))
        self._features(recording).unlink(missing_ok=True)

    def claims(self) -> Claims:
        """Return an empty set of claims on recordings, by their ids."""
        return Claims(self.folder / "features")

    def remove_abandoned(self) -> None:
        """Remove what a killed process left half-written; of living ones, nothing."""
        for folder in (self.folder, self.folder / "features", self.folder / "status"):
            remove_abandoned(folder)

    def write_status(self) -> None:
        """Write `status` to ``status.parquet``."""
        with atomic_path(self.folder / "status.parquet") as temporary:
            self.status.to_parquet(temporary, index=False)

    # -- reading ---------------------------------------------------------------------

    @property
    def status(self) -> pd.DataFrame:
        """A row per recording, ordered by id.

        Columns: recording, status (``ok`` or ``failed``), reason, n_frames, found_share
        (of frames in which the face was seen), damage (what could not be decoded).
        """
        import pandas as pd

        rows = [{"recording": name, **status} for name, status in self._statuses()]
        table = pd.DataFrame(rows, columns=_COLUMNS)
        text = dict.fromkeys(("recording", "status", "reason", "damage"), "string")
        return table.astype(text | {"n_frames": "Int64", "found_share": "Float64"})

    def ids(self) -> list[str]:
        """Return the ids of the recordings that have features, in order."""
        return [name for name, status in self._statuses() if status.get("status") == "ok"]

    def has(self, recording: str, *, source: Mapping[str, object] | None = None) -> bool:
        """Whether the recording's features are there, undamaged and made from `source`.

        A video that cannot be looked at now keeps its features (`painscope.video.is_from`).
        """
        status = self._get_status(recording) or {}
        path = self._features(recording)
        if status.get("status") != "ok" or not path.is_file():
            return False
        if source is not None and not is_from(status.get("source", {}), source):
            return False
        return _checksum(path) == status.get("checksum")

    def read(self, recording: str) -> FeatureSequence:
        """Return the features of one recording.

        Raises
        ------
        StorageError
            If there are none, or the file is damaged.
        """
        path = self._features(recording)
        status = self._get_status(recording) or {}
        if status.get("status") == "failed":
            raise StorageError(f"has no features: {status['reason']}", path=path)
        if not path.is_file() or not status:
            raise StorageError("has not been extracted", path=path, hint="Run the extraction.")
        content = path.read_bytes()
        if hashlib.blake2b(content, digest_size=16).hexdigest() != status.get("checksum"):
            raise StorageError("is damaged", path=path, hint="Run the extraction again.")
        file = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
        table = file.read(use_threads=False)
        names = _names(table.schema.metadata[_NAMES])
        return FeatureSequence(
            recording=recording,
            values=_matrix(table["values"], len(names)),
            time_s=table["time_s"].to_numpy(),
            found=table["found"].to_numpy(),
            names=names,
            provenance=self.provenance,
        )

    # -- files -----------------------------------------------------------------------

    def _features(self, recording: str) -> Path:
        return self.folder / "features" / f"{recording}.parquet"

    def _set_status(self, recording: str, **status: object) -> None:
        write_text(self.folder / "status" / f"{recording}.json", json.dumps(status))

    def _statuses(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if not isinstance(self.folder, Path):
            self.folder.fs.invalidate_cache()  # others write there too
        # A temporary name, of a file being written, begins with a dot.
        for path in sorted((self.folder / "status").glob("[!.]*.json")):
            if status := self._get_status(path.stem):
                yield path.stem, status

    def _get_status(self, recording: str) -> dict[str, Any] | None:
        try:
            told = json.loads((self.folder / "status" / f"{recording}.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return told if isinstance(told, dict) else None  # damaged, and made anew


class SequenceWriter:
    """Writes a sequence to a Parquet file piece by piece, in bounded memory.

    Attributes
    ----------
    n_frames, n_found : int
        Rows so far, and those in which the face was seen.
    damage : str or None
        What could not be decoded; set by whoever writes.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        # One column for all values: of a thousand columns, every row group would leave a
        # megabyte of notes in memory until the end, and every file begin with as much.
        self._values = pa.list_(pa.field("item", pa.float32(), nullable=False), len(names))
        self._schema = pa.schema(
            [
                pa.field("time_s", pa.float64(), nullable=False),
                pa.field("found", pa.bool_(), nullable=False),
                pa.field("values", self._values, nullable=False),
            ],
            metadata={_NAMES: json.dumps(names)},
        )
        # No dictionary, no statistics: they cost more than the data.
        self._file = pq.ParquetWriter(
            path, self._schema, compression="lz4", use_dictionary=False, write_statistics=False
        )
        self._pieces: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._held = self.n_frames = self.n_found = 0
        self.damage: str | None = None

    def append(self, values: np.ndarray, time_s: np.ndarray, found: np.ndarray) -> None:
        """Add B rows: values float32 [B, D], time_s float64 [B], found bool [B]."""
        if values.shape != (len(time_s), self._values.list_size):
            raise ValueError(f"values {values.shape} do not fit {len(time_s)} times and the names")
        self._pieces.append((values, time_s, found))
        self._held += len(values)
        self.n_frames += len(values)
        self.n_found += int(np.count_nonzero(found))
        if self._held >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        values, time_s, found = (np.concatenate(part) for part in zip(*self._pieces, strict=True))
        self._pieces, self._held = [], 0
        flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
        arrays = [
            pa.array(time_s, pa.float64()),
            pa.array(found, pa.bool_()),
            pa.FixedSizeListArray.from_arrays(flat, type=self._values),
        ]
        self._file.write_batch(pa.record_batch(arrays, schema=self._schema))

    def __enter__(self) -> SequenceWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            with suppress(OSError):  # on a full disk; what led here tells more
                self._file.close()
            return
        if self._pieces:
            self._flush()
        self._file.close()


@lru_cache(maxsize=8)
def _names(text: bytes) -> tuple[str, ...]:
    """Return the same tuple for all recordings: thousands of names would fill the memory."""
    return tuple(json.loads(text))


def _matrix(column: pa.ChunkedArray, width: int) -> np.ndarray:
    """Return a column of lists as float32 [T, D]."""
    values = np.empty((len(column), width), np.float32)
    first = 0
    for chunk in column.chunks:
        values[first : first + len(chunk)] = chunk.flatten().to_numpy().reshape(-1, width)
        first += len(chunk)
    return values


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _canonical(provenance: Mapping[str, object]) -> str:
    return json.dumps({"format": FORMAT, **provenance}, sort_keys=True, allow_nan=False)
