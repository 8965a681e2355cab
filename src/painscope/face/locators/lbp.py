"""A face locator without weights: the LBP cascade that ships inside scikit-image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from painscope.errors import UsageError
from painscope.face.locators.base import Face, largest_first

__all__ = ["LBPCascade"]

#: Growth of the search window from one scale to the next.
SCALE_STEP = 1.1
#: Detections that must agree on a face (beyond the first), and how closely.
NEIGHBOURS, AGREEMENT = 2, 0.2
#: Smallest face, in pixels of the reduced image: the window the cascade was trained on.
SMALLEST = 24
#: Head tilts tried, in turn, on a frame where no upright face is found, in degrees.
TILTS: tuple[float, ...] = (15.0, -15.0, 30.0, -30.0)
#: From the cascade's square window to a box like the one around MediaPipe's landmarks,
#: in shares of the window's side: width, height, and how far the centre moves down.
#: Means over four videos of one face each (docs/face.md).
WIDTH, HEIGHT, LOWER = 0.77, 0.96, 0.09


class LBPCascade:
    """Local binary patterns and a boosted cascade (Liao et al. 2007); works off-line.

    Finds frontal faces, up to about 30° of tilt, and gives no landmarks. The cascade file
    is scikit-image's; OpenCV evaluates it, some twenty times as fast as scikit-image. A
    face's confidence is ``1 - 1 / n`` where n windows agree on it.

    Parameters
    ----------
    detail : int, default 240
        The frame is reduced until its longer side has this many pixels; the smallest
        face found has a tenth of that side at 240, a twentieth at 480, which takes four
        times as long.

    References
    ----------
    Liao, S. et al. Learning multi-scale block local binary patterns for face recognition.
    International Conference on Biometrics, 2007, 828–837.
    """

    name = "lbp-cascade"
    landmark_count = 0
    blendshape_names: tuple[str, ...] = ()
    default_margin = 0.1
    smoothing_s = 0.2

    def __init__(self, *, detail: int = 240) -> None:
        if detail < 2 * SMALLEST:
            raise UsageError(f"lbp-cascade: detail {detail} is below {2 * SMALLEST} pixels")
        self.detail = detail

    def __reduce__(self) -> tuple:
        return partial(type(self), detail=self.detail), ()

    @property
    def provenance(self) -> Mapping[str, object]:
        """Name, cascade's sha256, OpenCV's version and the detail."""
        import cv2

        return {
            "name": self.name,
            "model_sha256": hashlib.sha256(_cascade_file().read_bytes()).hexdigest(),
            "library": f"opencv {cv2.__version__}",
            "detail": self.detail,
        }

    @cached_property
    def _cascade(self) -> Any:  # a cv2.CascadeClassifier
        import cv2

        # The file has a misspelt element that scikit-image overlooks and OpenCV does not.
        text = _cascade_file().read_text().replace("featuhreParams", "featureParams")
        storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
        cascade = cv2.CascadeClassifier()
        if not cascade.read(storage.getFirstTopLevelNode()):
            raise UsageError(
                "lbp-cascade: OpenCV cannot read the cascade of this scikit-image",
                hint="Choose another locator, such as mediapipe.",
            )
        return cascade

    def locate(self, image: np.ndarray) -> list[Face]:
        """Return the faces in an RGB image (uint8 [H, W, 3]), the largest first.

        The tilts are tried only where no upright face is found: of two people, a tilted
        one is overlooked while the other is upright.
        """
        import cv2

        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = min(1.0, self.detail / max(grey.shape))
        if scale < 1:
            size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        for tilt in (0.0, *TILTS):
            windows, votes = self._windows(grey, tilt)
            if len(windows):
                break
        return largest_first(_face(w / scale, v) for w, v in zip(windows, votes, strict=True))

    def _windows(self, grey: np.ndarray, tilt: float) -> tuple[np.ndarray, np.ndarray]:
        """Return windows, float64 [N, 3] as centre x, centre y, side, and their votes [N]."""
        import cv2

        if tilt:
            height, width = grey.shape
            turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
            grey = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        smallest = (SMALLEST, SMALLEST)
        raw = self._cascade.detectMultiScale(grey, SCALE_STEP, minNeighbors=0, minSize=smallest)
        # OpenCV's threads append in any order; sorted, the grouping gives the same boxes twice.
        raw = sorted(map(tuple, np.reshape(raw, (-1, 4)).tolist()))
        grouped, votes = cv2.groupRectangles(raw, NEIGHBOURS, AGREEMENT) if raw else ((), ())
        boxes = np.reshape(np.asarray(grouped, np.float64), (-1, 4))
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        if tilt:
            back = cv2.invertAffineTransform(turn)
            centres = centres @ back[:, :2].T + back[:, 2]
        return np.column_stack([centres, boxes[:, 2]]), np.ravel(votes)


def _cascade_file() -> Path:
    from skimage.data import lbp_frontal_face_cascade_filename

    return Path(lbp_frontal_face_cascade_filename())


def _face(window: np.ndarray, votes: int) -> Face:
    x, y, side = window
    y += LOWER * side
    reach_x, reach_y = WIDTH * side / 2, HEIGHT * side / 2
    return Face(
        box=np.array([x - reach_x, y - reach_y, x + reach_x, y + reach_y], np.float32),
        landmarks=np.zeros((0, 2), np.float32),
        blendshapes=np.zeros(0, np.float32),
        confidence=1 - 1 / float(votes),
    )
