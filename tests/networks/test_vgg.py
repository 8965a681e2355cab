from __future__ import annotations

import pytest
import torch
from torch import nn

from painscope.networks import VGG16GAP, fold_batch_norm


def parameters(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def test_the_full_network_has_the_papers_parameters() -> None:
    network = VGG16GAP()
    assert parameters(network.trunk) == 14_714_688
    assert parameters(network.dense) == 525_312
    assert parameters(network.trunk, network.dense) == 15_240_000
    assert parameters(network.head) == 2 * 1024 + 2


def test_the_last_pool_is_a_global_average() -> None:
    network = VGG16GAP(width=1 / 16).eval()
    images = torch.rand(2, 3, 64, 64)
    maps = network.trunk(images)
    assert maps.shape == (2, 32, 4, 4)  # four halvings, not VGG16's five
    by_hand = torch.relu(network.dense(nn.functional.adaptive_avg_pool2d(maps, 1).flatten(1)))
    torch.testing.assert_close(network.features(images), by_hand)
    torch.testing.assert_close(network(images), network.head(by_hand))


@pytest.mark.parametrize(("width", "size"), [(1 / 16, 16), (1 / 8, 112), (1 / 16, 97)])
def test_the_feature_stays_1024_at_any_width_and_size(width: float, size: int) -> None:
    network = VGG16GAP(width=width, classes=3).eval()
    images = torch.rand(1, 3, size, size)
    assert network.features(images).shape == (1, 1024)
    assert (network.features(images) >= 0).all()
    assert network(images).shape == (1, 3)


def test_layers_are_vgg16s() -> None:
    trunk = VGG16GAP(width=1 / 64, batch_norm=False).trunk
    names = [name for name, _ in trunk.named_children() if not name.startswith("relu")]
    assert " ".join(names) == (
        "conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 conv3_2 conv3_3 pool3 "
        "conv4_1 conv4_2 conv4_3 pool4 conv5_1 conv5_2 conv5_3"
    )


def test_folding_the_batch_norm_keeps_the_outputs() -> None:
    torch.manual_seed(1)
    network = VGG16GAP(width=1 / 8, batch_norm=True)
    for _ in range(3):  # running statistics and affine terms that matter
        network.train()(torch.randn(8, 3, 32, 32) * 2 + 1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    images = torch.randn(4, 3, 48, 48)
    plain = fold_batch_norm(network)

    assert network.training, "the given network is left as it was"
    assert not any(isinstance(module, nn.BatchNorm2d) for module in plain.modules())
    with torch.no_grad():
        expected = network.eval()(images)
        torch.testing.assert_close(plain(images), expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            plain.features(images), network.features(images), atol=1e-4, rtol=1e-4
        )
    assert expected.abs().max() > 0.1


def test_folding_a_plain_network_copies_it() -> None:
    network = VGG16GAP(width=1 / 16)
    copy = fold_batch_norm(network)
    torch.testing.assert_close(copy.state_dict(), network.state_dict())
    assert copy.head.weight.data_ptr() != network.head.weight.data_ptr()


def test_a_deep_plain_network_passes_its_signal_on() -> None:
    """He-normal weights: a random extractor's features neither vanish nor explode."""
    torch.manual_seed(0)
    with torch.no_grad():
        features = VGG16GAP(width=1 / 4).eval().features(torch.randn(4, 3, 64, 64))
    assert 0.01 < features.std() < 10
