from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from painscope.errors import UsageError
from painscope.explain import (
    Curves,
    as_chain,
    cascading_randomisation,
    deletion,
    insertion,
    relevance,
)
from painscope.networks import random_checkpoint

CHAIN = as_chain(random_checkpoint(width=0.1, input_size=32).network, 1)
IMAGES = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


class Corner(nn.Module):
    """Its score is what stands in one corner."""

    def forward(self, images):
        return images[:, :, :8, :8].mean(dim=(1, 2, 3))[:, None]


def advantage(curves: Curves) -> np.ndarray:
    """Return how far random orders' mean lies above the map's, mean over the shares [B]."""
    return (curves.random.mean(axis=0) - curves.score).mean(axis=1)


def test_relevance_follows_the_weights_and_an_edge_detector_does_not():
    before = {name: value.clone() for name, value in CHAIN.state_dict().items()}
    table = cascading_randomisation(CHAIN, IMAGES, lambda c, x: relevance(c, x).maps)
    assert list(dict.fromkeys(table["layer"]))[:3] == ["head", "dense", "conv5_3"]
    assert len(table) == 2 * 15
    assert table[table["layer"] == "conv1_1"]["correlation"].abs().max() < 0.8
    edges = cascading_randomisation(CHAIN, IMAGES, lambda c, x: x.abs().sum(1).numpy())
    np.testing.assert_allclose(edges["correlation"], 1)
    assert all(torch.equal(before[k], v) for k, v in CHAIN.state_dict().items())


def test_a_true_map_beats_random_orders_both_ways():
    images = torch.ones(2, 3, 32, 32)
    maps = np.zeros((2, 32, 32))
    maps[:, :8, :8] = 1
    black = torch.zeros(1, 3, 32, 32)
    gone = deletion(Corner(), images, maps, black)
    come = insertion(Corner(), images, maps, black)
    assert gone.score[0, 0] == 1
    assert gone.score[0, 1] == 0
    assert come.score[0, 1] == 1
    assert gone.random.shape == (5, 2, 17)
    assert (advantage(gone) > 0.1).all()
    assert (advantage(come) < -0.1).all()
    wrong = deletion(Corner(), images, -maps, black)
    assert (advantage(wrong) < 0).all()


def test_squares_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="do not fit"):
        deletion(Corner(), IMAGES, np.zeros((2, 32, 32)), IMAGES, patch=64)
