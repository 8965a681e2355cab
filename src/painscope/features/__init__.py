"""A vector per frame, kept on disk."""

from typing import Any

from painscope.errors import UsageError, did_you_mean
from painscope.features.base import Extractor
from painscope.features.blendshapes import UNIT_BLENDSHAPES, BlendshapeFeatures
from painscope.features.calibration import calibration_crops
from painscope.features.cluster import fill_store_on_ray
from painscope.features.deep import (
    CNNFFeatures,
    CNNMFeatures,
    CNNSFeatures,
    VGGFaceFeatures,
)
from painscope.features.extraction import ExtractionSummary, fill_store, open_store
from painscope.features.handcrafted import (
    FAMILIES,
    GaborFeatures,
    GeometryFeatures,
    HandcraftedFeatures,
    HeadMotion,
    HeadPose,
    HOGFeatures,
    LBPFeatures,
    LBPTOPFeatures,
    StrainFeatures,
)
from painscope.features.network import VGGFeatures
from painscope.features.sequence import FeatureSequence, join_sequences
from painscope.features.store import FeatureStore
from painscope.features.table import extract
from painscope.features.timm_networks import TimmFeatures
from painscope.features.true_action_units import TrueActionUnits, has_truth

__all__ = [
    "EXTRACTORS",
    "BlendshapeFeatures",
    "CNNFFeatures",
    "CNNMFeatures",
    "CNNSFeatures",
    "FAMILIES",
    "UNIT_BLENDSHAPES",
    "ExtractionSummary",
    "Extractor",
    "FeatureSequence",
    "FeatureStore",
    "GaborFeatures",
    "GeometryFeatures",
    "HOGFeatures",
    "HandcraftedFeatures",
    "HeadMotion",
    "HeadPose",
    "LBPFeatures",
    "LBPTOPFeatures",
    "StrainFeatures",
    "TimmFeatures",
    "TrueActionUnits",
    "VGGFaceFeatures",
    "VGGFeatures",
    "calibration_crops",
    "extract",
    "fill_store",
    "fill_store_on_ray",
    "has_truth",
    "join_sequences",
    "make_extractor",
    "open_store",
]

#: Extractors by name. A new one is a file in this folder and a line here.
EXTRACTORS: dict[str, type] = {
    VGGFeatures.name: VGGFeatures,
    **{kind.name: kind for kind in (VGGFaceFeatures, CNNFFeatures, CNNMFeatures, CNNSFeatures)},
    TimmFeatures.name: TimmFeatures,
    **FAMILIES,
    HandcraftedFeatures.name: HandcraftedFeatures,
    TrueActionUnits.name: TrueActionUnits,
}


def make_extractor(name: str, **settings: Any) -> Extractor:
    """Return the extractor called `name`; raise `UsageError` if there is none.

    `settings` are those of its class: ``vgg16-gap`` needs a ``checkpoint``.
    """
    if name not in EXTRACTORS:
        raise UsageError(f"unknown extractor {name!r}", hint=did_you_mean(name, EXTRACTORS))
    try:
        return EXTRACTORS[name](**settings)
    except TypeError as error:
        raise UsageError(f"extractor {name}: {error}") from None
