"""Weights of others' networks, from files of any kind."""

from __future__ import annotations

from pathlib import Path

import pytest
import scipy.io
import torch
from tests.networks.backbone_files import Write, tiny, write_mat, write_named, write_placed

from painscope.errors import CheckpointError
from painscope.networks import (
    ARCHITECTURES,
    load_backbone,
    random_backbone,
)


@pytest.mark.parametrize("name", list(ARCHITECTURES))
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
