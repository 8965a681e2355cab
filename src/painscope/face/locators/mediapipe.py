"""MediaPipe's Face Landmarker: 478 landmarks and 52 blendshapes."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from painscope.errors import CheckpointError, UsageError
from painscope.face.locators.base import Face, largest_first
from painscope.files import storage_errors
from painscope.home import home, model_folders

__all__ = ["MediaPipeLandmarker", "download_face_landmarker", "find_face_landmarker"]

MODEL_NAME = "face_landmarker.task"
MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/"
    "face_landmarker/face_landmarker/float16/1/face_landmarker.task"
)
#: The model bundles that are known: Google's own file, and a mirror's.
GOOGLE_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
MIRROR_SHA256 = "41502960a7323080e5bbf46804f4fe6d0d83aa0aa82ba3209831286e94300083"

HOW_TO_DOWNLOAD = "Get it once with: painscope download (3.8 MB)."

#: Names of the blendshapes, in the model's order (after ARKit; the first is the rest).
BLENDSHAPES = (  # noqa: SIM905 - fifty-two quoted names are hard to read
    "_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft "
    "eyeLookDownRight eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft "
    "eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft "
    "jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft "
    "mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight "
    "mouthPressLeft mouthPressRight mouthPucker mouthRight mouthRollLower mouthRollUpper "
    "mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight mouthStretchLeft "
    "mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight"
).split()

#: Held while the terminal is kept quiet: it is the whole process's, and each reader is a thread.
_SILENCE = threading.Lock()


class MediaPipeLandmarker:
    """MediaPipe's Face Landmarker in its image mode: each frame stands for itself.

    The video mode tracks: a frame's values then depend on the frames before it, and of
    several people it may stay with the wrong one. It gains little speed, none with
    several faces (docs/face.md). The model gives no score, so a face's confidence is 1.

    Parameters
    ----------
    model : path-like, optional
        The model bundle; by default the downloaded one (`find_face_landmarker`).
    faces : int, default 4
        At most so many faces are found in a frame. Following one person among several
        needs to see the others.
    threshold : float, default 0.5
        Smallest score, 0–1, of the model's face detector and of its face presence.
    """

    name = "mediapipe"
    landmark_count = 478
    blendshape_names = tuple(BLENDSHAPES)
    default_margin = 0.1
    smoothing_s = 0.0

    def __init__(
        self, *, model: Path | str | None = None, faces: int = 4, threshold: float = 0.5
    ) -> None:
        if faces < 1 or not 0 < threshold < 1:
            raise UsageError(
                f"mediapipe: faces {faces} must be 1 or more and threshold {threshold} "
                "between 0 and 1"
            )
        found = Path(model) if model is not None else find_face_landmarker()
        if found is None:
            raise UsageError(
                f"mediapipe: its model file {MODEL_NAME} is not here yet",
                path=home() / "models" / MODEL_NAME,
                hint=f"{HOW_TO_DOWNLOAD} Or choose the locator lbp-cascade.",
            )
        self.model, self.faces, self.threshold = found, faces, threshold
        self._sha256 = _known_sha256(found)
        _ignore_profiling_signal()  # here: the first picture may be another thread's

    def __reduce__(self) -> tuple:
        make = partial(type(self), model=self.model, faces=self.faces, threshold=self.threshold)
        return make, ()

    @property
    def provenance(self) -> Mapping[str, object]:
        """Name, model's sha256, MediaPipe's version, mode and settings."""
        from importlib.metadata import version

        return {
            "name": self.name,
            "model_sha256": self._sha256,
            "library": f"mediapipe {version('mediapipe')}",
            "mode": "image",
            "faces": self.faces,
            "threshold": self.threshold,
        }

    @cached_property
    def _landmarker(self) -> Any:  # MediaPipe's FaceLandmarker
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.FaceLandmarkerOptions(
            # As bytes: MediaPipe cannot open every path (on Windows, letters beyond ASCII).
            base_options=BaseOptions(model_asset_buffer=self.model.read_bytes()),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=self.faces,
            min_face_detection_confidence=self.threshold,
            min_face_presence_confidence=self.threshold,
            output_face_blendshapes=True,
        )
        with _silent_stderr():
            landmarker = vision.FaceLandmarker.create_from_options(options)
        weakref.finalize(self, _close, landmarker)
        return landmarker

    def locate(self, image: np.ndarray) -> list[Face]:
        """Return the faces in an RGB image (uint8 [H, W, 3]), the largest first."""
        landmarker = self._landmarker
        import mediapipe

        height, width = image.shape[:2]
        pixels = np.ascontiguousarray(image)
        result = landmarker.detect(
            mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
        )
        faces = []
        for points, shapes in zip(result.face_landmarks, result.face_blendshapes, strict=True):
            landmarks = np.array([(p.x * width, p.y * height) for p in points], np.float32)
            faces.append(
                Face(
                    box=np.concatenate([landmarks.min(axis=0), landmarks.max(axis=0)]),
                    landmarks=landmarks,
                    blendshapes=np.array([shape.score for shape in shapes], np.float32),
                    confidence=1.0,
                )
            )
        return largest_first(faces)


def _ignore_profiling_signal() -> None:
    """Keep MediaPipe from ending the process.

    At its first picture MediaPipe 1.2 handles SIGPROF for a moment, for a profiler of its own;
    on a busy machine the signal can come when nobody handles it, and then ends the process
    ("Profiling timer expired"). Whoever profiles with a handler of their own keeps it.
    """
    unhandled = (
        hasattr(signal, "SIGPROF")  # not on Windows
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGPROF) == signal.SIG_DFL
    )
    if unhandled:
        signal.signal(signal.SIGPROF, signal.SIG_IGN)


def find_face_landmarker() -> Path | None:
    """Return the model bundle in painscope's or the assets' folder, or None."""
    for folder in model_folders():
        if (folder / MODEL_NAME).is_file():
            return folder / MODEL_NAME
    return None


def download_face_landmarker() -> Path:
    """Download Google's model bundle (3.8 MB) into painscope's folder; return its path.

    Nothing else in painscope downloads anything, and this only when called. A file that is
    already there and whole is kept.

    Raises
    ------
    CheckpointError
        If the network cannot be reached or what came has another sha256.
    StorageError
        If the disk is full or the folder cannot be written.
    """
    import pooch
    import requests

    folder = home() / "models"
    with storage_errors(folder):
        try:
            pooch.retrieve(MODEL_URL, f"sha256:{GOOGLE_SHA256}", fname=MODEL_NAME, path=folder)
        except (ValueError, requests.RequestException) as error:
            raise CheckpointError(
                f"could not be downloaded from {MODEL_URL} ({type(error).__name__})",
                path=folder / MODEL_NAME,
                hint="Try again, or fetch it by hand and put it there.",
            ) from error
    return folder / MODEL_NAME


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep MediaPipe's C++ start-up notes off the terminal; its errors are exceptions."""
    with _SILENCE:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def _close(landmarker: Any) -> None:
    try:
        landmarker.close()
    except RuntimeError:
        # At the interpreter's end its thread is gone already; without this line its
        # __del__ would try again and complain on the terminal.
        landmarker._handle = None


def _known_sha256(model: Path) -> str:
    """Return a model file's sha256; raise `CheckpointError` unless it is a known one."""
    try:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise CheckpointError(
            f"cannot be read ({error.strerror})", path=model, hint=HOW_TO_DOWNLOAD
        ) from error
    if digest not in (GOOGLE_SHA256, MIRROR_SHA256):
        raise CheckpointError(
            f"is not the face landmarker that painscope knows (sha256 {digest[:12]}…)",
            path=model,
            hint=f"Remove it. {HOW_TO_DOWNLOAD}",
        )
    return digest
