"""All handcrafted families in one pass over the video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from painscope.errors import UsageError, did_you_mean
from painscope.face.track import CropBatch
from painscope.features.base import Extractor
from painscope.features.blendshapes import BlendshapeFeatures
from painscope.features.handcrafted.gabor import GaborFeatures
from painscope.features.handcrafted.geometry import GeometryFeatures
from painscope.features.handcrafted.grey import CROP
from painscope.features.handcrafted.head import HeadMotion, HeadPose
from painscope.features.handcrafted.hog import HOGFeatures
from painscope.features.handcrafted.lbp import LBPFeatures, LBPTOPFeatures
from painscope.features.handcrafted.strain import StrainFeatures
from painscope.recording import Recording

__all__ = ["FAMILIES", "HandcraftedFeatures"]

#: The families' classes by name, in the order of their columns.
FAMILIES: dict[str, Any] = {
    family.name: family
    for family in (
        LBPFeatures,
        LBPTOPFeatures,
        HOGFeatures,
        GaborFeatures,
        StrainFeatures,
        GeometryFeatures,
        HeadPose,
        HeadMotion,
        BlendshapeFeatures,
    )
}


class HandcraftedFeatures:
    """Several families side by side: the video is read and the face followed once.

    Each family's columns and numbers are those it has alone. Photographs have no motion: of
    them, ``lbp-top`` sees the one frame, and ``facial-strain`` and ``head-motion`` are NaN, so
    that a frame with them counts as without values.

    Parameters
    ----------
    families : str or sequence of str
        Names in `FAMILIES` (a string separates them by commas); all by default.

    Raises
    ------
    UsageError
        If a family is unknown, or named twice.
    """

    name = "handcrafted"
    crop_size = CROP

    def __init__(self, families: str | Sequence[str] = tuple(FAMILIES)) -> None:
        chosen = families.split(",") if isinstance(families, str) else list(families)
        chosen = [name.strip() for name in chosen]
        for name in chosen:
            if name not in FAMILIES:
                raise UsageError(f"unknown family {name!r}", hint=did_you_mean(name, FAMILIES))
        if len(set(chosen)) < len(chosen) or not chosen:
            raise UsageError(f"families are one or more different names, not {chosen}")
        self._families: list[Extractor] = [FAMILIES[name]() for name in chosen]
        self.names = tuple(name for family in self._families for name in family.names)
        self.reach = max(family.reach for family in self._families)

    @property
    def provenance(self) -> Mapping[str, object]:
        """The name, and each family's provenance."""
        return {
            "name": self.name,
            "families": [dict(family.provenance) for family in self._families],
        }

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        """Return float32 [B, D], the families' columns in their order."""
        parts = [family.extract(batch, recording) for family in self._families]
        return np.concatenate(parts, axis=1)
