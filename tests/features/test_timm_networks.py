"""Networks of timm: the same numbers as timm's own, from a file, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.features.crops import RECORDING, crop_batch
from tests.features.test_extractors import timm_model

from painscope.errors import CheckpointError, UsageError
from painscope.features import make_extractor


@pytest.fixture(scope="module")
def model() -> str:
    return timm_model()


@pytest.fixture
def weights(model: str, tmp_path: Path) -> Path:
    """A file of a whole network, its head included."""
    import timm

    torch.manual_seed(3)
    path = tmp_path / "weights.safetensors"
    save_file(timm.create_model(model, pretrained=False).state_dict(), path)
    return path


def test_features_are_timms_own_on_prepared_crops(model: str, weights: Path) -> None:
    import timm
    from safetensors.torch import load_file

    extractor = make_extractor("timm", model=model, weights=weights, precision="fp32")
    batch = crop_batch(2, extractor.crop_size or 0)
    own = timm.create_model(model, pretrained=False).eval()
    own.load_state_dict(load_file(weights))
    config = timm.data.resolve_data_config(model=own)
    images = torch.from_numpy(batch.crops).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(config[key])[:, None, None] for key in ("mean", "std"))
    with torch.no_grad():
        expected = own.forward_head(own.forward_features((images - mean) / std), pre_logits=True)
    np.testing.assert_allclose(extractor.extract(batch, RECORDING), expected, atol=1e-5)
    assert len(extractor.names) == expected.shape[1]


def test_provenance_follows_model_and_weights(model: str, weights: Path) -> None:
    from_file = make_extractor("timm", model=model, weights=weights).provenance
    random = make_extractor("timm", model=model, weights="random").provenance
    assert from_file["weights_sha256"] != random["weights_sha256"]
    assert random["weights"] == "random weights, seed 0"
    assert random == make_extractor("timm", model=model, weights="random").provenance


def test_wrong_files_and_names(model: str, weights: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"layer.weight": torch.zeros(2)}, other)
    with pytest.raises(CheckpointError, match=f"not {model}: no "):
        make_extractor("timm", model=model, weights=other)
    with pytest.raises(CheckpointError, match="not resnet18: "):
        make_extractor("timm", model="resnet18", weights=weights)
    with pytest.raises(CheckpointError, match="no such file"):
        make_extractor("timm", model=model, weights=tmp_path / "none.safetensors")
    with pytest.raises(UsageError, match="Unknown model"):
        make_extractor("timm", model="no-such-network", weights="random")
    with pytest.raises(UsageError, match="the word random"):
        make_extractor("timm", model=model)
