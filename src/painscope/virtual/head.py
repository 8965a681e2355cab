"""The shape of one person's head, at rest: the canonical grid placed in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from painscope.virtual.anatomy import (
    ABOVE_EYES,
    EYE_HALF,
    EYE_ROW,
    EYE_X,
    MOUTH_HALF,
    MOUTH_Y,
    THETA,
    P,
    Q,
    bump,
    eye_profile,
    smoothstep,
    twin_bump,
)
from painscope.virtual.people import Person

__all__ = ["Head", "build_head", "lip_edges"]

# Profiles over q: the skull's widest half, its reach forwards, how square its section is, where
# the section's centre lies, and the height of the row (rows under the chin turn backwards).
_PROFILE_Q = [-132, -121, -113, -105, -90, -70, -50, -25, 0, 30, 60, 85, 105, 118, 126]
_HALF_WIDTH = [36, 40, 43, 46.5, 52, 59, 64.5, 68.5, 71, 73.5, 73.5, 67, 52, 33, 4]
_REACH = [26, 56, 79, 91, 96, 98, 98, 99, 101, 107, 107, 96, 74, 46, 7]
_CENTRE = [-2, -3, -4, -6, -8, -10, -11, -11.5, -12, -13, -15, -16, -18, -20, -20]
_SQUARE = [2.0, 2.0, 2.05, 2.1, 2.15, 2.25, 2.3, 2.3, 2.3, 2.25, 2.15, 2.05, 2.0, 2.0, 2.0]
_HEIGHT = [-113, -115, -112, -105, -90, -70, -50, -25, 0, 29, 57, 80, 99, 110, 113.5]


@dataclass(frozen=True)
class Head:
    """A head at rest.

    Attributes
    ----------
    person : Person
    points : float32 [ROWS * COLUMNS, 3]
        The skin in mm: towards the person's left, up, forwards; lids and lips closed.
    eye_centres : float32 [2, 3]
        Centres of the eyeballs, left then right.
    eye_radius : float
        In mm.
    """

    person: Person
    points: np.ndarray
    eye_centres: np.ndarray
    eye_radius: float


def lip_edges(person: Person, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return q of the upper and the lower lip's outer edge at p."""
    r = np.clip(np.abs(p) / (MOUTH_HALF + 1.0), 0.0, 1.0)
    bow = 1.0 + 0.10 * np.exp(-(((np.abs(p) - 5.5) / 3.5) ** 2)) - 0.16 * np.exp(-((p / 2.6) ** 2))
    upper = MOUTH_Y + person.upper_lip * (1.0 - r**1.5) * bow
    lower = MOUTH_Y - person.lower_lip * (1.0 - r**2.2)
    return upper, lower


def build_head(person: Person, hair_volume: np.ndarray | None = None) -> Head:
    """Shape a head.

    Parameters
    ----------
    person : Person
    hair_volume : float [ROWS, COLUMNS], optional
        Millimetres by which hair stands off the scalp.
    """
    x, y, z = _skull(person)
    z = z + _nose(person) + _sockets(person) + _cheeks_and_jaw(person) + _mouth(person)
    x, y = _proportions(person, x, y)
    points = np.stack([x, y, z], axis=-1)
    if hair_volume is not None:
        points = points + hair_volume[..., None] * _outwards(points)
    points = points.astype(np.float32)
    radius = 12.0 * person.eye_size
    centres = []
    for side in (1, -1):
        column = int(np.argmin(np.abs(P[EYE_ROW] - side * EYE_X)))
        px, py, pz = points[EYE_ROW, column]
        centres.append((px, py - 0.2, pz - radius + 0.4))
    return Head(person, points.reshape(-1, 3), np.array(centres, np.float32), radius)


