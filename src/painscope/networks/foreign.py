"""Reading the VGG16 checkpoints that users have: torchvision, VGG-Face, Keras."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from painscope.errors import CheckpointError
from painscope.networks.card import FACE_MEAN, IMAGENET_MEAN, Preprocessing, around

__all__ = ["FAMILIES", "Family", "read_foreign", "read_tensors"]


@dataclass(frozen=True)
class Family:
    """One line of published VGG16 weights, told by its key names.

    Attributes
    ----------
    title : str
    key : compiled pattern
        Matches a convolution's key; group ``index`` (place in a flat list of layers) or
        groups ``block`` and ``conv``, and group ``role``: weight, bias, kernel, …
    preprocessing : Preprocessing
        What the weights were trained with.
    licence, citation : str
    """

    title: str
    key: re.Pattern[str]
    preprocessing: Preprocessing
    licence: str
    citation: str


_VGG16 = "Simonyan and Zisserman, ICLR 2015"
_VGG_FACE = "Parkhi, Vedaldi and Zisserman, Deep face recognition, BMVC 2015"
_KERAS_ROLE = r"(?P<role>kernel|bias|W_1|b_1)(?::0)?$"

#: The families, asked in this order. torchvision's means are those of its VGG16 weights
#: ("IMAGENET1K_V1" transforms). The Caffe and Torch7 releases take BGR; the MatConvNet release,
#: converted to torch with keys `conv1_1.weight`, takes RGB.
FAMILIES = (
    Family(
        "torchvision VGG16 (ImageNet)",
        re.compile(r"^(?:module\.)?features\.(?P<index>\d+)\.(?P<role>weight|bias)$"),
        Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        "BSD-3-Clause (torchvision); ImageNet terms",
        _VGG16,
    ),
    Family(
        "VGG-Face (MatConvNet, in torch)",
        re.compile(
            r"^(?:module\.)?(?:features\.)?conv(?P<block>\d)_(?P<conv>\d)\.(?P<role>weight|bias)$"
        ),
        around(FACE_MEAN),
        "non-commercial research (VGG-Face)",
        _VGG_FACE,
    ),
    Family(
        "VGG-Face (Torch7 or Caffe, in torch)",
        re.compile(
            r"^(?:module\.)?(?:features\.)?conv_(?P<block>\d)_(?P<conv>\d)\.(?P<role>weight|bias)$"
        ),
        around(FACE_MEAN, "bgr"),
        "non-commercial research (VGG-Face)",
        _VGG_FACE,
    ),
    Family(
        "VGG-Face (Keras)",
        re.compile(rf"(?:^|/)conv(?P<block>\d)_(?P<conv>\d)[/_]{_KERAS_ROLE}"),
        around(FACE_MEAN, "bgr"),
        "non-commercial research (VGG-Face)",
        _VGG_FACE,
    ),
    Family(
        "Keras VGG16 (ImageNet)",
        re.compile(rf"(?:^|/)block(?P<block>\d)_conv(?P<conv>\d)[/_]{_KERAS_ROLE}"),
        around(IMAGENET_MEAN, "bgr"),
        "CC BY 4.0 (VGG, University of Oxford); ImageNet terms",
        _VGG16,
    ),
)

#: Place of each convolution in torchvision's flat `features`.
_TORCHVISION = dict(
    zip(
        (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
        ["1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "4_1", "4_2", "4_3", "5_1", "5_2", "5_3"],
        strict=True,
    )
)


def read_foreign(tensors: Mapping[str, Tensor], path: Path) -> tuple[dict[str, Tensor], Family]:
    """Return the convolutions under painscope's names, and the family they are of.

    Dense layers and classifiers are left out.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        As in the file.
    path : Path
        For error messages.

    Raises
    ------
    CheckpointError
        If no family's names are in the file, or a layer is not where VGG16 has it.
    """
    for family in FAMILIES:
        found = {key: match for key in tensors if (match := family.key.search(key))}
        if found:
            return {
                _own_name(match, key, path): _own_layout(tensors[key], match["role"])
                for key, match in found.items()
            }, family
    sample = next(iter(tensors), "nothing")
    raise CheckpointError(
        f"another architecture: no VGG16 convolution among its keys ({sample}, …)",
        path=path,
        hint="painscope reads its own checkpoints, torchvision's VGG16, VGG-Face and Keras' VGG16.",
    )


def _own_name(match: re.Match[str], key: str, path: Path) -> str:
    groups = match.groupdict()
    if "index" in groups:
        layer = _TORCHVISION.get(int(groups["index"]))
        if layer is None:
            raise CheckpointError(
                f"another architecture: VGG16 has no layer {key}",
                path=path,
                hint="Of torchvision's networks, vgg16 is read (not vgg16_bn).",
            )
    else:
        layer = f"{groups['block']}_{groups['conv']}"
    role = "bias" if groups["role"].startswith("b") else "weight"
    return f"trunk.conv{layer}.{role}"


def _own_layout(tensor: Tensor, role: str) -> Tensor:
    tensor = tensor.float()
    if role in ("kernel", "W_1") and tensor.ndim == 4:  # Keras: height, width, in, out
        tensor = tensor.permute(3, 2, 0, 1)
    return tensor.contiguous()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return all named tensors of a weights file; nothing in it is ever executed.

    Raises
    ------
    CheckpointError
        If the file is missing, of an unknown kind, damaged, or carries code.
    """
    readers: dict[str, Callable[[Path], Mapping[str, Any]]] = {
        ".safetensors": safetensors.torch.load_file,
        ".pth": _read_pickled,
        ".pt": _read_pickled,
        ".h5": _read_hdf5,
        ".hdf5": _read_hdf5,
    }
    if not path.is_file():
        raise CheckpointError("there is no such file", path=path)
    if path.suffix not in readers:
        raise CheckpointError(
            f"{path.suffix or 'no suffix'} is not a kind of weights file",
            path=path,
            hint=f"Known kinds: {' '.join(readers)}.",
        )
    try:
        content = readers[path.suffix](path)
    except (SafetensorError, OSError, RuntimeError, ValueError, EOFError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"the file is damaged: {reason}", path=path) from error
    return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}


def _read_pickled(path: Path) -> Mapping[str, Any]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"it carries code ({code[1]})" if code else "it is no plain file of weights"
        raise CheckpointError(
            f"refused: {what}",
            path=path,
            hint="Save the network's state_dict, best as safetensors.",
        ) from None
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise CheckpointError(f"holds a {type(content).__name__}, not named weights", path=path)
    return content


def _read_hdf5(path: Path) -> Mapping[str, Any]:
    try:
        import h5py
    except ImportError:
        raise CheckpointError(
            "Keras' HDF5 files need the package h5py",
            path=path,
            hint='Run pip install "painscope[keras]", or convert the file to safetensors.',
        ) from None
    tensors: dict[str, Tensor] = {}

    def keep(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            tensors[name] = torch.from_numpy(node[()])

    try:
        with h5py.File(path) as file:
            file.visititems(keep)
    except OSError as error:
        raise CheckpointError(f"is not a readable HDF5 file ({error})", path=path) from None
    return tensors
