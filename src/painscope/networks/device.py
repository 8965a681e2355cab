"""Where a network runs, and in which precision: chosen openly, written into provenance."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, cast

import torch

from painscope.errors import UsageError

__all__ = ["Precision", "autocast", "pick_device", "pick_precision", "precision_facts"]

Precision = Literal["fp32", "bf16", "int8"]


def pick_device(name: str = "auto") -> torch.device:
    """Return the device called `name`; ``"auto"`` is CUDA if there is one, else the CPU.

    Raises
    ------
    UsageError
        If this machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"unknown device {name!r}", hint="Use auto, cpu or cuda.") from None
    if device.type not in ("cpu", "cuda"):
        raise UsageError(f"unknown device {name!r}", hint="Use auto, cpu or cuda.")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UsageError("torch sees no CUDA device", hint="Use device auto or cpu.")
    if device.type == "cuda" and (device.index or 0) >= (there := torch.cuda.device_count()):
        raise UsageError(f"no device {name!r} here", hint=f"torch sees {there}, from cuda:0 on.")
    return device


def pick_precision(name: str, device: torch.device) -> Precision:
    """Return the precision called `name`; ``"auto"`` is bf16 where the chip computes in it.

    That is a CUDA device with bf16, or a processor with AMX (about four times fp32's speed
    for VGG16). Elsewhere bf16 is emulated and slower than fp32. int8 is never
    chosen by itself: it needs faces to calibrate on (`make_engine`).

    Raises
    ------
    UsageError
        If `name` is none of auto, fp32, bf16, int8.
    """
    if name in ("fp32", "bf16", "int8"):
        return cast(Precision, name)
    if name != "auto":
        raise UsageError(f"unknown precision {name!r}", hint="Use auto, fp32, bf16 or int8.")
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if _has_amx() else "fp32"


def precision_facts(device: torch.device) -> dict[Precision, str]:
    """Return what the chip does with each precision, in words."""
    if device.type == "cuda":
        has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return {
            "fp32": "computed; the reference",
            "bf16": "computed" if has_bf16 else "emulated: the GPU does not compute in it",
            "int8": "not on a GPU here",
        }
    return {
        "fp32": "computed; the reference",
        "bf16": "computed by AMX" if _has_amx() else "emulated, slower than fp32: no AMX",
        "int8": "computed by VNNI, one instruction for four products"
        if _has_vnni()
        else "computed without VNNI, three instructions where it takes one",
    }


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager:
    """Return the context in which a network computes in `precision`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def _has_amx() -> bool:
    supported = getattr(torch.cpu, "_is_amx_tile_supported", None)  # private, torch >= 2.4
    return supported is not None and bool(supported())


def _has_vnni() -> bool:
    supported = getattr(torch.cpu, "_is_vnni_supported", None)  # private, torch >= 2.5
    return supported is not None and bool(supported())
