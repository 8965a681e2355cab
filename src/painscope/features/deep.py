"""Layers of networks that were trained on faces or objects: deep features without training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope.errors import UsageError
from painscope.features.network import NetworkFeatures

if TYPE_CHECKING:
    from painscope.networks import Backbone

__all__ = ["CNNFFeatures", "CNNMFeatures", "CNNSFeatures", "VGGFaceFeatures"]


class _LayerFeatures(NetworkFeatures):
    """One layer of a classic network.

    Parameters
    ----------
    weights : path-like, ``"random"`` or Backbone
        A file of those that `painscope.networks.load_backbone` reads. ``"random"``: weights
        that were never trained, the control that others are held against.
    layer : str
        Any by name. fc6 and fc7 are taken after their ReLU, maps of convolutions and pools
        are averaged over their places.
    device, precision, engine, calibration
        As for `painscope.features.VGGFeatures`.
    """

    def __init__(
        self,
        weights: Path | str | Backbone | None = None,
        layer: str = "fc7",
        *,
        device: str = "auto",
        precision: str = "auto",
        engine: str = "auto",
        calibration: np.ndarray | None = None,
    ) -> None:
        from painscope.networks import (
            ARCHITECTURES,
            ClassicNetwork,
            load_backbone,
            random_backbone,
        )

        if weights is None:
            raise UsageError(f"{self.name} needs weights", hint="Give a file, or the word random.")
        if weights == "random":
            weights = random_backbone(ARCHITECTURES[self.name])
        elif isinstance(weights, Path | str):
            weights = load_backbone(weights, ARCHITECTURES[self.name])
        super().__init__(
            weights.network,
            partial(ClassicNetwork.activations, layer=layer),
            weights.preprocessing,
            size=224,
            width=weights.network.width(layer),
            device=device,
            precision=precision,
            engine=engine,
            calibration=calibration,
        )
        self.backbone = weights
        self.layer = layer

    @property
    def provenance(self) -> Mapping[str, object]:
        """Weights' sha256 and origin, layer, preparation and precision."""
        backbone = self.backbone
        return self._told(backbone.sha256, weights=backbone.origin, layer=self.layer)


class VGGFaceFeatures(_LayerFeatures):
    """A layer of VGG-Face: fc6, fc7, or ``conv5_3`` averaged; parameters as `_LayerFeatures`.

    References
    ----------
    Parkhi, Vedaldi and Zisserman, Deep face recognition, BMVC 2015.
    """

    name = "vgg-face"


class CNNFFeatures(_LayerFeatures):
    """A layer of CNN-F ("fast"); parameters as for `VGGFaceFeatures`.

    References
    ----------
    Chatfield et al., Return of the Devil in the Details, BMVC 2014, Table 1.
    """

    name = "cnn-f"


class CNNMFeatures(_LayerFeatures):
    """A layer of CNN-M ("medium"); see `CNNFFeatures`."""

    name = "cnn-m"


class CNNSFeatures(_LayerFeatures):
    """A layer of CNN-S ("slow"); see `CNNFFeatures`."""

    name = "cnn-s"
