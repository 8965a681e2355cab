"""One numbering of a face's points, iBUG's 68, whatever the locator gives."""

from __future__ import annotations

import numpy as np

from painscope.errors import UsageError

__all__ = ["MEDIAPIPE_68", "to_68"]

#: MediaPipe's points for iBUG's 68, in iBUG's order. Where several are near (the brows' outer
#: ends, the nostrils) the one that lay nearest on pictures of virtual people, whose 68 are known.
MEDIAPIPE_68 = np.array(
    [162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
     70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327,
     33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
     61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87]
)  # fmt: skip


def to_68(landmarks: np.ndarray, wanted_by: str) -> np.ndarray:
    """Return iBUG's 68 points of a locator's landmarks, [..., K, 2] to [..., 68, 2].

    Of 66, as UNBC-McMaster has them, the inner corners of the lips are lacking; they are put on
    the outer corners.

    Raises
    ------
    UsageError
        If there are neither 68 nor 66, nor MediaPipe's 478 of them; `wanted_by` is named.
    """
    count = landmarks.shape[-2]
    if count == 68:
        return landmarks
    if count == 66:
        return landmarks[..., [*range(60), 48, 60, 61, 62, 54, 63, 64, 65], :]
    if count == 478:
        return landmarks[..., MEDIAPIPE_68, :]
    raise UsageError(
        f"{wanted_by}: the locator gives {count} landmarks, not 66, 68 or 478",
        hint="Use the locator mediapipe or face-alignment.",
    )
