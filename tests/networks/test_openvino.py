"""OpenVINO's engine, where it is installed; and what is said where it is not."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from painscope.errors import UsageError
from painscope.face import FaceStream, make_locator
from painscope.networks import VGG16GAP, Engine, Preprocessing, make_engine, random_checkpoint
from painscope.networks.engine import Reading
from painscope.networks.openvino import varied

SIZE = 64


def make(precision: str = "fp32", calibration: np.ndarray | None = None) -> Engine:
    network, card = random_checkpoint(width=1 / 4, input_size=SIZE)
    return make_engine(
        "openvino",
        Reading(network, VGG16GAP.features),
        card.preprocessing,
        size=SIZE,
        device=torch.device("cpu"),
        precision=precision,  # type: ignore[arg-type]
        calibration=calibration,
    )


@pytest.fixture(scope="module")
def faces(assets: Path) -> np.ndarray:
    stream = FaceStream(
        assets / "videos" / "single_face.mp4", make_locator("lbp-cascade"), rate=10, size=SIZE
    )
    return np.concatenate([batch.crops[batch.track.has_box] for batch in stream])


@pytest.fixture
def installed() -> None:
    # Looked for and not imported: an import of NNCF is what begins its reports.
    if not (find_spec("openvino") and find_spec("nncf")):
        pytest.skip("needs the extra openvino")


def test_without_openvino_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(UsageError, match=r"pip install \"painscope\[openvino\]\""):
        make()


@pytest.mark.usefixtures("installed")
def test_fp32_is_torchs_and_a_crops_numbers_depend_on_nothing_else() -> None:
    images = np.random.default_rng(0).integers(0, 256, (10, SIZE, SIZE, 3), np.uint8)
    engine = make()
    values = engine(images)
    network, card = random_checkpoint(width=1 / 4, input_size=SIZE)
    reading = Reading(network, VGG16GAP.features)
    plain = make_engine(
        "torch", reading, card.preprocessing, size=SIZE, device=torch.device("cpu"),
        precision="fp32",
    )(images)  # fmt: skip
    np.testing.assert_allclose(values, plain, rtol=1e-3, atol=1e-5 * np.abs(plain).max())
    for row in (0, 3, 9):
        np.testing.assert_array_equal(engine(images[row : row + 1])[0], values[row])
    np.testing.assert_array_equal(engine(images[::-1]), values[::-1])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(engine))(images), values)


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_int8_is_close_to_fp32_on_real_faces_and_the_same_twice(cosine, faces: np.ndarray) -> None:
    known, new = faces[::2], faces[1::2]
    one, two = make("int8", known), make("int8", known)
    values = one(new)
    np.testing.assert_array_equal(two(new), values)
    np.testing.assert_array_equal(one(new[::-1]), values[::-1])
    assert cosine(values, make()(new)).min() > 0.99
    assert one.provenance == two.provenance
    assert one.provenance != make("int8", known[1:]).provenance


@pytest.mark.usefixtures("installed")
def test_int8_cuts_no_strong_activation_off() -> None:
    # One crop of calibration is strong, fifteen are weak: what lies beyond the mean of their
    # largest values must come through all the same.
    noise = np.random.default_rng(0).uniform(-1, 1, (17, SIZE, SIZE, 3))
    contrast = np.array([4] * 15 + [120] * 2)[:, None, None, None]
    crops = (128 + contrast * noise).astype(np.uint8)
    values = make("int8", crops[:16])(crops[16:])
    exact = make()(crops[16:])
    assert np.linalg.norm(values - exact) < 0.1 * np.linalg.norm(exact)


def test_faces_of_a_calibration_are_mirrored_and_lit_otherwise() -> None:
    crops = np.zeros((2, 3, 4, 3), np.uint8)
    crops[0, :, 0], crops[1, :, 3] = 100, 250
    whole = varied(crops)
    assert whole.shape == (6, 3, 4, 3)
    assert whole.dtype == np.uint8
    np.testing.assert_array_equal(whole[:2], crops)
    np.testing.assert_array_equal(whole[2, 0, :, 0], [40, 40, 40, 140])
    np.testing.assert_array_equal(whole[3, 0, :, 0], [255, 40, 40, 40])
    np.testing.assert_array_equal(whole[4, 0, :, 0], [0, 0, 0, 60])
    np.testing.assert_array_equal(whole[5, 0, :, 0], [210, 0, 0, 0])


@pytest.mark.usefixtures("installed")
def test_int8_reads_a_brighter_face_than_it_was_calibrated_on() -> None:
    rng = np.random.default_rng(0)
    crops = rng.integers(140, 180, (8, SIZE, SIZE, 3), np.uint8)
    values = make("int8", crops[:1])(crops + 40)
    exact = make()(crops + 40)
    assert np.linalg.norm(values - exact) < 0.04 * np.linalg.norm(exact)


@pytest.mark.usefixtures("installed")
def test_int8_weights_use_8_bits_and_the_ends_are_exact() -> None:
    from painscope.networks.openvino import _openvino, _quantised

    network, card = random_checkpoint(width=1 / 16, input_size=32)
    reading = Reading(network, VGG16GAP.features).eval()
    crops = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    with torch.inference_mode():
        model = _openvino().convert_model(reading, example_input=torch.zeros(1, 3, 32, 32))
    quantised = _quantised(model, crops, card.preprocessing)
    weights = {
        operation.get_friendly_name(): operation.data
        for operation in quantised.get_ordered_ops()
        if operation.get_type_name() == "Constant" and operation.data.dtype == np.int8
    }
    assert len(weights) == 12  # of 13 convolutions and a dense layer
    assert not any("conv1_1" in name or "dense" in name for name in weights)
    assert {np.abs(each.astype(int)).max() for each in weights.values()} == {127}


@pytest.mark.usefixtures("installed")
def test_int8_that_loses_too_much_is_refused() -> None:
    # A network whose values int8 cannot hold: next to a channel of tens of thousands, which
    # cancels out, those that matter are rounded to nothing.
    crops = np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), np.uint8)
    with pytest.raises(UsageError, match=r"int8 loses too much .* cosine of -?0\.\d+ .* 0\.99"):
        make_engine(
            "openvino",
            Reading(Drowned(), Drowned.__call__),
            Preprocessing(),
            size=SIZE,
            device=torch.device("cpu"),
            precision="int8",
            calibration=crops,
        )


class Drowned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 16, 3)
        self.second, self.last = nn.Conv2d(16, 16, 3), nn.Linear(16, 8)
        with torch.no_grad():
            self.first.weight[0] = 0
            self.first.bias[0] = 1e5
            self.second.weight[:, 0] = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        seen = torch.relu(self.second(torch.relu(self.first(images))))
        return self.last(seen.mean((2, 3)))


@pytest.mark.usefixtures("installed")
def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    # In a process of its own, which nobody has asked before.
    script = """
import socket
def refuse(*_, **__): raise SystemExit("somebody calls")
socket.socket.connect = socket.getaddrinfo = refuse
import numpy as np, torch
from painscope.features import VGGFeatures
from painscope.networks import random_checkpoint
crops = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
network = random_checkpoint(width=1 / 16, input_size=32)
VGGFeatures(network, precision="int8", calibration=crops, device="cpu").engine(crops)
from openvino_telemetry import Telemetry
print(Telemetry().consent)
"""
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    assert not (tmp_path / "intel").exists()
