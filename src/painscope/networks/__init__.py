"""Backbones, and checkpoints that know what they were trained on."""

from painscope.networks.card import Card, Preprocessing, prepare
from painscope.networks.device import Precision, autocast, pick_device, pick_precision
from painscope.networks.vgg import VGG16GAP, fold_batch_norm
from painscope.networks.weights import (
    Checkpoint,
    load_checkpoint,
    random_checkpoint,
    save_checkpoint,
)

__all__ = [
    "VGG16GAP",
    "Card",
    "Checkpoint",
    "Precision",
    "Preprocessing",
    "autocast",
    "fold_batch_norm",
    "load_checkpoint",
    "pick_device",
    "pick_precision",
    "prepare",
    "random_checkpoint",
    "save_checkpoint",
]
