"""MatConvNet's files, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.networks.backbone_files import tiny, write_mat

from painscope.errors import CheckpointError
from painscope.networks import (
    load_backbone,
    random_backbone,
)


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
