"""What every extractor must keep to, and what each gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.features.crops import RECORDING, crop_batch

from painscope.errors import UsageError
from painscope.features import (
    EXTRACTORS,
    FAMILIES,
    Extractor,
    make_extractor,
)
from painscope.networks import (
    ARCHITECTURES,
    random_backbone,
    random_checkpoint,
)
from painscope.recording import Recording


def timm_model() -> str:
    """The name of a small network of timm; skips the test where timm cannot be imported."""
    try:
        import timm  # noqa: F401
    except (ImportError, RuntimeError) as error:
        # RuntimeError: timm imports torchvision, whose wheels from the package index fit torch's
        # CUDA builds only; beside a CPU build it stops with a missing operator.
        pytest.skip(f"timm cannot be imported: {error}")
    return "test_vit"


#: How to build each extractor; a new one needs a line here.
BUILD: dict[str, Callable[[], Extractor]] = {
    "vgg16-gap": lambda: make_extractor(
        "vgg16-gap", checkpoint=random_checkpoint(width=1 / 16, input_size=32)
    ),
    **{name: lambda name=name: make_extractor(name) for name in (*FAMILIES, "handcrafted")},
    **{
        name: lambda name=name: make_extractor(
            name, weights=random_backbone(ARCHITECTURES[name].scaled(1 / 32))
        )
        for name in ARCHITECTURES
    },
    "timm": lambda: make_extractor("timm", model=timm_model(), weights="random"),
    "true-action-units": lambda: make_extractor("true-action-units"),
}


@pytest.fixture(params=sorted(EXTRACTORS))
def extractor(request: pytest.FixtureRequest) -> Extractor:
    return BUILD[request.param]()


@pytest.fixture
def recording(virtual_truth: Callable[..., Path]) -> Recording:
    return replace(RECORDING, video=virtual_truth("a") / "video/a.mp4")


def test_contract(extractor: Extractor, recording: Recording) -> None:
    assert isinstance(extractor, Extractor)
    assert EXTRACTORS[extractor.name] is type(extractor)
    assert len(set(extractor.names)) == len(extractor.names) > 0
    assert not {"time_s", "found"} & set(extractor.names)
    assert json.loads(json.dumps(extractor.provenance)) == extractor.provenance
    assert extractor.provenance["name"] == extractor.name

    n = 5 + 2 * extractor.reach
    batch = crop_batch(n, extractor.crop_size or 0)
    crops = batch.crops.copy()
    values = extractor.extract(batch, recording)
    assert values.shape == (n, len(extractor.names))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    # Of those that look at neighbours, the first frame may have what the second has.
    different = len(np.unique(values, axis=0))
    assert different >= n - (extractor.reach > 0), "different faces, different features"
    np.testing.assert_array_equal(batch.crops, crops)
    np.testing.assert_array_equal(extractor.extract(batch, recording), values)


def test_neighbours_within_reach_are_all_that_counts(
    extractor: Extractor, recording: Recording
) -> None:
    reach = extractor.reach
    batch = crop_batch(8 + 4 * reach, extractor.crop_size or 0)
    whole = extractor.extract(batch, recording)
    part = extractor.extract(batch[reach : len(batch) - reach], recording)
    inner = slice(2 * reach, len(batch) - 2 * reach)
    np.testing.assert_array_equal(part[reach : len(part) - reach], whole[inner])


def test_unknown_names_and_settings() -> None:
    with pytest.raises(UsageError, match="There are: vgg16-gap"):
        make_extractor("vgg19")
    with pytest.raises(UsageError, match="checkpoint"):
        make_extractor("vgg16-gap")
