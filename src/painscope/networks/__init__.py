"""Backbones, and checkpoints that know what they were trained on."""

from painscope.networks.backbone import Backbone, load_backbone, random_backbone
from painscope.networks.card import Card, Preprocessing, prepare
from painscope.networks.classic import ARCHITECTURES, Architecture, ClassicNetwork
from painscope.networks.device import (
    Precision,
    autocast,
    pick_device,
    pick_precision,
    precision_facts,
)
from painscope.networks.engine import ENGINES, Engine, Reading, TorchEngine, make_engine
from painscope.networks.foreign import read_tensors
from painscope.networks.parameters import weights_sha256
from painscope.networks.vgg import VGG16GAP, fold_batch_norm
from painscope.networks.weights import (
    Checkpoint,
    load_checkpoint,
    random_checkpoint,
    save_checkpoint,
)

__all__ = [
    "ARCHITECTURES",
    "ENGINES",
    "VGG16GAP",
    "Architecture",
    "Backbone",
    "Card",
    "Checkpoint",
    "ClassicNetwork",
    "Engine",
    "Precision",
    "Preprocessing",
    "Reading",
    "TorchEngine",
    "autocast",
    "fold_batch_norm",
    "load_backbone",
    "load_checkpoint",
    "make_engine",
    "pick_device",
    "pick_precision",
    "precision_facts",
    "prepare",
    "random_backbone",
    "random_checkpoint",
    "read_tensors",
    "save_checkpoint",
    "weights_sha256",
]
