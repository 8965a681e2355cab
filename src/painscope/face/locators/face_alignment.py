"""The paper's locator: the face-alignment package, 68 landmarks (optional)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from painscope.errors import UsageError
from painscope.face.locators.base import Face, largest_first

__all__ = ["FaceAlignment"]


class FaceAlignment:
    """Bulat and Tzimiropoulos' Face Alignment Network behind the S3FD detector.

    The package is not installed with painscope, and downloads its own weights when it is
    first used. The box is drawn around the landmarks, as the paper does.

    Parameters
    ----------
    device : str, default "cpu"
        Where the networks run, such as ``"cuda"``.

    Raises
    ------
    UsageError
        If the package is not installed.

    References
    ----------
    Bulat, A. and Tzimiropoulos, G. How far are we from solving the 2D & 3D face alignment
    problem? International Conference on Computer Vision, 2017.
    """

    name = "face-alignment"
    landmark_count = 68
    blendshape_names: tuple[str, ...] = ()
    default_margin = 0.1
    smoothing_s = 0.0

    def __init__(self, *, device: str = "cpu") -> None:
        if find_spec("face_alignment") is None:
            raise UsageError(
                "face-alignment: this locator needs the package face-alignment",
                hint='Install it with: pip install "painscope[face-alignment]"',
            )
        self.device = device

    def __reduce__(self) -> tuple:
        return partial(type(self), device=self.device), ()

    @property
    def provenance(self) -> Mapping[str, object]:
        """Name and the package's version, which settles the weights; the device."""
        from importlib.metadata import version

        return {
            "name": self.name,
            "library": f"face-alignment {version('face-alignment')}",
            "detector": "sfd",
            "device": self.device,
        }

    @cached_property
    def _network(self) -> Any:
        import face_alignment

        return face_alignment.FaceAlignment(
            face_alignment.LandmarksType.TWO_D, device=self.device, face_detector="sfd"
        )

    def locate(self, image: np.ndarray) -> list[Face]:
        """Return the faces in an RGB image (uint8 [H, W, 3]), the largest first."""
        points, _, detections = self._network.get_landmarks_from_image(image, return_bboxes=True)
        faces = []
        for marks, detection in zip(points or (), detections or (), strict=True):
            landmarks = np.asarray(marks, np.float32)
            faces.append(
                Face(
                    box=np.concatenate([landmarks.min(axis=0), landmarks.max(axis=0)]),
                    landmarks=landmarks,
                    blendshapes=np.zeros(0, np.float32),
                    confidence=float(detection[4]),
                )
            )
        return largest_first(faces)
