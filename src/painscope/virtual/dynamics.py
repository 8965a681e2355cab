"""How a face moves: curves that rise, hold and fade, and the score they are written into."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from painscope.virtual.motion import ACTION_UNITS, FaceMotion

__all__ = ["Score", "envelope", "generator", "lognormal", "pulse", "stable_seed", "wander"]

#: Units whose two sides cannot differ: the lips' parting and the jaw.
UNSIDED = frozenset({25, 26, 27})

#: Exponent of the norm that joins two sources of one unit: near to their maximum, yet smooth.
_JOIN = 3.0


def stable_seed(*parts: object) -> int:
    """Return a 63-bit seed that depends on `parts` alone, on every machine and in every run.

    Seeds of different datasets never coincide, since the dataset's name is a part.
    """
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(*parts: object) -> np.random.Generator:
    """Return a random generator seeded by `stable_seed` of `parts`."""
    return np.random.default_rng(stable_seed(*parts))


def lognormal(rng: np.random.Generator, median: float, spread: float) -> float:
    """Draw a positive number: `spread` is the standard deviation of its logarithm."""
    return float(median * np.exp(spread * rng.standard_normal()))


def _smooth(u: np.ndarray) -> np.ndarray:
    """Minimum-jerk step (Flash and Hogan, 1985): 0 at 0, 1 at 1, at rest at both ends."""
    u = np.clip(u, 0.0, 1.0)
    return u**3 * (10.0 + u * (6.0 * u - 15.0))


def envelope(
    time_s: np.ndarray, onset_s: float, rise_s: float, hold_s: float, fade_s: float
) -> np.ndarray:
    """Return an onset–apex–offset curve, 0 to 1: float64 [T].

    It rises by a minimum-jerk step and fades in the same way but with its fall drawn
    out towards the end: facial offsets are slower than onsets and leave a tail.

    Parameters
    ----------
    time_s : float64 [T]
    onset_s : float
        When it begins to rise.
    rise_s, hold_s, fade_s : float
        Lengths of its three phases.
    """
    since = np.asarray(time_s, np.float64) - onset_s
    rise = _smooth(since / rise_s)
    fade = np.clip((since - rise_s - hold_s) / fade_s, 0.0, 1.0)
    return rise * (1.0 - _smooth(fade**0.75))


def pulse(time_s: np.ndarray, onset_s: float, close_s: float, open_s: float) -> np.ndarray:
    """Return a quick movement there and back, 0 to 1, without a hold: float64 [T]."""
    return envelope(time_s, onset_s, close_s, 0.0, open_s)


def wander(
    rng: np.random.Generator,
    time_s: np.ndarray,
    period_s: float,
    columns: int | None = None,
) -> np.ndarray:
    """Return a smooth random curve of about unit variance and zero mean.

    A uniform quadratic B-spline whose coefficients, `period_s` apart, are independent normal
    values, as many as the last time needs: `period_s` and not the frame rate makes it smooth.

    Parameters
    ----------
    columns : int, optional
        How many independent curves.

    Returns
    -------
    float64 [T], or [T, columns]
    """
    place = (np.asarray(time_s) - (time_s[0] if len(time_s) else 0.0)) / period_s + rng.random()
    knot = place.astype(int)
    shape = (int(knot.max(initial=0)) + 3,)
    values = rng.standard_normal(shape if columns is None else (*shape, columns))
    u = place - knot if columns is None else (place - knot)[:, None]
    curve = (1 - u) ** 2 * values[knot] + (1 + 2 * u * (1 - u)) * values[knot + 1]
    # The basis's mean square is 0.55.
    return (curve + u**2 * values[knot + 2]) / (2 * np.sqrt(0.55))


class Score:
    """A face's movement under construction, as a score gathers its voices.

    Sources add what they do to the same face: action units are joined by a smooth maximum
    (smiling while talking does not sum up to more than a smile), pose and gaze are added.

    Parameters
    ----------
    time_s : float64 [T]
        Times of the frames in seconds; need not be regular.
    """

    def __init__(self, time_s: np.ndarray) -> None:
        self.time_s = np.asarray(time_s, np.float64)
        n = len(self.time_s)
        self._powers = np.zeros((n, len(ACTION_UNITS), 2))
        self.blink = np.zeros((n, 2))
        self.gaze = np.zeros((n, 2))
        self.pose = np.zeros((n, 3))
        self.offset = np.zeros((n, 2))

    @property
    def stop_s(self) -> float:
        """The last frame's time."""
        return float(self.time_s[-1]) if len(self.time_s) else 0.0

    def span(self, start_s: float, stop_s: float) -> slice:
        """Return which frames lie in a stretch of time: what is short is cheap to write."""
        first, stop = np.searchsorted(self.time_s, (start_s, stop_s))
        return slice(int(first), int(stop))

    def add(
        self,
        action_unit: int,
        curve: np.ndarray,
        sides: tuple[float, float] = (1, 1),
        span: slice = slice(None),
    ) -> None:
        """Join an intensity curve (0–5 [T]) to one unit; `sides` scale its left and right."""
        if action_unit in UNSIDED:
            sides = (1.0, 1.0)
        both = np.maximum(np.asarray(curve)[:, None] * np.asarray(sides), 0.0)
        self._powers[span, ACTION_UNITS.index(action_unit)] += both**_JOIN

    def express(
        self,
        rng: np.random.Generator,
        intensities: Mapping[int, float],
        *,
        onset_s: float,
        rise_s: float,
        hold_s: float,
        fade_s: float,
        asymmetry: float = 0.08,
    ) -> None:
        """Add one expression: its units start nearly together, each in its own way.

        Parameters
        ----------
        intensities : mapping of int to float
            Apex per action unit, 0–5.
        asymmetry : float
            Standard deviation of the relative difference between the sides.
        """
        lean = rng.normal(0, asymmetry)
        for unit, apex in intensities.items():
            lag = abs(rng.normal(0, 0.25)) * rise_s
            stretch = rng.lognormal(0, 0.15)
            start_s, rise, fade = onset_s + lag, rise_s * stretch, fade_s / stretch
            own = lean + rng.normal(0, asymmetry / 2)
            span = self.span(start_s, start_s + rise + hold_s + fade)
            time_s = self.time_s[span]
            curve = apex * envelope(time_s, start_s, rise, hold_s, fade)
            curve *= 1 + 0.07 * wander(rng, time_s, 0.6)
            self.add(unit, curve, (1 + own / 2, 1 - own / 2), span)

    def motion(self) -> FaceMotion:
        """Return what was gathered, within the bounds of a face."""
        units = np.minimum(self._powers ** (1 / _JOIN), 5.0)
        return FaceMotion(
            self.time_s,
            units.astype(np.float32),
            np.clip(self.blink, 0, 1).astype(np.float32),
            np.clip(self.gaze, -35, 35).astype(np.float32),
            np.clip(self.pose, -40, 40).astype(np.float32),
            self.offset.astype(np.float32),
        )
