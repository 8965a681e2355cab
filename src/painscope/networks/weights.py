"""Checkpoints: weights and their card in one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import safetensors.torch
import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from painscope.errors import CheckpointError
from painscope.files import write_bytes
from painscope.networks.card import Card, Preprocessing
from painscope.networks.foreign import read_foreign, read_tensors
from painscope.networks.parameters import weights_sha256
from painscope.networks.vgg import VGG16GAP, fold_batch_norm

__all__ = ["Checkpoint", "load_checkpoint", "random_checkpoint", "save_checkpoint"]

_CARD_KEY = "painscope_card"


class Checkpoint(NamedTuple):
    """A network and its card; unpacks as ``network, card``."""

    network: VGG16GAP
    card: Card

    @property
    def sha256(self) -> str:
        """Digest of the weights alone: a word changed on the card leaves it as it is."""
        return weights_sha256(self.network)


def random_checkpoint(
    *,
    seed: int = 0,
    width: float = 1.0,
    input_size: int = 224,
    classes: tuple[str, ...] = ("no-pain", "high-pain"),
    preprocessing: Preprocessing | None = None,
) -> Checkpoint:
    """Return a network that was never trained: the control every trained one must beat.

    The same seed gives the same weights; torch's global generator is left alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = VGG16GAP(width, len(classes))
    card = Card(
        title=f"random weights, seed {seed}",
        width=width,
        input_size=input_size,
        classes=classes,
        preprocessing=preprocessing or Preprocessing(),
        untrained=("trunk", "dense", "head"),
        settings={"seed": seed},
    )
    return Checkpoint(network.eval(), card)


def save_checkpoint(path: Path | str, network: VGG16GAP, card: Card) -> Checkpoint:
    """Write `network` and `card` to a safetensors file and return them as written.

    Batch normalisation is folded into the convolutions first.

    Raises
    ------
    CheckpointError
        If the card speaks of another shape than the network's.
    StorageError
        If the file cannot be written; an older one stays as it was.
    """
    path = Path(path)
    told = (card.width, card.feature_size, len(card.classes))
    if told != (network.width, network.feature_size, network.classes):
        raise CheckpointError(
            f"the card says width, feature size and classes are {told}, the network "
            f"{(network.width, network.feature_size, network.classes)}",
            path=path,
        )
    network = fold_batch_norm(network)
    tensors = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    content = safetensors.torch.save(tensors, metadata={_CARD_KEY: card.model_dump_json()})
    write_bytes(path, content)
    return Checkpoint(network, card)


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read a checkpoint of painscope, or the convolutions of another VGG16.

    Files without painscope's card are recognised by their key names: torchvision's VGG16,
    VGG-Face and Keras' VGG16 (`painscope.networks.foreign`). Of those only the thirteen
    convolutions are taken; FC 1024 and the prediction layer are drawn from seed 0, and the
    card says so under `untrained`.

    Parameters
    ----------
    path : path-like
        ``.safetensors``, ``.pth``, ``.pt``, ``.h5`` or ``.hdf5``. Pickled files are read
        with ``weights_only=True``: code in them is refused, never run.

    Returns
    -------
    Checkpoint
        The network in evaluation mode, on the CPU.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another architecture, or carries code.
    """
    path = Path(path)
    tensors = read_tensors(path)
    card = _read_card(path)
    if card is None:
        convolutions, family = read_foreign(tensors, path)
        network, card = random_checkpoint(preprocessing=family.preprocessing)
        card = card.model_copy(
            update={
                "title": f"{family.title}, from {path.name}",
                "untrained": ("dense", "head"),
                "licence": family.licence,
                "citation": family.citation,
            }
        )
        drawn = {k: v for k, v in network.state_dict().items() if not k.startswith("trunk.")}
        state = drawn | convolutions
    else:
        network = VGG16GAP(card.width, len(card.classes), card.feature_size)
        state = tensors
    _check_shapes(state, network.state_dict(), path)
    network.load_state_dict(state)
    return Checkpoint(network.eval(), card)


def _read_card(path: Path) -> Card | None:
    if path.suffix != ".safetensors":
        return None
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(_CARD_KEY)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"the file is damaged: {error}", path=path) from error
    if text is None:
        return None
    try:
        return Card.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "card"
        raise CheckpointError(
            f"the card is not understood: {place}: {first['msg']}",
            path=path,
            hint="Was it written by a newer painscope?",
        ) from None


def _check_shapes(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], path: Path) -> None:
    for name, tensor in wanted.items():
        shape = tuple(tensor.shape)
        if name not in state:
            raise CheckpointError(f"another architecture: no {name} {shape} in it", path=path)
        if tuple(state[name].shape) != shape:
            raise CheckpointError(
                f"another architecture: {name} is {tuple(state[name].shape)}, not {shape}",
                path=path,
            )
    if strange := sorted(set(state) - set(wanted)):
        raise CheckpointError(f"another architecture: {strange[0]} has no place in it", path=path)
