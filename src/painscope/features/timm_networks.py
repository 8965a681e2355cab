"""Any network of the timm collection as an extractor: its pooled features (optional)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from painscope.errors import CheckpointError, UsageError
from painscope.features.network import NetworkFeatures

__all__ = ["TimmFeatures"]


class TimmFeatures(NetworkFeatures):
    """The pooled features of a network of timm, such as ``resnet50`` or a vision transformer.

    timm comes with ``painscope[timm]``. Nothing is downloaded: the weights are a file that you
    have. Input size, mean and deviation are those that timm knows of the network.

    Parameters
    ----------
    model : str
        A name of ``timm.list_models()``, such as ``vit_base_patch16_224.dino``.
    weights : path-like or ``"random"``
        ``.safetensors``, ``.pth`` or ``.pt`` with timm's own names of tensors; a classifier's
        head in it is left out. ``"random"``: never trained, the control.
    device, precision : str
        As for `painscope.features.VGGFeatures`.

    Raises
    ------
    UsageError
        If timm is not installed or cannot be imported, or does not know the network.
    CheckpointError
        If the file is missing, damaged, carries code, or is of another network.

    References
    ----------
    Wightman: PyTorch image models, 2019, doi:10.5281/zenodo.4414861.
    """

    name = "timm"

    def __init__(
        self,
        model: str,
        weights: Path | str | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
    ) -> None:
        import torch

        from painscope.networks import Preprocessing, weights_sha256

        if weights is None:
            raise UsageError("timm needs weights", hint="Give a file, or the word random.")
        network, facts = _make(model)
        if weights != "random":
            _load(network, Path(weights), model)
        size = int(facts["input_size"][-1])
        with torch.inference_mode():
            width = network(torch.zeros(1, 3, size, size)).shape[1]
        self.model = model
        self._origin = "random weights, seed 0" if weights == "random" else "file"
        self._sha256 = weights_sha256(network)
        super().__init__(
            network,
            _answer,
            Preprocessing(mean=facts["mean"], std=facts["std"]),
            size=size,
            width=width,
            device=device,
            precision=precision,
        )

    @property
    def provenance(self) -> Mapping[str, object]:
        """Network, timm's version, weights' sha256, preparation and precision."""
        from importlib.metadata import version

        library = f"timm {version('timm')}"
        return self._told(self._sha256, weights=self._origin, model=self.model, library=library)


def _answer(network: Any, images: Any) -> Any:
    """Return what a network without a head gives: its pooled features."""
    return network(images)


def _make(model: str) -> tuple[Any, Mapping[str, Any]]:
    """Return an untrained network without a head, always the same, and what timm knows of it."""
    import torch

    try:
        import timm
    except ImportError:
        raise UsageError(
            "timm: this extractor needs the package timm",
            hint='Install it with: pip install "painscope[timm]"',
        ) from None
    except RuntimeError as error:  # torchvision was built for another torch
        raise UsageError(
            f"timm cannot be imported: {error}",
            hint="It needs the torchvision that was built for the torch that is installed.",
        ) from None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            network = timm.create_model(model, pretrained=False, num_classes=0)
        except RuntimeError as error:
            raise UsageError(f"timm: {error}", hint="See timm.list_models().") from None
    return network.eval(), network.pretrained_cfg


def _load(network: Any, path: Path, model: str) -> None:
    """Load weights into a network; what is left over may only be a classifier's head."""
    from painscope.networks import read_tensors

    try:
        missing, extra = network.load_state_dict(read_tensors(path), strict=False)
    except RuntimeError as error:  # a tensor of another shape
        wrong = str(error).splitlines()[1].strip()
        raise CheckpointError(f"not {model}: {wrong}", path=path) from None
    told = network.pretrained_cfg.get("classifier") or ()
    heads = (told,) if isinstance(told, str) else tuple(told)
    strangers = [key for key in extra if not key.startswith(tuple(f"{h}." for h in heads))]
    for key, what in [*((k, "no") for k in missing), *((k, "an unknown") for k in strangers)]:
        raise CheckpointError(f"not {model}: {what} {key} in it", path=path)
