"""extract: the features of any recordings as one tidy table."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from painscope.datasets.layout import safe_id
from painscope.errors import PainscopeError, UsageError
from painscope.face import Locator, make_locator
from painscope.features.base import Extractor
from painscope.features.extraction import fill_store, open_store
from painscope.features.sequence import FeatureSequence
from painscope.recording import Recording

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["extract"]

log = logging.getLogger("painscope")


def extract(
    recordings: Recording | Path | str | Iterable[Recording | Path | str],
    extractor: Extractor,
    *,
    locator: Locator | None = None,
    rate: float = 30.0,
    margin: float | None = None,
    store: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return the features of recordings as one table: a row per frame.

    Frames without a face are rows of NaN, for whoever reads the table to see;
    painscope's classifiers leave them out. A recording that cannot be read is logged as a
    warning and has no rows; ``table.attrs["failed"]`` says why.

    Parameters
    ----------
    recordings : Recording, path, or an iterable of them
        A path is a video, a photograph or a folder of pictures; its file name becomes its id.
    extractor : Extractor
        From `make_extractor`.
    locator : Locator, optional
        Finds the faces; by default the best at hand (`make_locator`), if faces are needed.
    rate, margin
        As in `open_store`.
    store : path-like, optional
        A folder of stores that keeps the features, as for `open_store`: what is there is
        not extracted again. By default nothing is kept.
    progress : callable, optional
        As in `fill_store`.

    Returns
    -------
    DataFrame
        Columns ``recording``, ``time_s``, ``found`` (whether the face was seen in this very
        frame), then ``extractor.names`` as float32.

    Raises
    ------
    UsageError
        If two recordings share an id, or extractor and locator do not fit.
    PainscopeError
        If none of the recordings can be read.
    """
    wanted = [recordings] if isinstance(recordings, Recording | Path | str) else list(recordings)
    clips = [_recording(one) for one in wanted]
    ids = [clip.id for clip in clips]
    if twice := {name for name, times in Counter(ids).items() if times > 1}:
        raise UsageError(f"two recordings are called {min(twice)}", hint="Give them other ids.")
    if locator is None and extractor.crop_size is not None:
        locator = make_locator()
    with TemporaryDirectory() if store is None else nullcontext(store) as root:
        home = open_store(root, extractor, locator=locator, rate=rate, margin=margin)
        summary = fill_store(clips, extractor, home, locator=locator, progress=progress)
        for name, reason in summary.failed.items():
            log.warning("%s has no features: %s", name, reason)
        there = [name for name in ids if name not in summary.failed]
        if clips and not there:
            raise PainscopeError(
                f"no recording has features; {next(iter(summary.failed.values()))}"
            )
        table = _table([home.read(name) for name in there], extractor.names)
    table.attrs["failed"] = dict(summary.failed)
    return table


def _table(sequences: Sequence[FeatureSequence], names: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    empty = np.zeros((0, len(names)), np.float32)
    values = np.concatenate([empty, *(s.values for s in sequences)])
    table = pd.DataFrame(values, columns=list(names))
    ids = [name for s in sequences for name in [s.recording] * len(s)]
    table.insert(0, "recording", np.array(ids, object))
    table.insert(1, "time_s", np.concatenate([np.zeros(0), *(s.time_s for s in sequences)]))
    table.insert(2, "found", np.concatenate([np.zeros(0, bool), *(s.found for s in sequences)]))
    return table


def _recording(one: Recording | Path | str) -> Recording:
    if isinstance(one, Recording):
        return one
    path = Path(one)
    name = safe_id(path.stem).lstrip(".-+=@") or "recording"
    return Recording(id=name, subject=name, label=None, split=None, video=path)
