"""A square crop around a face."""

from __future__ import annotations

import numpy as np

__all__ = ["CROP_SIZE", "crop_face", "crop_landmarks", "square_around"]

#: Side of a crop in pixels: VGG16's input.
CROP_SIZE = 224


def square_around(box: np.ndarray, margin: float) -> tuple[int, int, int]:
    """Return the square around a box in whole pixels: left, top, side.

    The square shares the box's centre; its side is the box's longer side with `margin`
    times that side added at either end.

    Parameters
    ----------
    box : float [4]
        ``x0 y0 x1 y1`` in pixels.
    margin : float
        Share of the box's longer side.
    """
    x0, y0, x1, y1 = (float(edge) for edge in box)
    side = max(1, round(max(x1 - x0, y1 - y0) * (1 + 2 * margin)))
    return round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2), side


def crop_face(
    image: np.ndarray, box: np.ndarray, *, margin: float, size: int = CROP_SIZE
) -> np.ndarray:
    """Cut a square around a face and scale it.

    What lies beyond the image's border is black: nothing is invented. Shrinking averages
    areas, enlarging interpolates linearly.

    Parameters
    ----------
    image : uint8 [H, W, 3]
    box : float [4]
        ``x0 y0 x1 y1`` in pixels.
    margin : float
        See `square_around`.
    size : int
        Side of the result in pixels.

    Returns
    -------
    uint8 [size, size, 3]
    """
    import cv2

    left, top, side = square_around(box, margin)
    height, width = image.shape[:2]
    x0, x1 = (min(max(x, 0), width) for x in (left, left + side))
    y0, y1 = (min(max(y, 0), height) for y in (top, top + side))
    square = image[y0:y1, x0:x1]
    if square.shape[:2] != (side, side):
        square = np.zeros((side, side, 3), np.uint8)
        square[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=method)


def crop_landmarks(
    landmarks: np.ndarray, box: np.ndarray, *, margin: float, size: int
) -> np.ndarray:
    """Return landmarks in the pixels of the crops that `crop_face` cuts.

    Parameters
    ----------
    landmarks : float [T, K, 2]
        In the frame's pixels.
    box : float [T, 4]
        NaN where there is no face; so are the results then.
    margin, size
        Those of the crops.

    Returns
    -------
    float32 [T, K, 2]
    """
    moved = np.full(landmarks.shape, np.nan, np.float32)
    for k in np.flatnonzero(np.isfinite(box).all(axis=1)):
        left, top, side = square_around(box[k], margin)
        moved[k] = (landmarks[k] - (left, top)) * (size / side)
    return moved
