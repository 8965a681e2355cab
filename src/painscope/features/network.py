"""Deep features: the layer before the prediction of a trained network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painscope.face.track import CropBatch
from painscope.recording import Recording

if TYPE_CHECKING:
    from torch import Tensor, nn

    from painscope.networks import Checkpoint, Preprocessing

__all__ = ["NetworkFeatures", "VGGFeatures"]


class NetworkFeatures:
    """What extractors share that read each crop with a network.

    Parameters
    ----------
    network : Module
    features : callable
        Of the network and prepared crops [B, 3, S, S]: their features, [B, D].
    preprocessing : Preprocessing
    size : int
        Side of the crops in pixels.
    width : int
        How many features there are, D.
    device, precision, engine, calibration
        As for `painscope.networks.make_engine`.

    Attributes
    ----------
    engine : Engine
        Runs the network.
    """

    name: str
    reach = 0

    def __init__(
        self,
        network: nn.Module,
        features: Callable[[Any, Tensor], Tensor],
        preprocessing: Preprocessing,
        *,
        size: int,
        width: int,
        device: str,
        precision: str,
        engine: str = "auto",
        calibration: np.ndarray | None = None,
    ) -> None:
        from painscope.networks import Reading, make_engine, pick_device, pick_precision

        self.device = pick_device(device)
        self.precision = pick_precision(precision, self.device)
        self.network = network.to(self.device).eval()
        self.preprocessing = preprocessing
        self.crop_size: int | None = size
        self.names = tuple(f"f{k:04d}" for k in range(width))
        self.engine = make_engine(
            engine,
            Reading(self.network, features),
            preprocessing,
            size=size,
            device=self.device,
            precision=self.precision,
            calibration=calibration,
        )

    def _told(self, sha256: str, **own: object) -> dict[str, object]:
        """Return a provenance: the weights, what is an extractor's own, and how it computes."""
        return {
            "name": self.name,
            "weights_sha256": sha256,
            **own,
            "preprocessing": self.preprocessing.model_dump(mode="json"),
            "precision": self.precision,
            **self.engine.provenance,
        }

    @property
    def batch_size(self) -> int:
        """How many crops it takes at a time."""
        return self.engine.batch_size

    @property
    def streams(self) -> int:
        """How many batches it computes at once."""
        return self.engine.streams

    @property
    def readers(self) -> int:
        """How many recordings should be decoded at once to keep it busy."""
        return self.engine.readers

    def submit(self, crops: np.ndarray) -> Future[np.ndarray]:
        """Begin a batch of up to `batch_size` crops uint8 [B, S, S, 3]: float32 [B, D]."""
        return self.engine.submit(crops)

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, D] for crops of the network's input size."""
        return self.engine(batch.crops)


class VGGFeatures(NetworkFeatures):
    """The 1024 values after the FC layer's ReLU of VGG16 with global average pooling.

    Parameters
    ----------
    checkpoint : path-like or Checkpoint
        A weights file, or what `painscope.networks.load_checkpoint` or `random_checkpoint`
        gave.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    precision : str
        ``auto``, ``fp32``, ``bf16`` or ``int8``; what was used is in the provenance.
    engine, calibration
        As for `painscope.networks.make_engine`.

    Attributes
    ----------
    checkpoint : Checkpoint
        Network and card.

    References
    ----------
    Prajod et al., Faces of Experimental Pain, 2024, section III-C.
    """

    name = "vgg16-gap"

    def __init__(
        self,
        checkpoint: Path | str | Checkpoint,
        *,
        device: str = "auto",
        precision: str = "auto",
        engine: str = "auto",
        calibration: np.ndarray | None = None,
    ) -> None:
        from painscope.networks import VGG16GAP, load_checkpoint

        if isinstance(checkpoint, Path | str):
            checkpoint = load_checkpoint(checkpoint)
        card = checkpoint.card
        super().__init__(
            checkpoint.network,
            VGG16GAP.features,
            card.preprocessing,
            size=card.input_size,
            width=card.feature_size,
            device=device,
            precision=precision,
            engine=engine,
            calibration=calibration,
        )
        self.checkpoint = checkpoint
        self._sha256 = checkpoint.sha256

    @property
    def provenance(self) -> Mapping[str, object]:
        """Weights' sha256, shape, preprocessing and precision."""
        card = self.checkpoint.card
        return self._told(self._sha256, architecture=card.architecture, width=card.width)
