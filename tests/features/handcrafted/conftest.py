"""Real faces, cropped and with 478 landmarks; and drawn ones whose landmarks are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.features.crops import RECORDING, crop_batch

from painscope.face import CropBatch, FaceStream, FaceTrack, make_locator
from painscope.face.locators import Locator
from painscope.recording import Recording
from painscope.virtual.motion import FaceMotion
from painscope.virtual.people import sample_person
from painscope.virtual.render import Renderer
from painscope.virtual.scene import sample_scene


@pytest.fixture(scope="session")
def locator(assets: Path) -> Locator:
    return make_locator("mediapipe", model=assets / "models" / "face_landmarker.task")


@pytest.fixture(scope="session")
def real(assets: Path, locator: Locator) -> CropBatch:
    """Twenty-four frames of a face that begins to smile."""
    clip = replace(RECORDING, video=assets / "videos/single_face.mp4", start_s=0.3, stop_s=1.1)
    return CropBatch.concatenate(list(FaceStream(clip, locator, size=128)))


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(sample_person(3), sample_scene(3), size=(320, 320), face_px=190)


@pytest.fixture
def true_track(renderer: Renderer) -> Callable[[FaceMotion], CropBatch]:
    """A function that returns the true 68 landmarks of a motion, with crops of no use."""

    def make(motion: FaceMotion) -> CropBatch:
        points = np.stack([renderer.landmarks(motion, k) for k in range(len(motion))])
        return with_landmarks(points)

    return make


def with_landmarks(points: np.ndarray) -> CropBatch:
    """Return a batch with these landmarks [T, K, 2], at 30 frames per second."""
    batch = crop_batch(len(points), 16)
    return replace(batch, track=replace(batch.track, landmarks=points.astype(np.float32)))


def pictures_track(crops: np.ndarray, box: np.ndarray | None = None) -> CropBatch:
    """Return a batch of these crops [T, S, S, 3] at 30 frames per second."""
    n = len(crops)
    whole = np.tile(np.array([0, 0, 128, 128], np.float32), (n, 1))
    track = FaceTrack(
        time_s=np.arange(n) / 30,
        box=whole if box is None else box.astype(np.float32),
        landmarks=np.zeros((n, 0, 2), np.float32),
        blendshapes=np.zeros((n, 0), np.float32),
        confidence=np.ones(n, np.float32),
        found=np.ones(n, bool),
    )
    return CropBatch(crops, track)


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., CropBatch]:
    return pictures_track


@pytest.fixture(scope="session", name="with_landmarks")
def landmarks_batch() -> Callable[[np.ndarray], CropBatch]:
    return with_landmarks


@pytest.fixture(scope="session")
def recording() -> Recording:
    return RECORDING
