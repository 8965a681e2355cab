"""Backbones: the classic networks with weights that people have, read safely and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from painscope.errors import CheckpointError
from painscope.networks.card import Preprocessing, around
from painscope.networks.classic import Architecture, ClassicNetwork
from painscope.networks.foreign import FAMILIES, read_tensors
from painscope.networks.matconvnet import read_matconvnet
from painscope.networks.parameters import draw_weights, weights_sha256

__all__ = ["Backbone", "load_backbone", "random_backbone"]


@dataclass(frozen=True)
class Backbone:
    """A classic network with weights.

    Attributes
    ----------
    network : ClassicNetwork
        In evaluation mode, on the CPU.
    preprocessing : Preprocessing
    sha256 : str
        Of the weights alone.
    origin : str
        ``"random weights, seed 0"``, or the kind of file they came from.
    """

    network: ClassicNetwork
    preprocessing: Preprocessing
    sha256: str
    origin: str


def random_backbone(architecture: Architecture, *, seed: int = 0) -> Backbone:
    """Return a network that was never trained: the control that trained ones must beat."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ClassicNetwork(architecture, classes=0)
        draw_weights(network)
    way = around(architecture.mean)
    return Backbone(network.eval(), way, weights_sha256(network), f"random weights, seed {seed}")


def load_backbone(path: Path | str, architecture: Architecture) -> Backbone:
    """Read weights: MatConvNet's ``.mat``, or ``.pth``, ``.pt``, ``.safetensors``.

    Of torch files the keys may be layers' names (``conv1.weight``, ``conv_1_1.weight``,
    ``fc6.weight``) or places (``features.0.weight``, ``classifier.0.weight``), as converters
    leave them; dense layers may have the shape of convolutions. Files with places of the
    CNNs are conversions of Caffe's release and take BGR, the others RGB as MatConvNet does;
    VGG-Face as in `painscope.networks.foreign`. fc8 may have any number of outputs, or be
    missing.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, carries code, or is of another architecture; it
        names the first layer that does not fit.
    """
    path = Path(path)
    if path.suffix == ".mat":
        found = read_matconvnet(path, architecture)
        architecture, tensors = found.architecture, found.tensors
        way, origin = around(found.mean or architecture.mean), "MatConvNet"
    else:
        content = read_tensors(path)
        tensors = _by_name(content, architecture, path)
        way, origin = _torch_way(content, architecture), "torch"
    outputs = len(tensors["fc8.weight"]) if "fc8.weight" in tensors else 0
    network = ClassicNetwork(architecture, classes=outputs)
    state = {}
    for name, wanted in network.state_dict().items():
        own = name.split(".", 1)[1]
        state[name] = _fitting(tensors, own, wanted, architecture, path)
    network.load_state_dict(state)
    return Backbone(network.eval(), way, weights_sha256(network), origin)


_NAMED = re.compile(r"(?:^|[./])(conv_?\d(?:_\d)?|fc\d)[./](weight|bias)$")
_PLACED = re.compile(r"(?:^|\.)(features|classif\w*)\.(\d+)\.(weight|bias)$")


def _by_name(
    content: Mapping[str, Tensor], architecture: Architecture, path: Path
) -> dict[str, Tensor]:
    """Return the tensors by layer: ``conv1_1.weight``, ``fc6.bias`` and so on."""
    named = {key: match for key in content if (match := _NAMED.search(key))}
    if named:
        return {
            f"{match[1].replace('conv_', 'conv')}.{match[2]}": content[key]
            for key, match in named.items()
        }
    placed = {key: match for key in content if (match := _PLACED.search(key))}
    if not placed:
        sample = next(iter(content), "nothing")
        raise CheckpointError(
            f"not {architecture.title}: no layer of it among its keys ({sample}, …)", path=path
        )
    order = sorted({(m[1] != "features", int(m[2])) for m in placed.values()})
    layers = [layer.name for layer in architecture.layers if layer.name.startswith("conv")]
    layers += ["fc6", "fc7", "fc8"]
    if len(order) not in (len(layers), len(layers) - 1):
        raise CheckpointError(
            f"not {architecture.title}: {len(order)} layers with weights, not {len(layers)}",
            path=path,
        )
    names = dict(zip(order, layers, strict=False))
    return {
        f"{names[match[1] != 'features', int(match[2])]}.{match[3]}": content[key]
        for key, match in placed.items()
    }


def _fitting(
    tensors: Mapping[str, Tensor], name: str, wanted: Tensor, architecture: Architecture, path: Path
) -> Tensor:
    shape = tuple(wanted.shape)
    if name not in tensors:
        raise CheckpointError(f"not {architecture.title}: no {name} {shape} in it", path=path)
    tensor = tensors[name].float()
    if name.startswith("fc") and tensor.ndim == 4:  # a dense layer written as a convolution
        tensor = tensor.flatten(1)
    if tuple(tensor.shape) != shape:
        raise CheckpointError(
            f"not {architecture.title}: {name} is {tuple(tensor.shape)}, not {shape}", path=path
        )
    return tensor.contiguous()


def _torch_way(content: Mapping[str, Tensor], architecture: Architecture) -> Preprocessing:
    if architecture.name == "vgg-face":
        for family in FAMILIES:
            if family.title.startswith("VGG-Face") and any(map(family.key.search, content)):
                return family.preprocessing
        return around(architecture.mean, "bgr")
    placed = any(_PLACED.search(key) for key in content)
    return around(architecture.mean, "bgr" if placed else "rgb")
