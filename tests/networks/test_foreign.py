from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from painscope.errors import CheckpointError
from painscope.networks import VGG16GAP, load_checkpoint

TORCHVISION = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


@pytest.fixture(scope="module")
def convolutions() -> dict[str, Tensor]:
    """The weights of the thirteen convolutions: 'conv1_1.weight' and so on."""
    return {k: v.contiguous() for k, v in VGG16GAP().trunk.state_dict().items()}


def torchvision_keys(convolutions: dict[str, Tensor]) -> dict[str, Tensor]:
    names = sorted({key.split(".")[0] for key in convolutions})
    place = dict(zip(names, TORCHVISION, strict=True))
    renamed = {
        f"features.{place[key.split('.')[0]]}.{key.split('.')[1]}": value
        for key, value in convolutions.items()
    }
    return renamed | {"classifier.0.bias": torch.zeros(7)}


def torch7_keys(convolutions: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"features.{k.replace('conv', 'conv_')}": v for k, v in convolutions.items()}


def matconvnet_keys(convolutions: dict[str, Tensor]) -> dict[str, Tensor]:
    return dict(convolutions) | {"fc6.bias": torch.zeros(7)}


def keras_layout(name: str, value: Tensor) -> tuple[str, Tensor]:
    layer, role = name.split(".")
    if role == "weight":
        return f"{layer}/kernel:0", value.permute(2, 3, 1, 0).contiguous()
    return f"{layer}/bias:0", value


def keras_face_keys(convolutions: dict[str, Tensor]) -> dict[str, Tensor]:
    return dict(keras_layout(k, v) for k, v in convolutions.items())


def keras_keys(convolutions: dict[str, Tensor]) -> dict[str, Tensor]:
    pairs = (keras_layout(k, v) for k, v in convolutions.items())
    return {f"block{k[4]}_conv{k[6]}/block{k[4]}_conv{k[6]}{k[7:]}": v for k, v in pairs}


FAMILIES = [
    (torchvision_keys, "torchvision", "rgb", 0.485),
    (matconvnet_keys, "MatConvNet", "rgb", 129.1863),
    (torch7_keys, "Torch7", "bgr", 93.594),
    (keras_face_keys, "VGG-Face (Keras)", "bgr", 93.594),
    (keras_keys, "Keras VGG16", "bgr", 103.939),
]


@pytest.mark.parametrize(("rename", "title", "channels", "mean"), FAMILIES)
def test_each_family_is_recognised_by_its_keys(
    tmp_path: Path,
    convolutions: dict[str, Tensor],
    rename: Callable[[dict[str, Tensor]], dict[str, Tensor]],
    title: str,
    channels: str,
    mean: float,
) -> None:
    safetensors.torch.save_file(rename(convolutions), tmp_path / "x.safetensors")
    network, card = load_checkpoint(tmp_path / "x.safetensors")
    for key, value in convolutions.items():
        assert torch.equal(network.trunk.state_dict()[key], value), key
    assert title in card.title
    assert card.preprocessing.channels == channels
    assert card.preprocessing.mean[0] == mean
    assert card.untrained == ("dense", "head")
    assert card.licence
    assert card.citation


def test_a_pickled_state_dict_in_a_wrapper(tmp_path: Path, convolutions: dict[str, Tensor]) -> None:
    state = {f"module.{k}": v for k, v in torchvision_keys(convolutions).items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "x.pth")
    first, second = load_checkpoint(tmp_path / "x.pth"), load_checkpoint(tmp_path / "x.pth")
    assert torch.equal(
        first.network.trunk.state_dict()["conv5_3.weight"], convolutions["conv5_3.weight"]
    )
    assert first.sha256 == second.sha256, "the untrained layers are drawn from a fixed seed"


def test_vgg19_and_batch_normalised_vgg16_are_refused(
    tmp_path: Path, convolutions: dict[str, Tensor]
) -> None:
    state = torchvision_keys(convolutions)
    state["features.16.weight"] = torch.zeros(256, 256, 3, 3)
    safetensors.torch.save_file(state, tmp_path / "vgg19.safetensors")
    with pytest.raises(CheckpointError, match=r"VGG16 has no layer features\.16\.weight"):
        load_checkpoint(tmp_path / "vgg19.safetensors")


def test_wrong_and_missing_convolutions(tmp_path: Path, convolutions: dict[str, Tensor]) -> None:
    wrong = torch7_keys(convolutions)
    wrong["features.conv_4_1.weight"] = torch.zeros(512, 512, 3, 3)
    safetensors.torch.save_file(wrong, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "x.safetensors")
    for part in ("x.safetensors", "conv4_1.weight", "(512, 512, 3, 3)", "(512, 256, 3, 3)"):
        assert part in str(caught.value)


def test_a_partial_foreign_file_is_refused(tmp_path: Path, convolutions: dict[str, Tensor]) -> None:
    part = torch7_keys(convolutions)
    del part["features.conv_5_3.weight"]
    safetensors.torch.save_file(part, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match=r"no .*conv5_3\.weight"):
        load_checkpoint(tmp_path / "x.safetensors")


def test_another_network_altogether(tmp_path: Path) -> None:
    torch.save({"layer1.0.conv1.weight": torch.zeros(2)}, tmp_path / "resnet.pth")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "resnet.pth")
    assert "layer1.0.conv1.weight" in str(caught.value)
    assert "VGG-Face" in str(caught.value)


def test_hdf5_without_h5py_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "x.h5").write_bytes(b"\x89HDF")
    with pytest.raises(CheckpointError, match=r'pip install "painscope\[keras\]"'):
        load_checkpoint(tmp_path / "x.h5")


def test_a_broken_hdf5_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"\x89HDF")
    with pytest.raises(CheckpointError, match=r"x\.h5"):
        load_checkpoint(tmp_path / "x.h5")


def test_hdf5_with_h5py(tmp_path: Path, convolutions: dict[str, Tensor]) -> None:
    import h5py

    with h5py.File(tmp_path / "x.h5", "w") as file:
        for key, value in keras_keys(convolutions).items():
            file[key] = value.numpy()
    network, card = load_checkpoint(tmp_path / "x.h5")
    assert card.title.startswith("Keras VGG16")
    assert torch.equal(network.trunk.state_dict()["conv1_1.weight"], convolutions["conv1_1.weight"])
