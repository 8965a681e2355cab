"""The source network: no pain against high pain, from single frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from painscope.networks import Checkpoint
from painscope.recording import Recording
from painscope.training.network import train_network
from painscope.training.question import ask

__all__ = ["PUBLISHED", "train_source"]

#: What the published source network reached on held-out people of BioVid Part A, frame by
#: frame (Prajod et al., Faces of Experimental Pain, 2024); beside a card's metrics.
PUBLISHED = {"accuracy": 0.70, "f1": 0.69}


def train_source(
    crops: Path | str,
    recordings: Sequence[Recording],
    *,
    dataset: str,
    out: Path | str,
    classes: tuple[str, ...] = ("no-pain", "high-pain"),
    start: Checkpoint | Path | str | None = None,
    width: float | None = None,
    input_size: int | None = None,
    window_s: tuple[float, float] = (2.0, 5.0),
    frame_step: int = 5,
    max_epochs: int = 30,
    patience: int = 5,
    batch_size: int = 64,
    learning_rate: float | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    devices: int = 1,
    num_nodes: int = 1,
    strategy: str = "auto",
    licence: str = "",
    citation: str = "",
    progress: Callable[[int, int], None] | None = None,
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
        Its name, under which the card lists the people.
    out : path-like
        Folder for ``source.safetensors``, ``history.json`` and what resuming needs. A
        finished training with the same settings is read back, a killed one continued.
    classes : tuple of str
        From no pain to pain.
    start : Checkpoint or path-like, optional
        Weights to begin with; None begins from scratch.
    width : float, optional
        Share of VGG16's channels; by default that of `start`, or 1.
    input_size : int, optional
        Side of the network's input; by default that of `start`, or 224.
    window_s : (float, float)
        Seconds of each recording whose frames are used; of BioVid's 5.5 s, 2 to 5 s.
    frame_step : int
        Use the frames whose number is a multiple of it: neighbours hardly differ.
    max_epochs, patience, batch_size
        See `painscope.training.fit`.
    learning_rate : float, optional
        Peak of the one-cycle schedule; by default 1e-3 from scratch, 1e-4 from `start`.
    seed : int
        Of the split, the weights, the order and the augmentation.
    device, precision : str
        See `painscope.networks.pick_device` and `pick_precision`.
    devices, num_nodes, strategy
        Processes on each node, nodes, and Lightning's strategy: see `painscope.training.fit`.
    licence, citation : str
        Of the data, for the card.
    progress : callable, optional
        Called with the steps done and to do.

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
    return train_network(
        question,
        out=out,
        start=start,
        width=width,
        input_size=input_size,
        max_epochs=max_epochs,
        patience=patience,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
        precision=precision,
        devices=devices,
        num_nodes=num_nodes,
        strategy=strategy,
        licence=licence,
        citation=citation,
        progress=progress,
    )
