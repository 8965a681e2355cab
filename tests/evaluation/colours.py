"""Pictures of three colours, and networks that look at them."""

from __future__ import annotations

from painscope.networks import Checkpoint, random_checkpoint

COLOURS = {"calm": (200, 60, 60), "glad": (60, 200, 60), "sad": (60, 60, 200)}
CLASSES = tuple(COLOURS)


def network(**settings) -> Checkpoint:
    return random_checkpoint(width=1 / 16, input_size=32, **({"classes": CLASSES} | settings))


def seen(checkpoint: Checkpoint, field: str, **people: tuple[str, ...]) -> Checkpoint:
    return Checkpoint(checkpoint.network, checkpoint.card.model_copy(update={field: people}))
