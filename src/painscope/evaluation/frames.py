"""What a network answers to single frames of people it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from painscope.errors import LeakageError

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from painscope.networks import Checkpoint
    from painscope.training import FrameSet

__all__ = ["answers", "by_frame", "frame_features", "predict_frames", "refuse_seen"]

BATCH = 128


def refuse_seen(checkpoint: Checkpoint, frames: FrameSet, dataset: str) -> None:
    """Raise `LeakageError` if people of `dataset` shaped the weights they would be tested on."""
    from painscope.training.people import names

    if shared := checkpoint.card.seen(dataset) & set(frames.subjects):
        raise LeakageError(
            f"the network ({checkpoint.card.title}) has seen people of {dataset} who are tested "
            f"here: {names(shared)}",
            hint="Test it on its question's test people.",
        )


def frame_features(
    checkpoint: Checkpoint, frames: FrameSet, *, device: str = "auto", precision: str = "auto"
) -> np.ndarray:
    """Return a network's features of frames: float32 [N, feature_size].

    `device` and `precision` as of `painscope.networks.pick_device` and `pick_precision`.
    """
    import torch

    from painscope.networks import autocast, pick_device, pick_precision, prepare
    from painscope.training import frame_loader

    where = pick_device(device)
    network, card = checkpoint.network.to(where).eval(), checkpoint.card
    batches: Iterator[tuple[Tensor, Tensor]] = iter(
        frame_loader(frames, size=card.input_size, batch_size=BATCH, shuffle=False)
    )
    with torch.inference_mode(), autocast(where, pick_precision(precision, where)):
        parts = [
            network.features(prepare(images.to(where), card.preprocessing)).float().cpu().numpy()
            for images, _ in batches
        ]
    network.cpu()
    return np.concatenate(parts)


def predict_frames(
    checkpoint: Checkpoint,
    frames: FrameSet,
    *,
    dataset: str,
    device: str = "auto",
    precision: str = "auto",
) -> pd.DataFrame:
    """Let a network answer the question it was trained for, frame by frame.

    Parameters
    ----------
    checkpoint : Checkpoint
    frames : FrameSet
    dataset : str
        Whose people the frames show.
    device, precision : str
        As of `frame_features`.

    Returns
    -------
    DataFrame
        See `answers`; the predicted labels are of the network's classes, the true ones of
        the frames'.

    Raises
    ------
    LeakageError
        If the network has seen one of the people.
    """
    refuse_seen(checkpoint, frames, dataset)
    features = frame_features(checkpoint, frames, device=device, precision=precision)
    head = checkpoint.network.head
    weight, bias = (value.detach().numpy() for value in (head.weight, head.bias))
    return answers(frames, features @ weight.T + bias, checkpoint.card.classes)


def answers(frames: FrameSet, logits: np.ndarray, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return logits as a tidy table.

    Parameters
    ----------
    frames : FrameSet
    logits : float [N, C]
    classes : tuple of str, length C

    Returns
    -------
    DataFrame
        A row per frame: ``recording``, ``frame`` (its number in the recording), ``subject``,
        ``true_label``, ``predicted_label``, and ``p_<class>`` for every class.
    """
    import pandas as pd
    from scipy.special import softmax

    probability = softmax(logits.astype(np.float64), axis=1)
    recordings = [frames.recordings[k] for k in frames.clip]
    table = pd.DataFrame(
        {
            "recording": [recording.id for recording in recordings],
            "frame": frames.numbers,
            "subject": [recording.subject for recording in recordings],
            "true_label": np.array(frames.classes)[frames.target],
            "predicted_label": np.array(classes)[logits.argmax(axis=1)],
        }
    )
    for label, column in zip(classes, probability.T, strict=True):
        table[f"p_{label}"] = column
    return table


def by_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """Make every frame a sample of its own, for what scores recordings."""
    key = predictions["recording"] + "/" + predictions["frame"].astype(str)
    return predictions.assign(recording=key)
