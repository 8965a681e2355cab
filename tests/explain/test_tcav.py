"""Directions of concepts in a toy network whose answers are known."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from painscope.errors import UsageError
from painscope.explain import Sensitivity, as_chain, layer_view, sensitivity, tcav_table
from painscope.networks import VGG16GAP

CONCEPTS = ("for", "against", "unseen")
SUBJECTS = [f"p{k // 8}" for k in range(64)]


@pytest.fixture(scope="module")
def network() -> nn.Sequential:
    """Filters copy the colours; red speaks for the class, green against it, blue for nothing."""
    convolution, head = nn.Conv2d(3, 3, 1), nn.Linear(3, 1)
    with torch.no_grad():
        convolution.weight.copy_(torch.eye(3)[..., None, None])
        convolution.bias.zero_()
        head.weight.copy_(torch.tensor([[2.0, -1.0, 0.0]]))
        head.bias.zero_()
    layers = {
        "conv": convolution, "relu": nn.ReLU(), "average": nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten(), "head": head,
    }  # fmt: skip
    return nn.Sequential(OrderedDict(layers)).eval()


@pytest.fixture(scope="module")
def pictures() -> tuple[torch.Tensor, np.ndarray]:
    """Red and green squares show the first two concepts; of the third nothing is seen."""
    rng = np.random.default_rng(0)
    shown = rng.random((64, 3)) < 0.5
    images = rng.exponential(0.2, (64, 3, 8, 8))
    for colour in range(2):
        images[shown[:, colour], colour, 2:5, 2:5] += 2
    return torch.from_numpy(images).float(), shown


@pytest.fixture(scope="module")
def found(network, pictures) -> dict[bool, Sensitivity]:
    images, shown = pictures
    values, slope = layer_view(network, images, "relu")
    return {
        control: sensitivity(
            values.mean(axis=(2, 3)), slope, shown, SUBJECTS, CONCEPTS,
            seeds=8 if control else 3, control=control,
        )
        for control in (False, True)
    }  # fmt: skip


def test_a_layer_is_seen_as_it_answers(network, pictures):
    images, _ = pictures
    values, slope = layer_view(network, images, "relu")
    np.testing.assert_allclose(values, images.numpy())
    # The score is 2 red − green, of means over 64 places: one more everywhere is one more.
    np.testing.assert_allclose(slope, np.tile([2.0, -1.0, 0.0], (64, 1)), rtol=1e-5)


def test_the_score_rises_with_what_speaks_for_the_class_and_falls_with_what_does_not(found):
    score, accuracy = found[False].score(), found[False].accuracy()
    assert score.shape == (3, 3)
    assert (score[:, 0] == 1).all()
    assert (score[:, 1] == 0).all()
    assert (accuracy[:, :2] > 0.95).all()


def test_what_is_not_seen_and_what_is_random_has_no_direction(found):
    assert abs(found[False].accuracy()[:, 2].mean() - 0.5) < 0.15
    assert abs(found[True].accuracy().mean() - 0.5) < 0.1
    # A random direction is as often for as against.
    assert 0.1 < found[True].score().mean() < 0.9


def test_the_table_tells_concepts_from_random_ones(found):
    table = tcav_table(found[False], found[True]).set_index("concept")
    assert table.loc["for", "score"] == table.loc["for", "high"] == 1
    assert table.loc["against", "low"] == 0
    assert (table["control_low"] <= table["control"]).all()
    assert table["p_holm"].ge(table["p"]).all()


def test_a_concept_amid_the_random_ones_is_none_of_its_own_however_many_seeds():
    def scored(*shares: float) -> Sensitivity:
        """Of five people with 100 pictures each and one concept; a share per seed."""
        shown = np.full((len(shares), 5, 1, 2), 50.0)
        rising = np.repeat(np.array(shares)[:, None, None], 5, axis=1) * 100
        return Sensitivity(("AU4",), tuple("abcde"), shown / 2, shown, rising)

    random = scored(0.1, 0.9, 0.2, 0.8, 0.5, 0.5)
    for found, expected in (
        # By hand: SD 0.3162, so t of 5 degrees of freedom is 0.2 / 0.3162 / √(7 / 6) = 0.5855.
        (scored(0.7, 0.71, 0.69, 0.7, 0.7), 0.584),
        (scored(0.5), 1.0),
        (scored(1.0), 0.203),
    ):
        assert tcav_table(found, random)["p"].item() == pytest.approx(expected, abs=1e-3)
    still = scored(0.4, 0.4)
    assert np.isnan(tcav_table(scored(0.7), still)["p"].item())
    assert tcav_table(scored(0.4), still)["p"].item() == 1


def test_everyone_is_tested_once_per_seed(found, pictures):
    _, shown = pictures
    counted = found[False].shown.sum(axis=-1)
    assert (counted == 8).all()
    np.testing.assert_array_equal(found[False].shown[0, :, :, 1].sum(axis=0), shown.sum(axis=0))


def test_a_concept_of_one_person_is_tested_on_the_others_only(network, pictures):
    images, shown = pictures
    alone = shown.copy()
    alone[:, 0] = np.array(SUBJECTS) == "p0"
    values, slope = layer_view(network, images, "relu")
    table = sensitivity(values.mean(axis=(2, 3)), slope, alone, SUBJECTS, CONCEPTS, seeds=1)
    p0 = table.subjects.index("p0")
    assert table.shown[0, p0, 0].sum() == 0  # nobody else shows it: nothing to find it by
    assert table.shown[0, :, 0].sum() > 0


def test_a_real_network_s_layers_are_found_by_name():
    chain = as_chain(VGG16GAP(0.05, 2), 1).double()
    images = torch.randn(3, 3, 32, 32, dtype=torch.float64)
    values, slope = layer_view(chain, images, "relu5_3")
    assert values.shape == (3, slope.shape[1], 2, 2)
    names = [name for name, _ in chain.named_children()]
    place, step = names.index("relu5_3") + 1, 1e-6
    with torch.no_grad():
        before = chain[:place](images)
        more = before.clone()
        more[:, 0] += step
        change = (chain[place:](more) - chain[place:](before))[:, 0] / step
    np.testing.assert_allclose(change.numpy(), slope[:, 0], rtol=1e-3, atol=1e-5)


class TestRefusals:
    def test_a_layer_that_does_not_exist(self, network, pictures):
        with pytest.raises(UsageError, match=r"no layer 'relu9'.*conv, relu"):
            layer_view(network, pictures[0], "relu9")

    def test_a_layer_without_maps(self, network, pictures):
        with pytest.raises(UsageError, match="gives no maps"):
            layer_view(network, pictures[0], "flatten")

    def test_too_few_people(self):
        with pytest.raises(UsageError, match="1 people cannot be divided into 3"):
            sensitivity(
                np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((4, 1), bool), list("aaaa"), ["x"]
            )

    def test_lengths_that_differ(self):
        with pytest.raises(UsageError, match="do not belong together"):
            sensitivity(
                np.zeros((4, 2)), np.zeros((3, 2)), np.zeros((4, 1), bool), list("abcd"), ["x"]
            )

    def test_controls_of_others(self, found):
        other = sensitivity(
            np.zeros((4, 2)),
            np.zeros((4, 2)),
            np.eye(4, 1, dtype=bool),
            list("abcd"),
            ["x"],
            seeds=1,
        )
        with pytest.raises(UsageError, match="not of the same people"):
            tcav_table(found[False], other)
