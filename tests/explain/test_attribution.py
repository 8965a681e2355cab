from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam

from painscope.errors import UsageError
from painscope.explain import METHODS, Explainer
from painscope.networks import prepare, random_checkpoint

CHECKPOINT = random_checkpoint(width=0.1, input_size=32)
CROPS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_finite_map_per_picture(method: str):
    found = Explainer(CHECKPOINT, method=method).explain(CROPS)
    assert found.maps.shape == (3, 32, 32)
    assert found.maps.dtype == np.float32
    assert np.isfinite(found.maps).all()
    assert np.abs(found.maps).max() > 0


def test_no_pain_is_the_opposite_of_pain():
    pain, none = (Explainer(CHECKPOINT, label=k).explain(CROPS) for k in ("high-pain", "no-pain"))
    np.testing.assert_allclose(pain.score, -none.score, atol=1e-5)


def test_comparisons_are_captums_own():
    explainer = Explainer(CHECKPOINT, method="integrated-gradients")
    images = prepare(torch.from_numpy(CROPS), CHECKPOINT.card.preprocessing)
    black = prepare(torch.zeros(1, 32, 32, 3, dtype=torch.uint8), CHECKPOINT.card.preprocessing)
    expected = IntegratedGradients(explainer.chain).attribute(images, black, n_steps=32, target=0)
    found = explainer.explain(CROPS)
    np.testing.assert_allclose(found.maps, expected.sum(1).detach(), rtol=1e-3, atol=1e-6)

    layer = explainer.chain.get_submodule("relu5_3")
    images = images.clone().requires_grad_()
    coarse = LayerGradCam(explainer.chain, layer).attribute(images, 0, relu_attributions=True)
    expected = LayerAttribution.interpolate(coarse.detach(), (32, 32), "bilinear")[:, 0]
    found = Explainer(CHECKPOINT, method="grad-cam").explain(CROPS)
    np.testing.assert_allclose(found.maps, expected, rtol=1e-4, atol=1e-7)


def test_unknown_classes_and_methods_are_named():
    with pytest.raises(UsageError, match="no class 'anger'"):
        Explainer(CHECKPOINT, label="anger")
    with pytest.raises(UsageError, match="unknown method 'saliency'"):
        Explainer(CHECKPOINT, method="saliency")
