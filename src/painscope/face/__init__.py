"""One tracked face per frame, cropped: locators, the tracker, crops in memory and on disk."""

from painscope.face.crop import CROP_SIZE, crop_face, crop_landmarks, square_around
from painscope.face.cropping import write_crops
from painscope.face.folder import (
    CropResult,
    crop_files,
    crop_settings,
    cropped_ids,
    read_crops,
    read_picture,
    read_track,
)
from painscope.face.locators import (
    LOCATORS,
    Face,
    Locator,
    download_face_landmarker,
    make_locator,
)
from painscope.face.stream import FaceStream, crop_provenance
from painscope.face.track import CropBatch, FaceTrack

__all__ = [
    "CROP_SIZE",
    "LOCATORS",
    "CropBatch",
    "CropResult",
    "Face",
    "FaceStream",
    "FaceTrack",
    "Locator",
    "crop_face",
    "crop_files",
    "crop_landmarks",
    "crop_provenance",
    "crop_settings",
    "cropped_ids",
    "download_face_landmarker",
    "make_locator",
    "read_crops",
    "read_picture",
    "read_track",
    "square_around",
    "write_crops",
]
