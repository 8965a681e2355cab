"""Stages of fine-tuning: which part of a network may move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from painscope.errors import UsageError, did_you_mean
from painscope.networks import VGG16GAP, Checkpoint

if TYPE_CHECKING:
    from painscope.training.question import Question

__all__ = ["STAGES", "fine_tune", "freeze"]

#: Stage -> beginnings of the names of the parameters that move, from the least to all. Which
#: stages the forgotten-action-units study used is not published in detail (Prajod et al.,
#: arXiv 2104.07389: "successively larger parts"); these are a choice.
STAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fc": ("dense.", "head."),
        "block5": ("trunk.conv5_", "dense.", "head."),
        "block4": ("trunk.conv4_", "trunk.conv5_", "dense.", "head."),
        "all": ("trunk.", "dense.", "head."),
    }
)


def freeze(network: VGG16GAP, stage: str) -> None:
    """Let only the parameters of a stage require a gradient; all others stay as they are.

    Raises
    ------
    UsageError
        If there is no such stage.
    """
    _check(stage)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(STAGES[stage]))


def fine_tune(
    question: Question,
    start: Checkpoint | Path | str,
    *,
    out: Path | str,
    stages: Sequence[str] = tuple(STAGES),
    **settings: Any,
) -> dict[str, Checkpoint]:
    """Fine-tune a network in stages, each beginning anew from the same weights.

    Parameters
    ----------
    question : Question
        What to learn, such as pain.
    start : Checkpoint or path-like
        The network to begin from, such as one that knows emotions.
    out : path-like
        Each stage's network goes to ``out/<stage>``, with its card: ``parent`` is the digest
        of `start`, ``settings`` name the stage.
    stages : sequence of str
        Of `STAGES`.
    **settings
        As of `painscope.training.train_network`.

    Returns
    -------
    dict of str to Checkpoint
        By stage, in the order given.

    Raises
    ------
    UsageError
        If there is no such stage; before anything is trained.
    LeakageError
        If `start` has seen a held-out person.
    """
    from painscope.training.network import train_network

    for stage in stages:
        _check(stage)
    return {
        stage: train_network(question, out=Path(out) / stage, start=start, stage=stage, **settings)
        for stage in stages
    }


def _check(stage: str) -> None:
    if stage not in STAGES:
        raise UsageError(f"there is no stage {stage!r}", hint=did_you_mean(stage, STAGES))
