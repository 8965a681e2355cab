"""The source network: no pain against high pain, from single frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from painscope.networks import Checkpoint
from painscope.recording import Recording
from painscope.training.network import train_network
from painscope.training.question import ask

__all__ = ["train_source"]


def train_source(
    crops: Path | str,
    recordings: Sequence[Recording],
    *,
    dataset: str,
    out: Path | str,
    classes: tuple[str, ...] = ("no-pain", "high-pain"),
    window_s: tuple[float, float] = (2.0, 5.0),
    frame_step: int = 5,
    seed: int = 0,
    **settings: Any,
) -> Checkpoint:
    """Train a network to tell no pain from high pain in single frames.

    From scratch it is trained with batch normalisation, which is folded into the
    convolutions at the end. Training stops when the loss on the validation people no longer
    falls; the scores on the card are those of *other* people, the test people, whom nothing
    was chosen on (`painscope.training.split_people`).

    Parameters
    ----------
    crops : path-like
        A folder that `painscope.face.write_crops` filled.
    recordings : sequence of Recording
        Those whose label is not in `classes` are left out.
    dataset : str
        The name under which the card lists its people: `painscope.datasets.Dataset.population`.
    out : path-like
        Folder for ``source.safetensors``, ``history.json`` and what resuming needs. A
        finished training with the same settings is read back, a killed one continued.
    classes : tuple of str
        From no pain to pain.
    window_s : (float, float)
        Seconds of each recording whose frames are used; of BioVid's 5.5 s, 2 to 5 s.
    frame_step : int
        Use the frames whose number is a multiple of it: neighbours hardly differ.
    seed : int
        Of the split, the weights, the order and the augmentation.
    **settings
        As of `painscope.training.train_network`: weights to start from, width and input size,
        epochs, device and so on.

    Returns
    -------
    Checkpoint
        As written to ``out/source.safetensors``.

    Raises
    ------
    LeakageError
        If a person is in two parts of the split, or `start` has seen a held-out one.
    DatasetError
        If crops, people or classes are missing.
    UsageError
        If `out` holds another training, or `width` is not that of `start`.
    StorageError
        If the disk is full.
    """
    question = ask(
        Path(crops),
        recordings,
        dataset=dataset,
        classes=classes,
        window_s=window_s,
        frame_step=frame_step,
        seed=seed,
    )
    return train_network(question, out=out, seed=seed, **settings)
