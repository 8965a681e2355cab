from __future__ import annotations

import pytest
import torch

from painscope.errors import UsageError
from painscope.networks import autocast, device, pick_device, pick_precision, precision_facts

CPU = torch.device("cpu")


def test_auto_picks_what_there_is() -> None:
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert pick_device("cpu") == CPU


@pytest.mark.parametrize("name", ["tpu", "meta", "gpu please"])
def test_unknown_devices(name: str) -> None:
    with pytest.raises(UsageError, match="auto, cpu or cuda"):
        pick_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_cuda_here() -> None:
    with pytest.raises(UsageError, match="no CUDA device"):
        pick_device("cuda")


def test_a_gpu_beyond_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(UsageError, match=r"no device 'cuda:3' here\. torch sees 2, from cuda:0"):
        pick_device("cuda:3")


@pytest.mark.parametrize(("amx", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_bf16_only_where_the_processor_computes_in_it(
    amx: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_has_amx", lambda: amx)
    assert pick_precision("auto", CPU) == expected


@pytest.mark.parametrize("has", [True, False])
def test_what_the_processor_does_with_a_precision_is_said(
    has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_has_amx", lambda: has)
    monkeypatch.setattr(device, "_has_vnni", lambda: has)
    facts = precision_facts(CPU)
    assert list(facts) == ["fp32", "bf16", "int8"]
    assert ("no AMX" in facts["bf16"]) is ("without VNNI" in facts["int8"]) is (not has)


def test_precision_by_name() -> None:
    assert pick_precision("bf16", CPU) == "bf16"
    assert pick_precision("fp32", CPU) == "fp32"
    with pytest.raises(UsageError, match="auto, fp32, bf16 or int8"):
        pick_precision("int4", CPU)


def test_autocast_computes_in_the_precision_asked_for() -> None:
    layer, x = torch.nn.Linear(2, 2), torch.zeros(1, 2)
    with autocast(CPU, "bf16"):
        assert layer(x).dtype == torch.bfloat16
    with autocast(CPU, "fp32"):
        assert layer(x).dtype == torch.float32
