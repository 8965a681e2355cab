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
    "BLOCK_ROWS",
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
    "bump",
    "eye_profile",
    "skin_triangles",
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
    """Return a Gaussian of height 1 at `at` with standard deviations `spread`, in mm.

    A row of p and a column of q take no more than a row and a column of exponentials.
    """
    across = np.exp(-0.5 * ((p - at[0]) / spread[0]) ** 2)
    return across * np.exp(-0.5 * ((q - at[1]) / spread[1]) ** 2)


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


def _quads(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Return the triangles int32 [M, 3] of quads: lower left, lower right, upper left and right."""
    both = np.stack([np.stack([a, b, d], -1), np.stack([a, d, c], -1)], -2)
    return both.reshape(-1, 3).astype(np.int32)


_INDEX = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
#: Where the blocks of two rows (by two columns) begin that the skin is drawn in. Between eyes and
#: mouth, and above the eyes, rows are odd in number: a strip next to the eyes belongs to no block.
BLOCK_ROWS = np.r_[0:MOUTH_ROW:2, MOUTH_ROW + 1 : EYE_ROW - 1 : 2, EYE_ROW + 2 : ROWS - 1 : 2]


def skin_triangles(fine: np.ndarray) -> np.ndarray:
    """Return triangles that cover the skin, int32 [M, 3].

    Parameters
    ----------
    fine : bool [len(BLOCK_ROWS), (COLUMNS - 1) // 2]
        Blocks to be drawn from all their nine vertices. Others make do with two triangles, or with
        a fan that meets finer neighbours vertex by vertex, so that no crack opens.
    """
    below, above = np.ones_like(fine), np.ones_like(fine)  # at slits and strips, always split
    joined = np.diff(BLOCK_ROWS) == 2
    below[1:][joined], above[:-1][joined] = fine[:-1][joined], fine[1:][joined]
    left, right = np.pad(fine, ((0, 0), (1, 1)))[:, :-2], np.pad(fine, ((0, 0), (1, 1)))[:, 2:]
    split = np.stack([below, right, above, left], -1) | fine[..., None]
    code = split @ [1, 2, 4, 8]
    corner = _INDEX[BLOCK_ROWS][:, :-1:2]
    row = COLUMNS
    ring = np.array([0, 1, 2, row + 2, 2 * row + 2, 2 * row + 1, 2 * row, row])
    found = [
        _quads(*(_INDEX[r, s] for r in (k, k + 1) for s in (slice(None, -1), slice(1, None))))
        for k in (EYE_ROW - 1, EYE_ROW + 1)
    ]
    for pattern in range(16):
        kept = np.array(
            [True, pattern & 1, True, pattern & 2, True, pattern & 4, True, pattern & 8]
        )
        around = ring[kept.astype(bool)]
        fan = np.stack([np.full(len(around), row + 1), around, np.roll(around, -1)], -1)
        if not pattern:
            fan = np.array([[0, 2, 2 * row + 2], [0, 2 * row + 2, 2 * row]])
        found.append((corner[code == pattern][:, None, None] + fan).reshape(-1, 3))
    return np.vstack(found).astype(np.int32)


def _slit_strips() -> list[np.ndarray]:
    """Return the triangles of the strips across mouth and eyes."""
    span = slice(20, COLUMNS - 20)
    strips = []
    for row in (MOUTH_ROW, EYE_ROW):
        low, high = _INDEX[row, span], _INDEX[row + 1, span]
        strips.append(_quads(low[:-1], low[1:], high[:-1], high[1:]))
    return strips


def _coarse_triangles() -> np.ndarray:
    """Return a closed skin of every third row and column, enough to cast shadows."""
    rows, columns = (np.unique(np.r_[np.arange(0, n, 3), n - 1]) for n in (ROWS, COLUMNS))
    index = _INDEX[np.ix_(rows, columns)]
    return _quads(index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:])


#: The strips that close mouth and eyes, drawn pushed back, as their lining.
SLIT_STRIPS = _slit_strips()
COARSE_TRIANGLES = _coarse_triangles()
