"""Reading MatConvNet's ``.mat`` files: arrays only, nothing in them is executed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from painscope.errors import CheckpointError
from painscope.networks.classic import Architecture, Convolution, Pool

__all__ = ["MatConvNet", "read_matconvnet"]

#: Depth, kappa, alpha and beta of local response normalisation in Chatfield et al.
_NORMALISATION = (5.0, 2.0, 1e-4, 0.75)


@dataclass(frozen=True)
class MatConvNet:
    """What such a file holds.

    Attributes
    ----------
    architecture : Architecture
        The one asked for, with the file's own paddings.
    tensors : dict of str to Tensor
        ``conv1.weight`` [out, in, height, width], ``conv1.bias`` [out], …
    mean : (float, float, float) or None
        Mean colour, if the file tells: the average over the places of its average picture.
    """

    architecture: Architecture
    tensors: dict[str, Tensor]
    mean: tuple[float, float, float] | None


def read_matconvnet(path: Path, architecture: Architecture) -> MatConvNet:
    """Read a simple network of MatConvNet and check it layer by layer.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, no such network, or another architecture: it names
        the first layer that differs.
    """
    content = _read(path)
    found = list(_layers(content, path))
    wanted = [layer.name for layer in architecture.layers] + ["fc6", "fc7"]
    there = {name: layer for name, _, layer in found}
    for name in wanted:
        if name not in there:
            raise CheckpointError(
                f"not {architecture.title}: no layer {name} in it",
                path=path,
                hint=f"It has: {', '.join(there)}.",
            )
    layers = tuple(
        _checked(layer, there[layer.name], architecture, path) for layer in architecture.layers
    )
    _check_normalisation(found, architecture, path)
    tensors = {}
    for name, kind, layer in found:
        if kind == "conv":
            filters, biases = _weights(layer, name, path)
            tensors[f"{name}.weight"], tensors[f"{name}.bias"] = filters, biases
    return MatConvNet(replace(architecture, layers=layers), tensors, _mean(content))


def _read(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not path.is_file():
        raise CheckpointError("there is no such file", path=path)
    try:
        content = loadmat(path, squeeze_me=True, struct_as_record=False)
    except NotImplementedError:
        raise CheckpointError(
            "is a MATLAB 7.3 file, which is HDF5 inside",
            path=path,
            hint="Save it in MATLAB with -v7, or convert the weights to safetensors.",
        ) from None
    except (MatReadError, ValueError, TypeError, OSError, EOFError, IndexError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"the file is damaged: {reason}", path=path) from None
    if "layers" not in content and hasattr(content.get("net"), "layers"):
        content = vars(content["net"])
    if "layers" not in content:
        raise CheckpointError("holds no network of MatConvNet (no layers in it)", path=path)
    return content


def _layers(content: dict[str, Any], path: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield name, kind and fields of each layer."""
    for layer in np.atleast_1d(content["layers"]):
        if not hasattr(layer, "name") or not hasattr(layer, "type"):
            raise CheckpointError("a layer has no name or type", path=path)
        yield str(layer.name), str(layer.type), layer


def _checked(
    layer: Convolution | Pool, found: Any, architecture: Architecture, path: Path
) -> Convolution | Pool:
    """Return the layer with the file's padding; its kind, size and stride must be the same."""

    def differ(what: str, theirs: object, ours: object) -> CheckpointError:
        return CheckpointError(
            f"not {architecture.title}: {layer.name} has {what} {theirs}, not {ours}", path=path
        )

    kind = "pool" if isinstance(layer, Pool) else "conv"
    if str(found.type) != kind:
        raise differ("the kind", found.type, kind)
    if (stride := _number(found, "stride", 1)) != layer.stride:
        raise differ("stride", stride, layer.stride)
    if isinstance(layer, Pool):
        if (window := _number(found, "pool", 0)) != layer.kernel:
            raise differ("a window of", window, layer.kernel)
        if str(getattr(found, "method", "max")) != "max":
            raise differ("the method", found.method, "max")
        return layer
    filters, _ = _weights(found, layer.name, path)
    if filters.shape[-1] != layer.kernel:
        raise differ("filters of", filters.shape[-1], layer.kernel)
    return replace(layer, pad=_number(found, "pad", 0))


def _check_normalisation(
    found: list[tuple[str, str, Any]], architecture: Architecture, path: Path
) -> None:
    ours = {
        layer.name.replace("conv", "norm")
        for layer in architecture.layers
        if isinstance(layer, Convolution) and layer.normalise
    }
    theirs = {name: layer for name, kind, layer in found if kind in ("lrn", "normalize")}
    if set(theirs) != ours:
        raise CheckpointError(
            f"not {architecture.title}: it normalises in {', '.join(sorted(theirs)) or 'no layer'}"
            f", not {', '.join(sorted(ours)) or 'in any'}",
            path=path,
        )
    for name, layer in theirs.items():
        values = np.atleast_1d(np.asarray(layer.param, float))
        if not np.allclose(values, _NORMALISATION, rtol=1e-3):
            raise CheckpointError(
                f"not {architecture.title}: {name} has {values.tolist()}, not "
                f"{list(_NORMALISATION)}",
                path=path,
            )


def _weights(layer: Any, name: str, path: Path) -> tuple[Tensor, Tensor]:
    """Return filters [out, in, height, width] and biases [out]; older files name them apart."""
    try:
        filters, biases = (
            layer.weights if hasattr(layer, "weights") else (layer.filters, layer.biases)
        )
        biases = np.atleast_1d(np.asarray(biases, np.float32)).ravel()
        filters = np.asarray(filters, np.float32)
    except (AttributeError, ValueError, TypeError):
        raise CheckpointError(f"{name} has no filters and biases", path=path) from None
    # Sides of 1 are lost in reading: a dense layer after the first is just [in, out].
    if filters.ndim == 2:
        filters = filters[None, None]
    if filters.ndim != 4 or filters.shape[-1] != len(biases):
        raise CheckpointError(
            f"{name} has filters {filters.shape} and {len(biases)} biases", path=path
        )
    return torch.from_numpy(filters.transpose(3, 2, 0, 1).copy()), torch.from_numpy(biases.copy())


def _number(layer: Any, field: str, default: int) -> int:
    """Return one number of a field that may be given per side; paddings of pools are not read."""
    values = np.atleast_1d(getattr(layer, field, default)).ravel()
    return int(values[0]) if len(values) and (values == values[0]).all() else -1


def _mean(content: dict[str, Any]) -> tuple[float, float, float] | None:
    told = content.get("normalization") or getattr(content.get("meta"), "normalization", None)
    average = getattr(told, "averageImage", None)
    if average is None or np.size(average) < 3:
        return None
    red, green, blue = np.asarray(average, float).reshape(-1, 3).mean(axis=0)
    return float(red), float(green), float(blue)
