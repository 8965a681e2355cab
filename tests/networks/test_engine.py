from __future__ import annotations

import pickle
from threading import Thread

import numpy as np
import pytest
import torch
from torch import nn

from painscope.networks import (
    VGG16GAP,
    Preprocessing,
    Reading,
    TorchEngine,
    make_engine,
    prepare,
    random_checkpoint,
)

CPU = torch.device("cpu")


def make(precision: str = "fp32", device: str = "cpu", compile: bool = False) -> TorchEngine:
    # The third block has 64 channels and maps of 16×16: where Winograd's convolutions begin.
    network, card = random_checkpoint(width=1 / 4, input_size=64)
    return TorchEngine(
        Reading(network.to(device), VGG16GAP.features),
        card.preprocessing,
        size=card.input_size,
        device=torch.device(device),
        precision=precision,  # type: ignore[arg-type]
        compile=compile,
    )


@pytest.fixture(params=["fp32", "bf16"])
def engine(request: pytest.FixtureRequest) -> TorchEngine:
    return make(request.param)


def crops(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 64, 64, 3), np.uint8)


def test_a_crops_numbers_depend_on_nothing_else(engine: TorchEngine) -> None:
    images = crops(2 * engine.batch_size + 1)
    whole = engine(images)
    assert whole.dtype == np.float32
    assert whole.shape == (len(images), 1024)
    for row in (0, 1, engine.batch_size - 1, len(images) - 1):
        np.testing.assert_array_equal(engine(images[row : row + 1])[0], whole[row])
    np.testing.assert_array_equal(engine(images[::-1]), whole[::-1])
    assert engine(images[:0]).shape == (0, 1024)


def test_numbers_do_not_depend_on_the_number_of_threads() -> None:
    images, before = crops(6), torch.get_num_threads()
    values = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            engine = make()
            assert engine.streams == threads
            values.append(engine(images))
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(*values)


@pytest.mark.parametrize(
    ("width", "size", "batch"), [(1 / 4, 96, 16), (1, 224, 2), (1, 320, 1), (2, 640, 1)]
)
def test_a_cpus_batch_keeps_every_layer_small(width: float, size: int, batch: int) -> None:
    # The first layers' 64 channels of float32 are the largest: 12.8 MB of a crop of 224 pixels.
    reading = Reading(First(round(64 * width)), First.__call__)
    engine = TorchEngine(reading, Preprocessing(), size=size, device=CPU, precision="fp32")
    assert engine.batch_size == batch
    assert engine(np.zeros((3, size, size, 3), np.uint8)).shape == (3, 4)


class First(nn.Module):
    """A wide layer between narrow ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(3, channels, 1), nn.Conv2d(channels, 4, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.narrow(self.wide(images)).mean((2, 3))


def test_threads_elsewhere_are_left_as_they_are() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        make()(crops(1))
        seen = [torch.get_num_threads()]
        other = Thread(target=lambda: seen.append(torch.get_num_threads()))
        other.start()
        other.join()
        assert seen == [3, 3]
    finally:
        torch.set_num_threads(before)


def test_it_can_be_sent_elsewhere(engine: TorchEngine) -> None:
    images = crops(3)
    values = engine(images)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(engine))(images), values)


def test_bf16_is_close_to_fp32_and_leaves_the_network_in_fp32(cosine) -> None:
    images = crops(8)
    assert cosine(make("bf16")(images), make()(images)).min() > 0.999
    network, card = random_checkpoint(width=1 / 8)
    TorchEngine(
        Reading(network, VGG16GAP.features),
        card.preprocessing,
        size=card.input_size,
        device=torch.device("cpu"),
        precision="bf16",
    )
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_in_fp32_a_cpu_takes_winograds_convolutions_and_rounds_as_finely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images, fast = crops(8), make()(crops(8))
    with monkeypatch.context() as without:
        without.setattr("painscope.networks.winograd.with_winograd", lambda reading: reading)
        plain = make()(images)
    assert np.any(fast != plain)
    network, card = random_checkpoint(width=1 / 4, input_size=64)
    with torch.inference_mode():
        prepared = prepare(torch.from_numpy(images), card.preprocessing)
        exact = network.double().features(prepared.double()).numpy()
    assert np.linalg.norm(fast - exact) < 2 * np.linalg.norm(plain - exact)


def small(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return torch.relu(network(images)).mean((2, 3))


@pytest.mark.slow
def test_compiled_is_the_same_network() -> None:
    reading = Reading(nn.Conv2d(3, 16, 3), small)
    plain, compiled = (
        make_engine(name, reading, Preprocessing(), size=16, device=CPU, precision="fp32")
        for name in ("torch", "torch-compiled")
    )
    images = crops(6)[:, :16, :16]
    values = compiled(images)
    np.testing.assert_allclose(values, plain(images), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(compiled(images[::-1]), values[::-1])
    assert compiled.provenance == {"engine": "torch-compiled"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.99999), ("bf16", 0.999)])
def test_a_gpu_computes_the_same_network(cosine, precision: str, least: float) -> None:
    images = crops(2 * make(precision, "cuda").batch_size + 5)
    engine = make(precision, "cuda")
    values = engine(images)
    assert cosine(values, make()(images)).min() > least
    np.testing.assert_array_equal(engine(images[:1])[0], values[0])
    np.testing.assert_array_equal(engine(images), values)
