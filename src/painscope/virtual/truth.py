"""The truth beside a virtual dataset: what every face did in every frame, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope.files import atomic_path
from painscope.video.decoder import CLOCK_TOLERANCE_S
from painscope.virtual.motion import ACTION_UNITS

if TYPE_CHECKING:
    import pandas as pd

    from painscope.virtual.motion import FaceMotion

__all__ = [
    "UNIT_COLUMNS",
    "on_display",
    "picture_truth",
    "read_truth",
    "truth_path",
    "write_table",
    "write_truth",
]

#: Columns of the action units: left then right, in the order of `ACTION_UNITS`.
UNIT_COLUMNS = tuple(f"AU{unit:02d}_{side}" for unit in ACTION_UNITS for side in "LR")


def truth_path(root: Path, recording: str) -> Path:
    """Return where a recording's truth lies."""
    return root / "truth" / f"{recording}.parquet"


def write_truth(
    path: Path,
    motion: FaceMotion,
    felt: np.ndarray,
    landmarks: np.ndarray,
    *,
    images: Sequence[str] | None = None,
) -> None:
    """Write one recording's truth, a row per frame.

    Parameters
    ----------
    felt : float64 [T]
        Pain felt, 0–10.
    landmarks : float32 [T, 68, 2]
        Pixels.
    images : sequence of str, optional
        Each frame's own picture file, below the tree's root, where frames are pictures.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = len(motion)
    columns: dict[str, np.ndarray] = {"time_s": motion.time_s}
    columns |= dict(zip(UNIT_COLUMNS, motion.action_units.reshape(n, -1).T, strict=True))
    columns |= {"blink_L": motion.blink[:, 0], "blink_R": motion.blink[:, 1]}
    columns |= {"PSPI": motion.pspi(), "felt": felt.astype(np.float32)}
    columns |= dict(zip(("yaw", "pitch", "roll"), motion.pose.T, strict=True))
    columns |= dict(zip(("gaze_yaw", "gaze_pitch"), motion.gaze.T, strict=True))
    for k in range(landmarks.shape[1]):
        columns |= {f"x_{k}": landmarks[:, k, 0], f"y_{k}": landmarks[:, k, 1]}
    table = pa.table({name: np.ascontiguousarray(column) for name, column in columns.items()})
    if images is not None:
        table = table.append_column("image", pa.array(images))
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_truth(root: Path, recording: str) -> pd.DataFrame:
    """Return one recording's truth as `write_truth` wrote it."""
    import pandas as pd

    return pd.read_parquet(truth_path(root, recording))


def on_display(time_s: np.ndarray, when_s: np.ndarray) -> np.ndarray:
    """Return the rows of a truth whose pictures `painscope.video.FrameReader` shows.

    Parameters
    ----------
    time_s : float64 [T]
        The truth's times.
    when_s : float64 [N]
        Seconds since the file's first picture.

    Returns
    -------
    int64 [N]
    """
    rows = np.searchsorted(time_s, when_s + CLOCK_TOLERANCE_S, side="right") - 1
    return rows.clip(0, len(time_s) - 1)


def picture_truth(root: Path, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the truth of every picture that is a file of its own, in one table.

    Parameters
    ----------
    root : Path
        Of a tree of stills or of sequences of pictures (AffectNet, UNBC-McMaster).
    columns : sequence of str, optional
        Which of the truth's columns; all by default.

    Returns
    -------
    DataFrame
        A row per picture: ``image`` (its path below the root), ``subject``, and the columns.
    """
    import pandas as pd

    who = pd.read_csv(root / "truth/stimuli.csv", usecols=["recording", "subject"], dtype=str)
    wanted = None if columns is None else ["image", *columns]
    tables = [
        pd.read_parquet(truth_path(root, recording), columns=wanted).assign(subject=subject)
        for recording, subject in who.itertuples(index=False, name=None)
    ]
    return pd.concat(tables, ignore_index=True)


def write_table(path: Path, table: pd.DataFrame, *, separator: str = ",") -> None:
    """Write a table as text, whole or not at all."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, sep=separator, index=False)
