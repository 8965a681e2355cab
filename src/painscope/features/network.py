"""Deep features: the layer before the prediction of a trained network."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from painscope.face.track import CropBatch
from painscope.recording import Recording

if TYPE_CHECKING:
    from painscope.networks import Checkpoint, Engine

__all__ = ["NetworkFeatures", "VGGFeatures"]


class NetworkFeatures:
    """What extractors share that read each crop with a network.

    Attributes
    ----------
    engine : Engine
        Runs the network.
    """

    engine: Engine
    reach = 0

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
        from painscope.networks import (
            VGG16GAP,
            Reading,
            load_checkpoint,
            make_engine,
            pick_device,
            pick_precision,
        )

        if isinstance(checkpoint, Path | str):
            checkpoint = load_checkpoint(checkpoint)
        self.device = pick_device(device)
        self.precision = pick_precision(precision, self.device)
        self.checkpoint = checkpoint
        self.network = checkpoint.network.to(self.device).eval()
        size = checkpoint.card.input_size
        self.crop_size: int | None = size
        self.names = tuple(f"f{k:04d}" for k in range(checkpoint.card.feature_size))
        self._sha256 = checkpoint.sha256
        self.engine = make_engine(
            engine,
            Reading(self.network, VGG16GAP.features),
            checkpoint.card.preprocessing,
            size=size,
            device=self.device,
            precision=self.precision,
            calibration=calibration,
        )

    @property
    def provenance(self) -> Mapping[str, object]:
        """Weights' sha256, shape, preprocessing and precision."""
        card = self.checkpoint.card
        return {
            "name": self.name,
            "weights_sha256": self._sha256,
            "architecture": card.architecture,
            "width": card.width,
            "preprocessing": card.preprocessing.model_dump(mode="json"),
            "precision": self.precision,
            **self.engine.provenance,
        }
