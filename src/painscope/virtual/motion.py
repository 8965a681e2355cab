"""FaceMotion: what a virtual face does, frame by frame, in FACS terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["ACTION_UNITS", "FaceMotion"]

#: The action units a virtual face can show, in the order of every array about them.
ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27, 43)


@dataclass(frozen=True)
class FaceMotion:
    """A face's movement over T frames.

    Attributes
    ----------
    time_s : float64 [T]
    action_units : float32 [T, 19, 2]
        FACS intensity 0 (absent) to 5 (maximum) per `ACTION_UNITS`; last axis is the
        person's left and right side. Units without sides (25, 26, 27) hold the same twice.
    blink : float32 [T, 2]
        Lid closure by blinking (AU45), 0 open to 1 closed, left and right; not part of AU43.
    gaze : float32 [T, 2]
        Eye direction against the head in degrees: yaw (positive to the person's left)
        and pitch (positive up).
    pose : float32 [T, 3]
        Head yaw, pitch and roll in degrees (positive: to the person's left, up,
        towards the person's left shoulder).
    offset : float32 [T, 2]
        Displacement of the head in the picture, in shares of the face's height: right, down.
    """

    time_s: np.ndarray
    action_units: np.ndarray
    blink: np.ndarray
    gaze: np.ndarray
    pose: np.ndarray
    offset: np.ndarray

    def __len__(self) -> int:
        return len(self.time_s)

    @classmethod
    def still(cls, time_s: np.ndarray) -> FaceMotion:
        """Return a neutral, motionless, frontal face at the given times."""
        n = len(time_s)
        zeros = [(n, len(ACTION_UNITS), 2), (n, 2), (n, 2), (n, 3), (n, 2)]
        return cls(
            np.asarray(time_s, np.float64), *(np.zeros(shape, np.float32) for shape in zeros)
        )

    @classmethod
    def held(
        cls,
        units: Mapping[int, float | tuple[float, float]],
        *,
        pose: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> FaceMotion:
        """Return one frame of an expression.

        Parameters
        ----------
        units : mapping of int to float or (float, float)
            Intensity 0–5 of each action unit, of both sides or of left and right.
        pose : (float, float, float)
            Head yaw, pitch and roll in degrees.
        """
        motion = cls.still(np.zeros(1))
        for unit, intensity in units.items():
            motion.action_units[0, ACTION_UNITS.index(unit)] = intensity
        motion.pose[0] = pose
        return motion

    def intensity(self, action_unit: int) -> np.ndarray:
        """Return one unit's intensity, the stronger side: float32 [T]."""
        return self.action_units[:, ACTION_UNITS.index(action_unit)].max(axis=1)

    def pspi(self) -> np.ndarray:
        """Return the Prkachin–Solomon pain intensity per frame, 0–16: float32 [T].

        PSPI = AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43, where AU43 counts 1 if the
        eyes are closed (Prkachin and Solomon, 2008).
        """
        au = self.intensity
        closed = (au(43) >= 2.5).astype(np.float32)
        return au(4) + np.maximum(au(6), au(7)) + np.maximum(au(9), au(10)) + closed
