"""What the face room's tests share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from painscope.face import Face, FaceTrack
from painscope.face.locators import MediaPipeLandmarker


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without models, so that no test depends on what the machine has downloaded."""
    monkeypatch.setenv("PAINSCOPE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PAINSCOPE_ASSETS", raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def mediapipe_locator(assets: Path) -> MediaPipeLandmarker:
    return MediaPipeLandmarker(model=assets / "models" / "face_landmarker.task")


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """A real frontal face that ships inside scikit-image: uint8 [512, 512, 3]."""
    from skimage.data import astronaut

    return astronaut()


class BrightSpot:
    """A locator for synthetic videos: the box around everything bright is a face."""

    name = "bright-spot"
    landmark_count = 1
    blendshape_names = ("brightness",)
    default_margin = 0.1
    smoothing_s = 0.0
    provenance: Mapping[str, object] = {"name": "bright-spot"}

    def __init__(self) -> None:
        self.calls = 0

    def locate(self, image: np.ndarray) -> list[Face]:
        self.calls += 1
        rows, columns = np.nonzero(image.mean(axis=2) > 128)
        if not len(rows):
            return []
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return [make_face(*box)]


def make_face(x0: float, y0: float, x1: float, y1: float) -> Face:
    """A face with one landmark in its centre and one blendshape."""
    return Face(
        box=np.array([x0, y0, x1, y1], np.float32),
        landmarks=np.array([[(x0 + x1) / 2, (y0 + y1) / 2]], np.float32),
        blendshapes=np.array([x0 / 1000], np.float32),
        confidence=0.9,
    )


@pytest.fixture
def face_at() -> Callable[..., Face]:
    """A square face by its centre and side."""

    def make(x: float, y: float = 100, side: float = 50) -> Face:
        return make_face(x - side / 2, y - side / 2, x + side / 2, y + side / 2)

    return make


@pytest.fixture
def bright_spot() -> BrightSpot:
    return BrightSpot()


def whole_track(stream) -> FaceTrack:
    """Every row of a stream as one track."""
    return FaceTrack.concatenate([batch.track for batch in stream])


@pytest.fixture
def track_of() -> Callable[..., FaceTrack]:
    return whole_track


FAKE_FACE_ALIGNMENT = '''
"""Stands in for the real package: one face where the image is not black, or none."""
import enum
import numpy as np

class LandmarksType(enum.Enum):
    TWO_D = 1

class FaceAlignment:
    def __init__(self, landmarks_type, device="cuda", face_detector="sfd"):
        assert landmarks_type is LandmarksType.TWO_D
        assert (device, face_detector) == ("cpu", "sfd")

    def get_landmarks_from_image(self, image, return_bboxes=False):
        assert return_bboxes
        if not image.any():
            return None, None, None
        ring = np.linspace(0, 2 * np.pi, 68, endpoint=False)
        points = np.stack([250 + 60 * np.cos(ring), 130 + 80 * np.sin(ring)], axis=1)
        small = points / 4
        detection = np.array([200.0, 60, 300, 200, 0.97])
        return [small, points], None, [detection / 4, detection]
'''


@pytest.fixture
def fake_face_alignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a tiny package named face-alignment for one test."""
    (tmp_path / "face_alignment").mkdir()
    (tmp_path / "face_alignment" / "__init__.py").write_text(FAKE_FACE_ALIGNMENT)
    info = tmp_path / "face_alignment-1.4.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: face-alignment\nVersion: 1.4.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield

    sys.modules.pop("face_alignment", None)
