"""Networks trained on one kind of pain, tested on the others as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from painscope.errors import UsageError
from painscope.evaluation.bootstrap import RESAMPLES
from painscope.evaluation.frames import by_frame, predict_frames
from painscope.evaluation.scoring import score_table

if TYPE_CHECKING:
    from painscope.networks import Checkpoint
    from painscope.training import FrameSet

__all__ = ["BINARY", "cross_dataset"]

#: What every pain dataset's classes come down to: the first is no pain, all others are.
BINARY = ("no-pain", "pain")


def cross_dataset(
    networks: Mapping[str, Checkpoint],
    tests: Mapping[str, FrameSet],
    *,
    device: str = "auto",
    precision: str = "auto",
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Test every network on every dataset's frames, without training it anew.

    The classes differ from dataset to dataset; all come down to no pain (the first class)
    against pain (any other), with the probability of pain one minus that of the first class.
    All networks are tested on the same frames of a dataset, so that a column of the matrix
    compares them; on a dataset that it was trained on a network can only be tested on people
    it has not seen.

    Parameters
    ----------
    networks : mapping of str to Checkpoint
        By what they were trained on.
    tests : mapping of str to FrameSet
        By the dataset's name, as networks' cards call it; such as `Question.test`.
    device, precision : str
        See `painscope.evaluation.frame_features`.
    resamples : int
        Of subjects, behind each interval.

    Returns
    -------
    DataFrame
        ``trained_on``, ``dataset``, ``metric`` (accuracy, balanced_accuracy, auc, macro_f1
        and so on), ``class`` (empty for the whole), ``value``, ``low``, ``high`` (95 %,
        bootstrap over subjects; NaN where fewer than 5 people show a class), ``n`` (frames),
        ``people`` and ``in_pain`` (people who show pain).

    Raises
    ------
    LeakageError
        If a network has seen a person it would be tested on; before anything is computed
        for that dataset.
    UsageError
        If there is nothing to test.
    """
    if not networks or not tests:
        raise UsageError("a cross-dataset matrix needs a network and a dataset")
    tables = []
    for dataset, frames in tests.items():
        parts = [
            _binary(
                predict_frames(
                    network, frames, dataset=dataset, device=device, precision=precision
                ),
                none=(frames.classes[0], network.card.classes[0]),
            ).assign(classifier=name, seed=0, split="test")
            for name, network in networks.items()
        ]
        scores = score_table(
            by_frame(pd.concat(parts)),
            BINARY,
            dataset=dataset,
            protocol="cross-dataset",
            resamples=resamples,
        )
        suffering = {frames.recordings[clip].subject for clip in frames.clip[frames.target > 0]}
        tables.append(scores.assign(people=len(frames.subjects), in_pain=len(suffering)))
    table = pd.concat(tables, ignore_index=True).rename(columns={"classifier": "trained_on"})
    columns = ["trained_on", "dataset", "metric", "class", "value", "low", "high"]
    return table[[*columns, "n", "people", "in_pain"]]


def _binary(predictions: pd.DataFrame, none: tuple[str, str]) -> pd.DataFrame:
    """Turn answers in any classes into no pain against pain; `none` is either's first class."""
    true, answered = none
    p = 1 - predictions[f"p_{answered}"]
    return predictions[["recording", "frame", "subject"]].assign(
        true_label=(predictions["true_label"] != true).map({False: BINARY[0], True: BINARY[1]}),
        predicted_label=(p > 0.5).map({False: BINARY[0], True: BINARY[1]}),
        **{"p_no-pain": 1 - p, "p_pain": p},
    )
