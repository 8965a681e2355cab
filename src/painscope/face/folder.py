"""A folder of crops: images and a track per recording, the settings, and what became of each.

::

    out/crops.json                  the settings
    out/status.parquet              a row per recording: done or failed, and why
    out/<recording>/<frame>.jpg     the crops
    out/<recording>/track.parquet   a row per frame of the clip; its presence means complete, and
                                    its metadata tell of which part of which video
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painscope.errors import RunError, UsageError
from painscope.face.track import FaceTrack
from painscope.files import atomic_path, write_text
from painscope.video import is_from

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CropResult",
    "crop_files",
    "crop_settings",
    "cropped_ids",
    "is_done",
    "read_crops",
    "read_picture",
    "read_result",
    "read_status",
    "read_track",
    "settle",
    "write_status",
    "write_track",
]

SETTINGS, STATUS, TRACK = "crops.json", "status.parquet", "track.parquet"


@dataclass(frozen=True)
class CropResult:
    """What became of one recording; a row of ``status.parquet``.

    Attributes
    ----------
    recording : str
        The recording's id.
    status : {"done", "failed"}
    reason : str
        Why it failed; empty if it did not.
    frames, crops : int
        Frames in the clip, and images written.
    found_share : float
        Share of the frames in which the face was seen; NaN if it failed.
    damage : str
        What of the video could not be decoded; empty if nothing.
    """

    recording: str
    status: str
    reason: str = ""
    frames: int = 0
    crops: int = 0
    found_share: float = float("nan")
    damage: str = ""


def cropped_ids(folder: Path | str) -> tuple[str, ...]:
    """Return the ids of the recordings whose crops are complete, in order."""
    return tuple(sorted(path.parent.name for path in Path(folder).glob(f"[!.]*/{TRACK}")))


def crop_settings(folder: Path | str) -> dict[str, Any]:
    """Return how a folder of crops was made: locator, margin, rate, size and so on.

    Raises
    ------
    RunError
        If it is no such folder.
    """
    try:
        return json.loads((Path(folder) / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RunError(
            "not a folder of crops", path=Path(folder), hint="Write the crops first."
        ) from None


def crop_files(folder: Path | str, recording_id: str) -> dict[int, Path]:
    """Return a recording's images by their frame numbers, ascending."""
    files = {int(path.stem): path for path in (Path(folder) / recording_id).glob("*.jpg")}
    return dict(sorted(files.items()))


def read_picture(path: Path) -> np.ndarray:
    """Read one crop: uint8 [S, S, 3], RGB.

    Raises
    ------
    RunError
        If it is damaged.
    """
    import cv2

    coded = np.fromfile(path, np.uint8)
    image = cv2.imdecode(coded, cv2.IMREAD_COLOR) if len(coded) else None  # empty: it would raise
    if image is None:
        raise RunError("is damaged", path=path, hint=_again(path))
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _again(path: Path) -> str:
    return f"Remove the folder {path.parent} and crop again."


def read_crops(folder: Path | str, recording_id: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a recording's crops back.

    Returns
    -------
    crops : uint8 [N, S, S, 3]
        RGB.
    frames : int64 [N]
        Their frame numbers, ascending: rows of the track.

    Raises
    ------
    RunError
        If the recording is not there or one of its images is damaged.
    """
    if not is_done(Path(folder), recording_id):
        raise RunError("no crops of this recording are here", path=Path(folder) / recording_id)
    files = crop_files(folder, recording_id)
    size = crop_settings(folder)["size"]
    crops = np.empty((len(files), size, size, 3), np.uint8)
    for k, path in enumerate(files.values()):
        image = read_picture(path)
        if image.shape != crops.shape[1:]:
            raise RunError("is damaged", path=path, hint=_again(path))
        crops[k] = image
    return crops, np.array(list(files), np.int64)


def read_track(folder: Path | str, recording_id: str) -> FaceTrack:
    """Read a recording's track back; it has no landmarks and no blendshapes.

    Raises
    ------
    RunError
        If the recording is not there, or its track is damaged.
    """
    import pandas as pd

    if not is_done(Path(folder), recording_id):
        raise RunError("no crops of this recording are here", path=Path(folder) / recording_id)
    path = Path(folder) / recording_id / TRACK
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError):
        raise RunError("is damaged", path=path, hint=_again(path)) from None
    return FaceTrack(
        time_s=table["time_s"].to_numpy(),
        box=table[["x0", "y0", "x1", "y1"]].to_numpy(),
        landmarks=np.zeros((len(table), 0, 2), np.float32),
        blendshapes=np.zeros((len(table), 0), np.float32),
        confidence=table["confidence"].to_numpy(),
        found=table["found"].to_numpy(),
    )


def settle(out: Path, settings: Mapping[str, object]) -> None:
    """Note the settings in a new folder; refuse a folder with others."""
    text = json.dumps(settings, indent=2, sort_keys=True)
    path = out / SETTINGS
    if not path.exists():
        write_text(path, text + "\n")
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError("is damaged", path=path, hint="Choose another folder.") from error
    wanted = json.loads(text)
    changed = [key for key in wanted if before.get(key) != wanted[key]]
    if changed:
        raise UsageError(
            f"holds crops made with other settings: {', '.join(changed)}",
            path=out,
            hint="Choose another folder or the same settings.",
        )


def is_done(out: Path, recording_id: str, *, source: Mapping[str, object] | None = None) -> bool:
    """Whether a recording's crops are complete, and made from `source`.

    Of a damaged track nobody knows what it was made from: it is not.
    """
    import pyarrow.parquet as pq

    path = out / recording_id / TRACK
    if source is None or not path.is_file():
        return path.is_file()
    try:
        told = json.loads((pq.read_schema(path).metadata or {}).get(b"source", b"{}"))
    except (OSError, ValueError):
        return False
    return is_from(told, source)


def write_track(
    path: Path, track: FaceTrack, damage: str | None, source: Mapping[str, object]
) -> None:
    """Write a track without its landmarks; damage and source go into the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = dict(zip(("x0", "y0", "x1", "y1"), track.box.T, strict=True))
    table = pa.table(
        {
            "time_s": track.time_s,
            **columns,
            "confidence": track.confidence,
            "found": track.found,
        }
    ).replace_schema_metadata({"damage": damage or "", "source": json.dumps(source)})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary)


def read_result(out: Path, recording_id: str) -> CropResult:
    """Read a finished recording's result from its folder."""
    import pyarrow.parquet as pq

    folder = out / recording_id
    table = pq.read_table(folder / TRACK, columns=["found"])
    found = table["found"].to_numpy()
    return CropResult(
        recording_id,
        "done",
        frames=len(found),
        crops=len(crop_files(out, recording_id)),
        found_share=float(found.mean()),
        damage=(table.schema.metadata or {}).get(b"damage", b"").decode(),
    )


def read_status(out: Path) -> list[CropResult]:
    """Read ``status.parquet``; nothing if it is not there yet, or damaged: it is written anew."""
    import pandas as pd

    try:
        table = pd.read_parquet(out / STATUS)[[field.name for field in fields(CropResult)]]
    except (OSError, ValueError):
        return []
    return [CropResult(*row) for row in table.itertuples(index=False)]


def write_status(out: Path, results: Iterable[CropResult]) -> pd.DataFrame:
    """Write ``status.parquet``, ordered by recording, and return it."""
    import pandas as pd

    rows = sorted((asdict(result) for result in results), key=lambda row: row["recording"])
    table = pd.DataFrame(rows, columns=[field.name for field in fields(CropResult)])
    with atomic_path(out / STATUS) as temporary:
        table.to_parquet(temporary, index=False)
    return table
