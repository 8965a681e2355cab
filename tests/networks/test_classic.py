"""CNN-F, CNN-M, CNN-S and VGG-Face: shapes and counts of the papers, sums by numpy, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
from safetensors.torch import save_file
from torch import nn

from painscope.errors import CheckpointError, UsageError
from painscope.networks import (
    ARCHITECTURES,
    Architecture,
    Backbone,
    ClassicNetwork,
    load_backbone,
    random_backbone,
)

#: Of the papers' tables: weights with fc8, and the side of the maps after each layer.
COUNTS = {
    "vgg-face": 145_002_878,
    "cnn-f": 60_834_536,
    "cnn-m": 102_908_520,
    "cnn-s": 102_908_520,
}
SIDES = {
    "cnn-f": {"conv1": 54, "pool1": 27, "conv2": 27, "pool2": 13, "conv5": 13, "pool5": 6},
    "cnn-m": {"conv1": 109, "pool1": 54, "conv2": 26, "pool2": 13, "conv5": 13, "pool5": 6},
    "cnn-s": {"conv1": 109, "pool1": 37, "conv2": 33, "pool2": 17, "conv5": 17, "pool5": 6},
    "vgg-face": {"conv1_2": 224, "pool1": 112, "conv3_3": 56, "conv5_3": 14, "pool5": 7},
}
every = pytest.mark.parametrize("name", list(ARCHITECTURES))


def tiny(name: str) -> Architecture:
    return ARCHITECTURES[name].scaled(1 / 32)


@every
def test_parameters_and_sides_are_the_paper_s(name: str) -> None:
    with torch.device("meta"):  # shapes without the numbers
        network = ClassicNetwork(ARCHITECTURES[name])
        assert sum(each.numel() for each in network.parameters()) == COUNTS[name]
        maps, sides = torch.zeros(1, 3, 224, 224), {}
        for layer, module in network.trunk.named_children():
            maps = module(maps)
            sides[layer] = maps.shape[2]
    for layer, side in SIDES[name].items():
        assert sides[layer] == side, layer
    assert network.width("fc6") == network.width("fc7") == 4096
    assert network.width("pool5") == (256 if name == "cnn-f" else 512)


@every
def test_every_layer_can_be_had(name: str) -> None:
    backbone = random_backbone(tiny(name))
    images = torch.rand(2, 3, 224, 224)
    with torch.no_grad():
        for layer in backbone.network.layers:
            values = backbone.network.activations(images, layer)
            assert values.shape == (2, backbone.network.width(layer)), layer
            assert (values >= 0).all() or layer.startswith("norm"), layer
    with pytest.raises(UsageError, match="has no layer 'fc9'"):
        backbone.network.activations(images, "fc9")


def test_a_small_cnn_s_by_numpy() -> None:
    """Convolution, normalisation over channels, pooling over the edge, dense layers."""
    torch.manual_seed(0)
    network = random_backbone(ARCHITECTURES["cnn-s"].scaled(1 / 48)).network
    image = np.random.default_rng(0).uniform(-100, 100, size=(3, 224, 224))
    maps = image
    for layer in network.architecture.layers:
        if layer.name.startswith("pool"):
            maps = _pool(maps, layer.kernel, layer.stride)
            continue
        module = network.trunk.get_submodule(layer.name)
        maps = np.maximum(_convolve(maps, module, layer.stride, layer.pad), 0)
        if layer.normalise:
            maps = _normalise(maps)
    values = maps.reshape(-1)
    for name in ("fc6", "fc7"):
        dense = network.dense.get_submodule(name)
        weight, bias = (each.detach().double().numpy() for each in dense.parameters())
        values = np.maximum(weight @ values + bias, 0)
    with torch.no_grad():
        ours = network.double().activations(torch.from_numpy(image)[None], "fc7")[0].numpy()
    np.testing.assert_allclose(ours, values, rtol=1e-9)
    assert (values > 0).any()


def _convolve(maps: np.ndarray, module: nn.Module, stride: int, pad: int) -> np.ndarray:
    weight, bias = (each.detach().double().numpy() for each in module.parameters())
    padded = np.pad(maps, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("cyxij,ocij->oyx", windows, weight, optimize=True) + bias[:, None, None]


def _normalise(maps: np.ndarray) -> np.ndarray:
    """As MatConvNet writes it: depth 5, kappa 2, alpha 1e-4 per element, beta 0.75."""
    square = np.pad(maps**2, ((2, 2), (0, 0), (0, 0)))
    total = sum(square[k : k + len(maps)] for k in range(5))
    return maps / (2 + 1e-4 * total) ** 0.75


def _pool(maps: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    count = -(-(maps.shape[1] - kernel) // stride) + 1
    return np.stack(
        [
            [
                maps[:, y * stride : y * stride + kernel, x * stride : x * stride + kernel].max(
                    axis=(1, 2)
                )
                for x in range(count)
            ]
            for y in range(count)
        ]
    ).transpose(2, 0, 1)


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


@every
@pytest.mark.parametrize(
    "write",
    [write_mat, lambda path, one: write_mat(path, one, old=True), write_named, write_placed],
    ids=["mat", "old mat", "named", "placed"],
)
def test_weights_come_back_whatever_the_file(name: str, write: Write, tmp_path: Path) -> None:
    saved = random_backbone(tiny(name), seed=3)
    loaded = load_backbone(write(tmp_path / "net.mat", saved), tiny(name))
    assert loaded.sha256 == saved.sha256
    image = torch.rand(1, 3, 224, 224) * 255
    with torch.no_grad():
        for layer in ("fc6", "fc7", "conv5_3" if name == "vgg-face" else "conv5"):
            torch.testing.assert_close(
                loaded.network.activations(image, layer), saved.network.activations(image, layer)
            )


def test_preparation_follows_the_file(tmp_path: Path) -> None:
    saved = random_backbone(tiny("cnn-m"))
    mat = load_backbone(write_mat(tmp_path / "m.mat", saved), tiny("cnn-m"))
    assert mat.preprocessing.mean == pytest.approx((120, 110, 100))
    assert mat.preprocessing.channels == "rgb"
    placed = load_backbone(write_placed(tmp_path / "p", saved), tiny("cnn-m"))
    assert placed.preprocessing.channels == "bgr"
    assert placed.preprocessing.mean == pytest.approx((103.939, 116.779, 123.68))
    face = random_backbone(tiny("vgg-face"))
    named = load_backbone(write_named(tmp_path / "n", face), tiny("vgg-face"))
    assert named.preprocessing.mean == pytest.approx((129.1863, 104.7624, 93.5940))


def test_a_file_s_own_padding_is_followed(tmp_path: Path) -> None:
    """The paper's table gives CNN-S's second convolution a padding of 1."""
    saved = random_backbone(tiny("cnn-s"))
    path = write_mat(tmp_path / "s.mat", saved, conv2={"pad": 1.0})
    loaded = load_backbone(path, tiny("cnn-s"))
    assert loaded.network.trunk.conv2.padding == (1, 1)
    assert loaded.network.activations(torch.rand(1, 3, 224, 224), "fc7").shape == (1, 128)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"conv2": {"stride": 3.0}}, "conv2 has stride 3, not 2"),
        ({"pool1": {"pool": 2.0}}, "pool1 has a window of 2, not 3"),
        ({"pool5": {"method": "avg"}}, "pool5 has the method avg, not max"),
        ({"norm1": {"param": [5, 1, 1e-4, 0.75]}}, "norm1 has"),
        ({"norm2": {"gone": True}}, "it normalises in norm1, not norm1, norm2"),
        ({"conv4": {"gone": True}}, "no layer conv4 in it"),
        ({"conv3": {"type": "relu"}}, "conv3 has the kind relu, not conv"),
        ({"conv3": {"weights": "none"}}, "conv3 has no filters"),
    ],
)
def test_another_architecture_is_named_by_its_first_layer(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = write_mat(tmp_path / "m.mat", random_backbone(tiny("cnn-m")), **changes)
    with pytest.raises(CheckpointError, match=said) as caught:
        load_backbone(path, tiny("cnn-m"))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_one_network_s_file_is_not_another_s(tmp_path: Path) -> None:
    for write in (write_mat, write_named, write_placed):
        path = write(tmp_path / "m.mat", random_backbone(tiny("cnn-m")))
        for name in ("cnn-f", "cnn-s", "vgg-face"):
            if name == "cnn-s" and write is not write_mat:
                continue  # of the same shapes; a torch file does not tell strides
            with pytest.raises(CheckpointError, match=f"not {ARCHITECTURES[name].title}"):
                load_backbone(path, tiny(name))


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file", b"\x80\x04K\x01." * 40])
def test_a_damaged_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.mat"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"net\.mat") as caught:
        load_backbone(path, tiny("cnn-f"))
    assert "\n" not in str(caught.value)


def test_files_that_hold_no_network(tmp_path: Path) -> None:
    path = tmp_path / "net.mat"
    scipy.io.savemat(path, {"x": [1, 2]})
    with pytest.raises(CheckpointError, match="no network of MatConvNet"):
        load_backbone(path, tiny("cnn-f"))
    with pytest.raises(CheckpointError, match="no such file"):
        load_backbone(tmp_path / "none.mat", tiny("cnn-f"))
    torch.save({"weight": torch.zeros(2)}, tmp_path / "x.pth")
    with pytest.raises(CheckpointError, match="no layer of it among its keys"):
        load_backbone(tmp_path / "x.pth", tiny("cnn-f"))
