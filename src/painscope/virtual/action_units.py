"""What each facial action unit does to the canonical face: tables, and the fields they make.

A unit is a handful of pulls: Gaussian displacement vectors given for the person's left side and
mirrored to the right. Places and directions follow the muscles' origin and insertion as the
Facial Action Coding System describes them (Ekman, Friesen and Hager, *FACS*, 2002); amplitudes
at full intensity were set by eye and checked with landmarks and an independent detector
(`benchmarks/virtual_detectors.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from painscope.virtual import anatomy
from painscope.virtual.anatomy import ABOVE_EYES, ABOVE_MOUTH, EYE_SLIT, MOUTH_SLIT, P, Q

__all__ = ["PULLS", "REGIONS", "WRINKLES", "Field", "Pull", "unit_fields"]


@dataclass(frozen=True)
class Pull:
    """One Gaussian displacement of the skin.

    Attributes
    ----------
    at, spread : (float, float)
        Centre and standard deviation in canonical mm, on the person's left.
    move : (float, float, float)
        Displacement at the centre and at full intensity, in mm: outwards, up, forwards.
    edge : str
        "upper" or "lower" acts on that lip only, "brow" on skin above the lids only; "" on all.
    """

    at: tuple[float, float]
    spread: tuple[float, float]
    move: tuple[float, float, float]
    edge: str = ""


#: Pulls per action unit at intensity 5. Lids (5, 7, 43), lips parting (25) and the jaw (26, 27)
#: have more to do than pulls: see `expression.py`.
PULLS: Mapping[int, tuple[Pull, ...]] = MappingProxyType(
    {
        1: (Pull((11, 22), (9.5, 12), (0, 7.5, 0.5), "brow"),),
        2: (Pull((40, 22), (15, 12), (0.5, 10.5, 0), "brow"),),
        4: (
            Pull((12, 17), (10, 10), (-3.4, -4.8, 1.4), "brow"),
            Pull((32, 17), (12, 10), (-2.0, -4.3, 0.8), "brow"),
            Pull((0, 12), (8, 8), (0, -1.2, 0.5), "brow"),
        ),
        5: (Pull((31, 20), (16, 8), (0, 1.0, 0)),),
        6: (
            Pull((38, -19), (15, 10), (0, 6.5, 4.5)),
            Pull((58, -6), (8, 9), (-2, 1.5, 1)),
            Pull((33, -8), (13, 4), (0, 1.2, 2.0)),
        ),
        7: (Pull((31, -8), (14, 5), (0, 1.2, 0.8)), Pull((31, 12), (14, 5), (0, -1.0, 0))),
        9: (
            Pull((12, -40), (7, 8), (0.8, 4.5, 1)),
            Pull((13, -22), (7, 9), (0, 3.5, 1.5)),
            Pull((10, 16), (10, 9), (-1.2, -2.6, 1.2), "brow"),
            Pull((11, -60), (9, 8), (1, 3.2, 0.5), "upper"),
            Pull((26, -26), (9, 9), (0, 3, 1.5)),
        ),
        10: (
            Pull((12, -66), (9.5, 9), (1, 7.4, 1.4), "upper"),
            Pull((0, -66), (6, 7), (0, 4.0, 0.6), "upper"),
            Pull((22, -50), (9, 10), (1, 4.6, 2.2)),
            Pull((13, -42), (6, 6), (1, 1.5, 0)),
        ),
        12: (
            Pull((25, -70), (8.5, 9), (8.0, 7.5, -4.5)),
            Pull((38, -42), (13, 14), (3, 6, 5)),
            Pull((0, -66), (14, 7), (0, 1.6, -0.8), "upper"),
            Pull((12, -74), (9, 7), (2, 1.5, -1), "lower"),
            Pull((12, -64), (8, 6), (2, -0.5, -1), "upper"),
        ),
        14: (
            Pull((26, -70), (6, 8), (5.0, 1.2, -5.5)),
            Pull((32, -69), (4, 8), (-1.0, 0.5, 2.2)),
            Pull((14, -66), (9, 5), (1.5, -1.0, -0.8), "upper"),
            Pull((14, -75), (9, 5), (1.5, 1.0, -0.8), "lower"),
        ),
        15: (
            Pull((26, -71), (9, 9), (5.5, -8.5, -3)),
            Pull((20, -85), (12, 9), (2.5, -3.5, 0.5)),
            Pull((0, -92), (14, 9), (0, 1.0, 0.5), "lower"),
        ),
        17: (
            Pull((0, -100), (17, 10), (0, 6.0, 2.5)),
            Pull((0, -82), (15, 7), (0, 4.5, 3.0), "lower"),
            Pull((0, -74), (13, 6), (0, 3.0, 3.2), "lower"),
            Pull((0, -66), (14, 6), (0, 2.6, 1.5), "upper"),
            Pull((24, -72), (7, 7), (0, -1.5, 0)),
        ),
        20: (
            Pull((26, -70), (8, 9), (10, -1.5, -5)),
            Pull((14, -76), (9, 8), (3, -1.5, -1), "lower"),
            Pull((14, -64), (8, 6), (3, 0, -1), "upper"),
            Pull((36, -80), (12, 14), (5, -2, 0)),
        ),
        23: (
            Pull((25, -70), (8, 7), (-3.6, 0, 0.5)),
            Pull((0, -65), (16, 4), (0, -2.4, -1.6), "upper"),
            Pull((0, -77), (16, 5), (0, 2.8, -2.0), "lower"),
        ),
        24: (
            Pull((0, -64.5), (19, 4), (0, -3.6, -1.2), "upper"),
            Pull((0, -77), (19, 5), (0, 4.4, -1.4), "lower"),
            Pull((0, -56), (20, 5), (0, -1.2, 1.5), "upper"),
            Pull((0, -88), (19, 6), (0, 1.8, 2.0), "lower"),
        ),
        27: (Pull((25, -70), (9, 10), (-2.5, 0, 0)),),
    }
)

#: Wrinkle maps (`wrinkles.py`) and how strongly each unit at full intensity brings them out.
WRINKLES: Mapping[str, Mapping[int, float]] = MappingProxyType(
    {
        "forehead_middle": {1: 0.9},
        "forehead_side": {2: 0.9},
        "glabella": {4: 0.95, 9: 0.5},
        "crow_feet": {6: 0.9, 7: 0.15, 43: 0.2},
        "under_eye": {6: 0.7, 7: 0.6},
        "nose": {9: 1.0},
        "nasolabial": {6: 0.18, 9: 0.4, 10: 0.55, 12: 0.7, 20: 0.2},
        "mouth_corner": {12: 0.2, 14: 0.9, 15: 0.8, 20: 0.4},
        "chin": {17: 1.0, 15: 0.25, 24: 0.3},
    }
)

#: Where a unit shows, for region masks: ellipses (p, q, half width, half height) on the left.
REGIONS: Mapping[int, tuple[tuple[float, float, float, float], ...]] = MappingProxyType(
    {
        1: ((14, 28, 17, 22),),
        2: ((40, 26, 18, 22),),
        4: ((10, 16, 17, 13), (30, 16, 17, 9)),
        5: ((31, 6, 18, 10),),
        6: ((40, -18, 22, 14), (56, -2, 10, 14)),
        7: ((31, 0, 19, 11),),
        9: ((8, -20, 14, 26), (20, -36, 12, 14)),
        10: ((14, -58, 18, 15), (22, -44, 10, 14)),
        12: ((28, -68, 14, 12), (34, -46, 16, 20)),
        14: ((28, -70, 12, 12),),
        15: ((27, -74, 12, 13), (18, -88, 16, 10)),
        17: ((0, -98, 24, 15), (0, -82, 22, 10)),
        20: ((27, -71, 15, 13), (36, -82, 14, 14)),
        23: ((0, -70, 29, 13),),
        24: ((0, -70, 30, 15),),
        25: ((0, -70, 29, 14),),
        26: ((0, -82, 32, 30),),
        27: ((0, -82, 34, 34),),
        43: ((31, 2, 18, 10),),
    }
)


@dataclass(frozen=True)
class Field:
    """A displacement of some of the grid's vertices.

    Attributes
    ----------
    index : int64 [K]
        The vertices moved, in the flattened grid.
    move : float32 [K, 3]
        Their displacement in mm at full intensity.
    """

    index: np.ndarray
    move: np.ndarray

    @classmethod
    def of(cls, dense: np.ndarray) -> Field:
        """Keep what moves noticeably of a dense displacement [ROWS, COLUMNS, 3]."""
        flat = dense.reshape(-1, 3)
        index = np.flatnonzero(np.abs(flat).max(axis=1) > 0.01)
        return cls(index, flat[index].astype(np.float32))


def _reach(pull: Pull, side: int) -> np.ndarray:
    """Return the weight [ROWS, COLUMNS] of a pull on one side (+1 left, −1 right)."""
    weight = anatomy.bump(P, Q, (side * pull.at[0], pull.at[1]), pull.spread)
    if pull.at[0] == 0:  # on the midline each side has half, crossing over smoothly
        weight = weight * 0.5 * (1.0 + np.tanh(side * P / 7.0))
    # Across a slit the other side must not follow, but may not stop dead beyond its corners.
    if pull.edge == "upper":
        return np.where(ABOVE_MOUTH, weight, weight * (1.0 - MOUTH_SLIT))
    if pull.edge == "lower":
        return np.where(ABOVE_MOUTH, weight * (1.0 - MOUTH_SLIT), weight)
    if pull.edge == "brow":  # what hangs over the lid comes down less than the brow, in folds
        hold = 1.0 - 0.85 * np.exp(-((Q / 8.0) ** 2)) * np.exp(-(((np.abs(P) - 31) / 19) ** 4))
        return np.where(ABOVE_EYES, weight * hold, weight * hold * (1.0 - EYE_SLIT))
    return weight


@lru_cache(maxsize=1)
def unit_fields() -> Mapping[tuple[int, int], Field]:
    """Return the field of every (action unit, side) with pulls; side 0 is left, 1 is right."""
    fields = {}
    for unit, pulls in PULLS.items():
        for column, side in ((0, 1), (1, -1)):
            dense = np.zeros((*P.shape, 3))
            for pull in pulls:
                outwards, up, forwards = pull.move
                direction = np.array([side * outwards, up, forwards])
                dense += _reach(pull, side)[..., None] * direction
            fields[unit, column] = Field.of(dense)
    return MappingProxyType(fields)
