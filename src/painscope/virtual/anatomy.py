"""The canonical face: a grid in millimetres on which everything else is described.

A face is flattened like a map: `p` runs across (positive to the person's left, the viewer's
right), `q` runs up. The pupils lie at (±31, 0), the mouth's line at q = −70, the chin at −112
and the hairline near +70, the proportions of an average adult (head breadth about 152 mm,
pupil to chin 112 mm, pupils 62 mm apart; Farkas, *Anthropometry of the Head and Face*, 1994).

Geometry, action units, textures, landmarks and region masks all speak this one language, so a
thing painted at the mouth's corner stays there whatever the face does.

Eyes and mouth are slits: the grid rows through them exist twice, and no triangle joins the two
copies.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "ABOVE_EYES",
    "ABOVE_MOUTH",
    "COARSE_TRIANGLES",
    "COLUMNS",
    "EYE_HALF",
    "EYE_ROW",
    "EYE_SLIT",
    "EYE_X",
    "FACE_HEIGHT",
    "HALF_WIDTH_Q",
    "MOUTH_HALF",
    "MOUTH_ROW",
    "MOUTH_SLIT",
    "MOUTH_Y",
    "P",
    "Q",
    "ROWS",
    "SLIT_STRIPS",
    "THETA",
    "TRIANGLES",
    "bump",
    "eye_profile",
    "smoothstep",
    "twin_bump",
]

EYE_X, EYE_HALF = 31.0, 15.0
MOUTH_Y, MOUTH_HALF = -70.0, 25.0
#: Hairline to chin, the "face height" that sizes in pixels refer to.
FACE_HEIGHT = 182.0

# Rows: (q where a band begins, rows in it); denser where there is more to move.
_BANDS = [
    (-132, 9), (-112, 9), (-95, 9), (-82, 11), (-70, 8), (-62, 8), (-52, 16), (-34, 10), (-14, 13),
    (0, 13), (14, 9), (30, 9), (60, 16),
]  # fmt: skip
_TOP = 126.0
COLUMNS = 125
#: Half the arc that the grid wraps round the head, in radians.
_WRAP = 2.15
#: Half width of the map at height q: what turns an angle round the head into p.
HALF_WIDTH_Q = np.array(
    [
        [-132, -121, -113, -105, -90, -70, -50, -25, 0, 30, 60, 85, 105, 118, 126],
        [44, 46, 48, 51, 55, 60, 64, 68, 71, 73, 72, 64, 49, 30, 3],
    ],
    np.float64,
)


def smoothstep(low: float, high: float, x: np.ndarray) -> np.ndarray:
    """Return 0 below `low`, 1 above `high` and a smooth rise between (or the reverse)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _grid() -> tuple[np.ndarray, np.ndarray, np.ndarray, int, int]:
    """Lay out rows (slit rows twice) and columns; return P, Q, THETA and the two slit rows."""
    starts = [*(float(start) for start, _ in _BANDS), _TOP]
    rows: list[float] = []
    for (start, count), end in zip(_BANDS, starts[1:], strict=True):
        rows.extend(np.linspace(start, end, count, endpoint=False))
    rows.append(_TOP)
    slits = {}
    doubled: list[float] = []
    for q in rows:
        doubled.append(q)
        if q in (MOUTH_Y, 0.0):
            slits[q] = len(doubled) - 1
            doubled.append(q)
    t = np.linspace(-1.0, 1.0, COLUMNS)
    theta = np.sign(t) * (0.60 * np.abs(t) + 0.40 * np.abs(t) ** 2.2) * _WRAP
    q_grid = np.repeat(np.array(doubled)[:, None], COLUMNS, axis=1)
    half_width = np.interp(q_grid, *HALF_WIDTH_Q)
    theta_grid = np.repeat(theta[None], len(doubled), axis=0)
    return half_width * theta_grid, q_grid, theta_grid, slits[MOUTH_Y], slits[0.0]


#: Grid coordinates in mm and the angle round the head, each float64 [ROWS, COLUMNS]. MOUTH_ROW
#: and EYE_ROW are the lower lip's and lower lids' copies; the upper ones follow.
P, Q, THETA, MOUTH_ROW, EYE_ROW = _grid()
ROWS = len(Q)
_row = np.arange(ROWS)[:, None] + np.zeros((1, COLUMNS), int)
ABOVE_MOUTH = _row > MOUTH_ROW
ABOVE_EYES = _row > EYE_ROW


def bump(
    p: np.ndarray, q: np.ndarray, at: tuple[float, float], spread: tuple[float, float]
) -> np.ndarray:
    """Return a Gaussian of height 1 at `at` with standard deviations `spread`, in mm."""
    return np.exp(-0.5 * (((p - at[0]) / spread[0]) ** 2 + ((q - at[1]) / spread[1]) ** 2))


def twin_bump(
    p: np.ndarray, q: np.ndarray, at: tuple[float, float], spread: tuple[float, float]
) -> np.ndarray:
    """Return a `bump` on either side of the face."""
    return bump(p, q, at, spread) + bump(p, q, (-at[0], at[1]), spread)


def eye_profile(p: np.ndarray, side: int, *, upper: bool) -> np.ndarray:
    """Return how far the lid's margin travels at p, 0 at the canthi to about 1.

    The upper lid peaks a little towards the nose, the lower a little towards the temple.
    `side` is +1 for the person's left.
    """
    r = (p - side * EYE_X) / EYE_HALF
    reach = np.clip(1.0 - r**2, 0.0, 1.0)
    if upper:
        return reach**0.68 * (1.0 - 0.10 * r * side)
    return reach**0.85 * (1.0 + 0.14 * r * side)


MOUTH_SLIT = np.clip(1.0 - (P / MOUTH_HALF) ** 2, 0.0, 1.0) ** 0.55
EYE_SLIT = np.clip(2 * (eye_profile(P, 1, upper=True) + eye_profile(P, -1, upper=True)), 0.0, 1.0)


def _triangles() -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the grid's triangles int32 [M, 3] and those of the strips across mouth and eyes."""
    index = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)

    def quads(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
        both = np.stack([np.stack([a, b, d], -1), np.stack([a, d, c], -1)], -2)
        return both.reshape(-1, 3).astype(np.int32)

    keep = [row for row in range(ROWS - 1) if row not in (MOUTH_ROW, EYE_ROW)]
    below, above = index[keep], index[np.array(keep) + 1]
    skin = quads(below[:, :-1], below[:, 1:], above[:, :-1], above[:, 1:])
    strips = []
    for row in (MOUTH_ROW, EYE_ROW):
        span = slice(20, COLUMNS - 20)
        low, high = index[row, span], index[row + 1, span]
        strips.append(quads(low[:-1], low[1:], high[:-1], high[1:]))
    return skin, (strips[0], strips[1])


def _coarse_triangles() -> np.ndarray:
    """Return a closed skin of every second row and column, enough to cast shadows."""
    rows = np.r_[np.arange(0, ROWS - 1, 2), ROWS - 1]
    index = rows[:, None] * COLUMNS + np.arange(0, COLUMNS, 2)[None]
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    both = np.stack([np.stack([a, b, d], -1), np.stack([a, d, c], -1)], -2)
    return both.reshape(-1, 3).astype(np.int32)


#: Skin triangles, and the strips that close mouth and eyes (drawn pushed back, as their lining).
TRIANGLES, SLIT_STRIPS = _triangles()
COARSE_TRIANGLES = _coarse_triangles()
