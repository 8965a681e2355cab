"""Features of the source network: its own numbers, on prepared crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.features.crops import RECORDING, crop_batch

from painscope.errors import CheckpointError, UsageError
from painscope.features import (
    VGGFeatures,
    make_extractor,
)
from painscope.networks import (
    random_checkpoint,
    save_checkpoint,
)


def test_deep_features_are_the_networks_on_prepared_crops() -> None:
    checkpoint = random_checkpoint(width=1 / 16, input_size=32, seed=4)
    extractor = VGGFeatures(checkpoint, precision="fp32")
    batch = crop_batch(3, 32)
    images = torch.from_numpy(batch.crops).permute(0, 3, 1, 2) / 255
    way = checkpoint.card.preprocessing
    with torch.no_grad():
        expected = checkpoint.network.features((images - way.mean[0]) / way.std[0])
    np.testing.assert_allclose(extractor.extract(batch, RECORDING), expected, atol=1e-5)
    assert (extractor.names[0], extractor.names[-1]) == ("f0000", "f1023")


def test_provenance_follows_weights_and_precision(tmp_path: Path) -> None:
    one, two = (random_checkpoint(width=1 / 16, input_size=32, seed=s) for s in (1, 2))
    fp32 = VGGFeatures(one, precision="fp32").provenance
    assert fp32["weights_sha256"] == one.sha256
    assert fp32["precision"] == "fp32"
    assert VGGFeatures(one, precision="bf16").provenance != fp32
    assert VGGFeatures(two, precision="fp32").provenance != fp32

    save_checkpoint(tmp_path / "one.safetensors", *one)
    from_file = make_extractor("vgg16-gap", checkpoint=tmp_path / "one.safetensors")
    assert from_file.provenance["weights_sha256"] == one.sha256


def test_bf16_is_close_to_fp32() -> None:
    checkpoint = random_checkpoint(width=1 / 16, input_size=32)
    full, half = (VGGFeatures(checkpoint, precision=p) for p in ("fp32", "bf16"))
    batch = crop_batch(4, 32)
    a, b = full.extract(batch, RECORDING), half.extract(batch, RECORDING)
    assert not np.array_equal(a, b)
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.999


def test_bad_settings(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        make_extractor("vgg16-gap", checkpoint=tmp_path / "x.safetensors")
    with pytest.raises(UsageError, match="device"):
        make_extractor("vgg16-gap", checkpoint=random_checkpoint(width=1 / 16), device="abacus")


def test_int8_and_calibration_belong_together() -> None:
    checkpoint = random_checkpoint(width=1 / 8, input_size=32)
    crops = np.zeros((2, 32, 32, 3), np.uint8)
    for settings in ({"precision": "int8"}, {"precision": "fp32", "calibration": crops}):
        with pytest.raises(UsageError, match="int8 needs crops to calibrate on"):
            VGGFeatures(checkpoint, **settings)
    with pytest.raises(UsageError, match="Use engine openvino"):
        VGGFeatures(checkpoint, precision="int8", calibration=crops, engine="torch")
    with pytest.raises(UsageError, match="There are: torch"):
        VGGFeatures(checkpoint, engine="steam")
