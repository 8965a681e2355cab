"""Handcrafted features, one file per family; `docs/features.md` says what each is good for."""

from painscope.features.handcrafted.gabor import GaborFeatures
from painscope.features.handcrafted.geometry import GeometryFeatures
from painscope.features.handcrafted.head import HeadMotion, HeadPose
from painscope.features.handcrafted.hog import HOGFeatures
from painscope.features.handcrafted.lbp import LBPFeatures, LBPTOPFeatures
from painscope.features.handcrafted.strain import StrainFeatures
from painscope.features.handcrafted.together import FAMILIES, HandcraftedFeatures

__all__ = [
    "FAMILIES",
    "GaborFeatures",
    "GeometryFeatures",
    "HOGFeatures",
    "HandcraftedFeatures",
    "HeadMotion",
    "HeadPose",
    "LBPFeatures",
    "LBPTOPFeatures",
    "StrainFeatures",
]
