"""Where the 68 landmarks and the action units' regions lie on a moved face."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from painscope.virtual.action_units import REGIONS
from painscope.virtual.anatomy import (
    COLUMNS,
    EYE_HALF,
    EYE_ROW,
    EYE_X,
    HALF_WIDTH_Q,
    MOUTH_HALF,
    MOUTH_ROW,
    MOUTH_Y,
    THETA,
    P,
    Q,
)
from painscope.virtual.body import Body
from painscope.virtual.head import lip_edges
from painscope.virtual.people import Person
from painscope.virtual.skin import brow_line

__all__ = ["landmark_places", "landmark_points", "region_masks"]

#: The jaw's outline on the left, chin to ear, in canonical mm.
_JAW = np.array(
    [(0, -113), (14, -112), (28, -110), (44, -107), (60, -101),
     (74, -90), (85, -68), (93, -42), (98, -15)]
)  # fmt: skip


def landmark_places(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Return the landmarks' canonical (p, q) [68, 2] and which copy of a slit's row they are on.

    iBUG's order, as seen in the picture from left to right: jaw 0–16, brows 17–26, nose 27–35,
    eyes 36–47, outer lips 48–59, inner lips 60–67. The copy is −1 below a slit, 1 above, 0 where
    there is none.
    """
    mirrored = [-1, 1]
    jaw = np.vstack([_JAW[:0:-1] * mirrored, _JAW])
    p, q = brow_line(person, np.linspace(0.02, 0.97, 5))
    left_brow = np.stack([p, q], -1)
    brows = np.vstack([left_brow[::-1] * mirrored, left_brow])
    ridge = np.array([(0, 2), (0, -12), (0, -25), (0, -39)])
    base = np.array([(x * person.nose_width, y) for x, y in ((-14, -46), (-7, -48.5), (0, -50))])
    base = np.vstack([base, base[1::-1] * mirrored])
    along = EYE_HALF * np.array([-1, -0.36, 0.36, 1, 0.36, -0.36])
    eyes = np.vstack([np.stack([x + along, np.zeros(6)], -1) for x in (-EYE_X, EYE_X)])
    outer = np.array([-1, -0.6, -0.2, 0, 0.2, 0.6, 1, 0.6, 0.2, 0, -0.2, -0.6]) * MOUTH_HALF
    upper, lower = lip_edges(person, outer)
    outer_q = np.concatenate([[MOUTH_Y], upper[1:6], [MOUTH_Y], lower[7:]])
    inner = np.array([-0.92, -0.35, 0, 0.35, 0.92, 0.35, 0, -0.35]) * MOUTH_HALF
    mouth = np.stack([np.concatenate([outer, inner]), np.append(outer_q, np.full(8, MOUTH_Y))], -1)
    places = np.vstack([jaw, brows, ridge, base, eyes, mouth])
    copies = np.zeros(68, int)
    copies[[37, 38, 43, 44, 61, 62, 63]] = 1
    copies[[40, 41, 46, 47, 65, 66, 67]] = -1
    return places, copies


@lru_cache(maxsize=64)
def _weights(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Return the four grid vertices round each landmark and their weights, [68, 4]."""
    places, copies = landmark_places(person)
    rows_q, theta = Q[:, 0], THETA[0]
    vertices, weights = np.empty((68, 4), int), np.empty((68, 4))
    for k, ((p, q), copy) in enumerate(zip(places, copies, strict=True)):
        row = int(np.clip(np.searchsorted(rows_q, q, side="right") - 1, 0, len(rows_q) - 2))
        if copy:
            slit = MOUTH_ROW if q == MOUTH_Y else EYE_ROW
            row, up = (slit + 1, 0.0) if copy > 0 else (slit - 1, 1.0)
        else:
            up = (q - rows_q[row]) / max(rows_q[row + 1] - rows_q[row], 1e-9)
        angle = p / np.interp(q, *HALF_WIDTH_Q)
        column = int(np.clip(np.searchsorted(theta, angle) - 1, 0, COLUMNS - 2))
        across = (angle - theta[column]) / (theta[column + 1] - theta[column])
        corner = row * COLUMNS + column
        vertices[k] = corner, corner + 1, corner + COLUMNS, corner + COLUMNS + 1
        weights[k] = (
            (1 - up) * (1 - across), (1 - up) * across, up * (1 - across), up * across,
        )  # fmt: skip
    return vertices, weights


def landmark_points(person: Person, points: np.ndarray) -> np.ndarray:
    """Return the landmarks on a moved skin `points` [ROWS * COLUMNS, 3]: float64 [68, 3]."""
    vertices, weights = _weights(person)
    return (points[vertices] * weights[..., None]).sum(axis=1)


@lru_cache(maxsize=1)
def _vertex_regions() -> dict[str, np.ndarray]:
    """Return, per unit, how deep each skin vertex lies inside its region (above 0: inside)."""
    inside = {}
    for unit, ellipses in REGIONS.items():
        depth = np.full(P.shape, -1e9)
        for p, q, half_p, half_q in ellipses:
            for side in (1, -1):
                reach = 1 - ((P - side * p) / half_p) ** 2 - ((Q - q) / half_q) ** 2
                depth = np.maximum(depth, reach)
        inside[f"AU{unit}"] = depth.reshape(-1)
    return inside


def region_masks(body: Body, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Return bool [H, W] per action unit, from the visible triangle `ids` int [H, W]."""
    seen = ids >= 0
    part = np.where(seen, body.part[np.maximum(ids, 0)], -1)
    skin = part == body.numbers["skin"]
    nearest = body.triangles[np.maximum(ids, 0), 0]
    masks = {
        name: skin & (depth[np.where(skin, nearest, 0)] > 0)
        for name, depth in _vertex_regions().items()
    }
    eyes = np.isin(part, [body.numbers[n] for n in ("left_eye", "right_eye", "eye_lining")])
    mouth = np.isin(
        part, [body.numbers[n] for n in ("mouth_lining", "upper_teeth", "lower_teeth", "tongue")]
    )
    for name in ("AU5", "AU7", "AU43"):
        masks[name] |= eyes
    for name in ("AU25", "AU26", "AU27"):
        masks[name] |= mouth
    return masks