def _skull(person: Person) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y, z of the bare ovoid with its jaw."""

    def over_q(values: Sequence[float]) -> np.ndarray:
        return PchipInterpolator(_PROFILE_Q, values)(Q[:, :1])

    low = smoothstep(-25, -95, Q)
    width = over_q(_HALF_WIDTH) * person.face_width * (1 + (person.jaw_width - 1) * low)
    width = width + 2.2 * person.fullness * smoothstep(0, -60, Q)
    square = over_q(_SQUARE)
    sine, cosine = np.sin(THETA), np.cos(THETA)
    radius = (np.abs(sine) ** square + np.abs(cosine) ** square) ** (-1.0 / square)
    z = over_q(_CENTRE) + over_q(_REACH) * radius * np.where(cosine > 0, cosine, 0.8 * cosine)
    # The jaw's lower border climbs towards the ear.
    climb = smoothstep(-70, -118, Q) * (
        smoothstep(0.45, 1.5, np.abs(THETA)) * 20.0 + 13.0 * np.minimum(np.abs(THETA), 0.8) ** 2
    )
    y = over_q(_HEIGHT) + climb
    return width * radius * sine, y, z


def _dome(p: np.ndarray, q: np.ndarray, at: tuple[float, float], half: tuple[float, float]):
    """Return a rounded dome of height 1 that ends steeply, as flesh does."""
    d = ((p - at[0]) / half[0]) ** 2 + ((q - at[1]) / half[1]) ** 2
    return np.clip(1.0 - d, 0.0, 1.0) ** 0.6


def _nose(person: Person) -> np.ndarray:
    wide, high = person.nose_width, person.nose_height
    # Heights of the ridge along the midline, root to lip.
    at = np.array([-55, -52.5, -50.5, -48.5, -46, -43, -39, -35, -28, -18, -8, 2, 8, 14])
    ridge = PchipInterpolator(
        at, [0, 1.0, 3.0, 8, 14.0, 18.0, 20.0, 18.6, 14.6, 10.0, 6.6, 4.6, 3.6, 0]
    )
    spread = PchipInterpolator(
        [-52, -48, -45, -41, -36, -28, -12, 6, 14], [5.0, 5.4, 6.8, 8.2, 8.0, 7.4, 6.8, 7.4, 8.6]
    )
    level = Q[:, :1]
    inside = (level > -55) & (level < 14)
    q = np.clip(level, -55, 14)
    bell = np.exp(
        -((np.abs(P) / (spread(np.clip(q, -52, 14)) * (0.55 + 0.45 * wide))) ** 2.1) / 1.8
    )
    bridge = np.where(inside, ridge(q), 0.0) * bell * high
    tip = 19.5 * high * _dome(P, Q, (0, -38.5), (9.0 * wide, 9.0)) * 0.98
    wings = sum(
        11.0 * high**0.5 * _dome(P, Q, (side * 12.0 * wide, -40.4), (6.0 * wide**0.5, 6.0))
        for side in (1, -1)
    )
    k = 1.6  # mm over which the masses melt into each other
    mass = k * np.log(np.exp(bridge / k) + np.exp(tip / k) + np.exp(wings / k) - 2.0 + 1e-9)
    flank = 5.0 * bump(P, Q, (0, -30), (15.0 * wide, 13))
    crease = -1.8 * twin_bump(P, Q, (19.5 * wide, -41), (2.4, 6.5))
    nostrils = -4.5 * twin_bump(P, Q, (6.9 * wide, -46.2), (2.4, 1.5))
    return mass + flank + crease + nostrils


def _sockets(person: Person) -> np.ndarray:
    brow_ridge = 0.65 if person.female else 1.15
    z = 4.2 * brow_ridge * twin_bump(P, Q, (24, 17), (16, 6.5))
    z += 1.5 * bump(P, Q, (0, 15), (10, 7))
    z -= 8.2 * twin_bump(P, Q, (30, 1), (13, 9)) + 3.5 * twin_bump(P, Q, (15, 3), (5, 8))
    z -= 4.0 * twin_bump(P, Q, (50, 0), (8, 9))
    lids = eye_profile(P, 1, upper=True) + eye_profile(P, -1, upper=True)
    z += np.where(ABOVE_EYES, np.exp(-((Q / 4.5) ** 2)) * np.clip(lids, 0, 1), 0.0)
    # The fold above the lid, deep or hardly there, and the bags that come with age.
    z += person.lid_fold * 1.5 * twin_bump(P, Q, (32, 10.5), (13, 2.6))
    z -= person.lid_fold * 1.1 * twin_bump(P, Q, (31, 7.4), (13, 1.3))
    z += (1 - person.lid_fold) * 2.0 * twin_bump(P, Q, (28, 8), (14, 5))
    z += 1.6 * person.wrinkles * twin_bump(P, Q, (32, -11), (11, 3.2))
    return z - 1.0 * person.wrinkles * twin_bump(P, Q, (32, -16.5), (11, 2.2))


def _cheeks_and_jaw(person: Person) -> np.ndarray:
    full, bony = person.fullness, person.cheekbones
    z = (4.0 + 1.0 * bony) * twin_bump(P, Q, (46, -22), (14, 11))
    z += (-2.6 + 2.2 * full - 0.8 * person.wrinkles) * twin_bump(P, Q, (46, -58), (13, 14))
    z += (-2.5 + 1.0 * full) * twin_bump(P, Q, (66, 22), (10, 18))
    z += 2.6 * bump(P, Q, (0, -62), (24, 16)) + 1.5 * full * twin_bump(P, Q, (36, -84), (14, 12))
    z += 6.2 * person.chin * bump(P, Q, (0, -101), (13, 8.5))
    z -= 2.4 * bump(P, Q, (0, -87.5), (16, 4))
    jowl = person.wrinkles + 0.5 * max(full, 0)
    return z + 2.2 * jowl * twin_bump(P, Q, (40, -94), (9, 9))


def _mouth(person: Person) -> np.ndarray:
    upper, lower = lip_edges(person, P)
    taper = np.clip(1.0 - (P / 27.0) ** 2, 0.0, 1.0) ** 0.6
    above, below = np.maximum(upper - MOUTH_Y, 1.5), np.maximum(MOUTH_Y - lower, 1.5)
    z = 4.4 * np.exp(-0.5 * ((Q - MOUTH_Y - 0.62 * above) / (0.5 * above)) ** 2) * taper
    z += 4.8 * np.exp(-0.5 * ((Q - MOUTH_Y + 0.55 * below) / (0.48 * below)) ** 2) * taper
    z -= 2.2 * np.exp(-(((Q - MOUTH_Y) / 1.6) ** 2)) * np.clip(1.0 - (P / 27.0) ** 2, 0, 1)
    z -= 1.5 * twin_bump(P, Q, (27, -71), (4, 4))
    return z - 1.3 * bump(P, Q, (0, -57), (2.5, 5)) + 0.7 * twin_bump(P, Q, (4.6, -57), (1.8, 5))


def _proportions(person: Person, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move features to where this person has them; what is painted on them moves along."""
    for side in (1, -1):
        near = bump(P, Q, (side * EYE_X, 0), (15, 12))
        tilt = person.eye_tilt + 0.35 * side * person.skew
        x = x + near * (side * person.eye_spacing + (P - side * EYE_X) * (person.eye_size - 1))
        y = y + near * (tilt * (P * side - EYE_X) / EYE_HALF + 0.5 * side * person.skew)
    mouth = np.exp(-(((Q - MOUTH_Y) / 13) ** 2) - (P / 34) ** 2)
    x = (
        x
        + P * (person.mouth_width - 1) * mouth
        + 0.8 * person.skew * bump(P, Q, (0, -90), (30, 22))
    )
    y = y + 0.03 * person.skew * P * mouth
    y = y - 40 * (person.nose_length - 1) * bump(P, Q, (0, -43), (20, 13))
    y = np.where(Q < -20, -20 + (y + 20) * person.lower_face, y)
    return x, np.where(Q > 25, 25 + (y - 25) * person.forehead, y)


def _outwards(points: np.ndarray) -> np.ndarray:
    """Return unit vectors away from the skull's middle, flatter on top than a sphere's."""
    away = points - np.array([0.0, 15.0, -15.0])
    away = away / np.array([75.0, 110.0, 105.0]) ** 2
    return away / (np.linalg.norm(away, axis=-1, keepdims=True) + 1e-9)
