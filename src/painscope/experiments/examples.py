"""A few recordings of a run shown in full: the probabilities over time, and the faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from painscope.classifiers import SequenceClassifier
from painscope.errors import VideoError
from painscope.experiments.recipe import FaceSettings
from painscope.face import FaceStream, Locator
from painscope.features import FeatureSequence
from painscope.files import atomic_path
from painscope.recording import Recording

__all__ = ["choose_examples", "crop_strip", "timelines", "write_example"]

#: Faces on a strip, and the side of each in pixels.
STRIP, SIDE = 8, 112
#: Crops that are kept at most to choose them from.
MANY = 32 * STRIP


def choose_examples(
    recordings: Sequence[Recording], classes: Sequence[str], each: int = 2
) -> list[Recording]:
    """Choose `each` recordings per class, of different people as far as there are.

    The choice does not know the predictions: examples chosen by their result would flatter.
    """
    chosen: list[Recording] = []
    for label in classes:
        seen = {recording.subject for recording in chosen}
        candidates = [recording for recording in recordings if recording.label == label]
        candidates.sort(key=lambda recording: (recording.subject in seen, recording.id))
        by_person: dict[str, Recording] = {}
        for recording in candidates:
            by_person.setdefault(recording.subject, recording)
        chosen += list(by_person.values())[:each]
    return chosen


def timelines(
    classifiers: Mapping[str, SequenceClassifier], sequences: Mapping[str, FeatureSequence]
) -> pd.DataFrame:
    """Return the probabilities per frame of every classifier that has a timeline.

    Parameters
    ----------
    classifiers : mapping of str to SequenceClassifier
        Fitted, by the name of their row.
    sequences : mapping of str to FeatureSequence
        One recording's features, by the same names.

    Returns
    -------
    DataFrame
        Columns classifier, time_s, found, ``p_<class>``; NaN where there is no face.
    """
    parts = []
    for name, classifier in classifiers.items():
        sequence = sequences[name]
        proba = classifier.frame_proba(sequence)
        if proba is None:
            continue
        part = pd.DataFrame(proba, columns=[f"p_{label}" for label in classifier.classes])
        part.insert(0, "classifier", name)
        part.insert(1, "time_s", sequence.time_s)
        part.insert(2, "found", sequence.found)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def crop_strip(recording: Recording | Path, locator: Locator, face: FaceSettings) -> np.ndarray:
    """Return the faces at the middles of equal parts of a clip: uint8 [8, 112, 112, 3]."""
    stream = FaceStream(recording, locator, rate=2.0, margin=face.margin, size=SIDE)
    kept: list[np.ndarray] = []
    step, number = 1, 0
    for batch in stream:  # keeps a bounded number of crops, however long the clip is
        for crop in batch.crops:
            if number % step == 0:
                kept.append(crop.copy())
            number += 1
            if len(kept) == MANY:
                kept, step = kept[::2], 2 * step
    middles = (np.arange(STRIP) + 0.5) * number / STRIP
    return np.stack([kept[int(middle) // step] for middle in middles])


def write_example(
    folder: Path,
    recording: Recording,
    frames: pd.DataFrame,
    locator: Locator,
    face: FaceSettings,
) -> None:
    """Write one example: ``<id>.parquet``, and ``<id>.jpg`` with its faces side by side."""
    from PIL import Image

    try:
        crops = crop_strip(recording, locator, face)
    except VideoError:
        return  # the failure stands in the status table already
    strip = np.concatenate(list(crops), axis=1)
    with atomic_path(folder / f"{recording.id}.jpg") as temporary:
        Image.fromarray(strip).save(temporary, quality=88)
    with atomic_path(folder / f"{recording.id}.parquet") as temporary:
        frames.to_parquet(temporary, index=False)
