"""True action units: the oracle of virtual datasets, read from the truth beside them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from painscope.errors import DatasetError
from painscope.face.track import CropBatch
from painscope.recording import VIRTUAL_MARK, Recording
from painscope.video.decoder import CLOCK_TOLERANCE_S
from painscope.virtual.truth import UNIT_COLUMNS, on_display, truth_path

__all__ = ["TrueActionUnits", "has_truth"]


class TrueActionUnits:
    """What the virtual face really did: the best that any reader of faces could know.

    A classifier on these features is the oracle: what it misses, the face did not show.

    Columns are the action units' intensities (0–5) left and right, the closure of the lids by
    blinking (0–1), and the head's yaw, pitch and roll in degrees. PSPI is left out: it is made
    of the others.
    """

    name = "true-action-units"
    names: tuple[str, ...] = (*UNIT_COLUMNS, "blink_L", "blink_R", "yaw", "pitch", "roll")
    crop_size: int | None = None
    reach = 0
    provenance: Mapping[str, object] = {"name": name, "clock_tolerance_s": CLOCK_TOLERANCE_S}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return the truth of the frame on display at each of the batch's times.

        Returns
        -------
        float32 [B, 43]

        Raises
        ------
        DatasetError
            If the recording is not of virtual people, or its truth is missing.
        """
        time_s, values = _truth(_find(recording), self.names)
        return values[on_display(time_s, batch.track.time_s + (recording.start_s or 0.0))]


def has_truth(recording: Recording) -> bool:
    """Whether the truth about a recording is beside it: not of a part that a table names anew."""
    try:
        _find(recording)
    except DatasetError:
        return False
    return True


def _find(recording: Recording) -> Path:
    for folder in recording.video.parents:
        if (folder / VIRTUAL_MARK).is_file():
            path = truth_path(folder, recording.id)
            if path.is_file():
                return path
            raise DatasetError(
                "the truth about this recording is missing",
                path=path,
                hint="Generate the virtual dataset again: it will be completed.",
            )
    raise DatasetError(
        "there is no truth about this recording",
        path=recording.video,
        hint="The extractor true-action-units is for virtual people only.",
    )


@lru_cache(maxsize=4)
def _truth(path: Path, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=["time_s", *names])
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot be read ({error})", path=path) from None
    values = np.stack([table[name].to_numpy() for name in names], axis=1)
    return table["time_s"].to_numpy(), values.astype(np.float32)
