"""Small backbones, and the files in which others' networks lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import torch
from safetensors.torch import save_file
from torch import nn

from painscope.networks import (
    ARCHITECTURES,
    Architecture,
    Backbone,
)


def tiny(name: str) -> Architecture:
    return ARCHITECTURES[name].scaled(1 / 32)


Write = Callable[[Path, Backbone], Path]


def write_mat(path: Path, backbone: Backbone, *, old: bool = False, **changes: Any) -> Path:
    """Write what MatConvNet writes: a cell of layers; `changes` are fields of one layer."""
    network, layers = backbone.network, []
    for layer in network.architecture.layers:
        if layer.name.startswith("pool"):
            fields = {
                "type": "pool", "pool": [float(layer.kernel)] * 2, "stride": float(layer.stride),
                "pad": [0.0, 1.0, 0.0, 1.0], "method": "max",
            }  # fmt: skip
            layers.append({"name": layer.name, **fields})
            continue
        module = network.trunk.get_submodule(layer.name)
        layers.append(_mat_layer(layer.name, module, old, float(layer.stride), layer.pad))
        layers.append({"name": layer.name.replace("conv", "relu"), "type": "relu"})
        if layer.normalise:
            name = layer.name.replace("conv", "norm")
            kind = "normalize" if old else "lrn"
            layers.append({"name": name, "type": kind, "param": [5, 2, 1e-4, 0.75]})
    side = 7 if network.architecture.name == "vgg-face" else 6
    for name, module in network.dense.named_children():
        layers.append(_mat_layer(name, module, old, 1.0, 0, side if name == "fc6" else 1))
    for layer in layers:
        layer.update(changes.get(layer["name"], {}))
    layers = [layer for layer in layers if not layer.get("gone")]
    cell = np.empty(len(layers), object)
    cell[:] = layers
    mean = np.tile(np.array([120.0, 110.0, 100.0]), (4, 4, 1))
    told = {"normalization": {"averageImage": mean}}
    scipy.io.savemat(path, {"layers": cell, **(told if old else {"meta": told})})
    return path


def _mat_layer(
    name: str, module: nn.Module, old: bool, stride: float, pad: int, side: int | None = None
) -> dict[str, Any]:
    weight, bias = (each.detach().numpy() for each in module.parameters())
    if side is not None:
        weight = weight.reshape(len(weight), -1, side, side)
    filters = weight.transpose(2, 3, 1, 0)
    cell = np.empty(2, object)
    cell[:] = [filters, bias]
    held = {"filters": filters, "biases": bias} if old else {"weights": cell}
    return {"name": name, "type": "conv", "stride": stride, "pad": [float(pad)] * 4, **held}


def write_named(path: Path, backbone: Backbone) -> Path:
    """As conversions of MatConvNet's release to torch call their keys."""
    state = {k.split(".", 1)[1]: v for k, v in backbone.network.state_dict().items()}
    save_file(state, path.with_suffix(".safetensors"))
    return path.with_suffix(".safetensors")


def write_placed(path: Path, backbone: Backbone) -> Path:
    """As conversions of Caffe's release call their keys, dense layers as convolutions."""
    state, place = {}, 0
    for name, value in backbone.network.state_dict().items():
        part = "features" if name.startswith("trunk") else "classifier"
        state[f"{part}.{place}.{name.rsplit('.', 1)[1]}"] = value
        place += name.endswith("bias")
    key = next(key for key in state if key.startswith("classifier"))
    side = 7 if backbone.network.architecture.name == "vgg-face" else 6
    state[key] = state[key].reshape(len(state[key]), -1, side, side)
    torch.save({"state_dict": state}, path.with_suffix(".pth"))
    return path.with_suffix(".pth")
