"""Where hair grows: hairlines, beards and the volume that hair adds to a head."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from painscope.virtual.anatomy import MOUTH_Y, P, Q, bump, smoothstep, twin_bump
from painscope.virtual.people import Person

__all__ = ["beard_cover", "hair_volume", "hairline", "scalp_cover"]

# The hairline over |p|: middle, temple, sideburn before the ear, nape behind it.
_LINE_P = [0, 22, 40, 55, 70, 82, 91, 99, 112, 122, 160]
_FEMALE = [70, 70, 68.5, 60, 44, 26, 10, 0, 0, -40, -60]
_MALE = [70, 71, 73, 63, 42, 22, 2, -14, -14, -45, -62]
_RECEDING = [98, 97, 95, 84, 58, 28, 4, -12, -14, -45, -62]
#: Millimetres by which a style stands off the scalp.
_VOLUME = {
    "bald": 0.0, "receding": 3.0, "cropped": 3.0, "short": 8.0, "swept": 9.0, "bob": 9.0,
    "long": 8.0, "tied": 5.0, "afro": 19.0,
}  # fmt: skip


def hairline(person: Person, p: np.ndarray) -> np.ndarray:
    """Return q of the hairline at p."""
    values = _FEMALE if person.female else _MALE
    if person.hair_style == "receding":
        values = _RECEDING
    every = np.arange(0.0, 160.5, 0.5)
    line = np.interp(np.abs(p), every, PchipInterpolator(_LINE_P, values)(every))
    return line + person.hairline * bump(p, p * 0, (0, 0), (50, 1))


def scalp_cover(person: Person, p: np.ndarray, q: np.ndarray, soft: float = 2.5) -> np.ndarray:
    """Return how densely the scalp is covered at (p, q), 0 to 1; `soft` is the edge in mm."""
    if person.hair_style == "bald":
        return np.zeros(np.broadcast_shapes(np.shape(p), np.shape(q)), np.float32)
    return smoothstep(-soft, soft, q - hairline(person, p)).astype(np.float32)


def hair_volume(person: Person) -> np.ndarray:
    """Return the millimetres by which hair stands off the scalp on the grid [ROWS, COLUMNS]."""
    volume = _VOLUME[person.hair_style] * (1.3 if person.hair_texture == "coily" else 1.0)
    ramp = smoothstep(0, 22, Q - hairline(person, P))
    top = 0.55 + 0.45 * smoothstep(0, 60, Q)
    return volume * ramp * top * (person.hair_style != "bald")


def beard_cover(person: Person, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return how densely facial hair grows at (p, q), 0 to 1, by the person's style."""
    lips = np.clip(bump(p, q, (0, MOUTH_Y - 1.5), (17, 7)) * 1.25, 0, 1)
    moustache = (
        smoothstep(30, 20, np.abs(p)) * smoothstep(-50.5, -54.5, q) * smoothstep(-70, -66, q)
    )
    chin = bump(p, q, (0, -101), (19, 14)) + 0.5 * bump(p, q, (0, -83), (6, 5))
    corners = twin_bump(p, q, (28, -76), (4, 12))
    # The cheek line sinks from the sideburn to the mouth's corner; below the jaw it thins out.
    line = np.interp(np.abs(p), [0, 26, 45, 70, 90, 102], [-62, -62, -66, -54, -30, -8])
    cheeks = smoothstep(3, -5, q - line) * smoothstep(108, 98, np.abs(p))
    cheeks = cheeks * smoothstep(6, 24, np.abs(p)) + np.clip(chin, 0, 1) * smoothstep(
        26, 10, np.abs(p)
    )
    kind = person.facial_hair
    if kind == "moustache":
        cover = moustache
    elif kind == "goatee":
        cover = moustache + corners + chin
    elif kind == "beard" or not person.female:
        cover = np.clip(cheeks, 0, 1) + moustache + corners + chin
    else:
        return np.zeros(np.broadcast_shapes(np.shape(p), np.shape(q)), np.float32)
    return (np.clip(cover, 0, 1) * (1 - lips)).astype(np.float32)
