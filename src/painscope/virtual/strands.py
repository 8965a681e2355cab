"""Hair as ribbons: wisps that grow from the scalp or the chin, combed, curled and falling."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from painscope.virtual.anatomy import COLUMNS, ROWS, THETA, P, Q
from painscope.virtual.hair import beard_cover, scalp_cover
from painscope.virtual.head import Head
from painscope.virtual.mesh import Material, Part, ribbons
from painscope.virtual.people import Person

__all__ = [
    "STYLES",
    "beard_part",
    "beside_face",
    "following",
    "scalp_part",
    "shading_normals",
]

_MIDDLE = np.array([0.0, 5.0, -15.0])
_SKULL = np.array([76.0, 108.0, 108.0])


class _Surface:
    """How far from its middle the head reaches in every direction, hair's volume included."""

    _SHAPE = (48, 96)

    def __init__(self, head: Head):
        away = head.points.astype(np.float64) - _MIDDLE
        row, column = self._cell(away)
        reach = np.zeros(self._SHAPE, np.float32)
        np.maximum.at(reach, (row.astype(int), column.astype(int)), np.linalg.norm(away, axis=1))
        for _ in range(24):  # the grid leaves the back open: let it follow from what is near
            grown = cv2.dilate(reach, np.ones((3, 3), np.uint8))
            reach = np.where(reach > 0, reach, grown * 0.985)
        self._reach = cv2.GaussianBlur(reach, (0, 0), 1.2).astype(np.float32)

    def _cell(self, away: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = self._SHAPE
        up = away[:, 1] / (np.linalg.norm(away, axis=1) + 1e-9)
        turn = np.arctan2(away[:, 0], away[:, 2])
        row = np.arccos(np.clip(up, -1, 1)) / np.pi * (rows - 1)
        return row, (turn / (2 * np.pi) + 0.5) * (columns - 1)

    def push_out(
        self, place: np.ndarray, clearance: np.ndarray, lying: np.ndarray | bool = False
    ) -> np.ndarray:
        """Return points [N, 3] moved to at least `clearance` [N, 1] mm off the head.

        Or to just so much, where `lying`, bool [N, 1].
        """
        away = place - _MIDDLE
        row, column = self._cell(away)
        reach = cv2.remap(
            self._reach, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR
        )
        distance = np.linalg.norm(away, axis=1, keepdims=True) + 1e-9
        factor = (reach.reshape(-1, 1) + clearance) / distance
        return _MIDDLE + away * np.where(lying, factor, np.maximum(factor, 1.0))


@dataclass(frozen=True)
class _Style:
    """How a head of hair is cut and combed.

    Attributes: wisps and points per wisp; length and its spread, in mm and as a share; width of a
    wisp in mm; how fast it bends to gravity; how far it stands up at the root; and the height in mm
    where hair that falls is cut, None for hair that does not fall.
    """

    wisps: int
    points: int
    length: float
    spread: float
    width: float
    gravity: float
    lift: float
    hem: float | None = None


#: By `Person.hair_style`; bald heads have none.
STYLES = {
    "receding": _Style(1500, 4, 13, 0.3, 1.8, 0.2, 0.35),
    "cropped": _Style(2600, 3, 6, 0.3, 1.5, 0.0, 0.6),
    "short": _Style(2400, 4, 30, 0.35, 1.9, 0.25, 0.35),
    "swept": _Style(2000, 5, 46, 0.3, 2.3, 0.12, 0.45),
    "bob": _Style(700, 10, 145, 0.10, 2.2, 0.35, 0.15, -104.0),
    "long": _Style(600, 13, 250, 0.10, 2.4, 0.35, 0.15, -235.0),
    "tied": _Style(1300, 7, 105, 0.1, 2.6, 0.0, 0.05),
    "afro": _Style(3400, 3, 11, 0.4, 2.0, 0.0, 0.5),
}


def scalp_part(head: Head, colour: np.ndarray) -> Part | None:
    """Grow the hair of the head; None for a bald one."""
    person = head.person
    if person.hair_style not in STYLES:
        return None
    style = STYLES[person.hair_style]
    rng = np.random.default_rng([person.seed, 0x4A1])
    cover = scalp_cover(person, P, Q, soft=5.0)
    if person.hair_style == "receding":
        cover = cover * 0.85
    if style.hem:  # behind, a few wisps do
        cover = cover * np.where(np.abs(THETA) > 1.45, 0.3, 1.0)
    if person.fringe:  # which is looked at, and looked through, more than the rest
        cover = cover * np.where((np.abs(P) < 52) & (Q < 105), 3.0, 1.0)
    roots, _ = _roots(rng, head, cover, style.wisps)
    out = _outwards(roots)
    depth = rng.random(len(roots))  # 0 for the innermost wisps, 1 for the outermost
    length = style.length * (1 + style.spread * rng.uniform(-1, 1, len(roots)))
    if person.hair_style in ("short", "swept"):  # cut shorter at the sides
        length *= np.interp(roots[:, 1], [0, 25, 70], [0.25, 0.35, 1.0])
    fringe = _fringe_share(person, roots, rng)
    length = np.where(
        fringe > 0, np.minimum(length, roots[:, 1] - 33 + rng.normal(0, 3, len(roots))), length
    )
    surface, length = _Surface(head), np.maximum(length, 4.0)
    paths = _grow(person, style, surface, roots - 1.5 * out, length, depth, fringe)
    if style.hem:  # falling straight, a wisp reaches as much lower as it is longer
        ragged = style.hem + 0.03 * style.length * rng.normal(0, 1, len(roots))
        for _ in range(2):
            cut = np.clip(length + paths[:, -1, 1] - ragged, 20.0, 1.75 * style.length)
            length = np.where(fringe > 0, length, cut)
            paths = _grow(person, style, surface, roots - 1.5 * out, length, depth, fringe)
        tidy = _lies_well(paths) | (fringe > 0)
        paths, roots, depth = paths[tidy], roots[tidy], depth[tidy]
    close = style.hem or person.hair_style in ("cropped", "receding")
    shade = (0.6 + 0.45 * depth) * (1 + (0.12 if close else 0.2) * rng.normal(0, 1, len(roots)))
    along = np.linspace(0.78, 1.12, style.points)
    tint = np.clip(shade[:, None] * along, 0.25, 1.6)
    normals = shading_normals(rng, paths)
    width = style.width * (0.7 + 0.6 * rng.random(len(roots)))
    points, triangles = ribbons(paths, normals, width, tip=8.0 if style.hem else 3.0)
    return Part(
        points=points,
        triangles=triangles,
        material=Material.hair(colour),
        normals=np.repeat(normals, 2, axis=1).reshape(-1, 3),
        tint=np.repeat(tint, 2, axis=1).reshape(-1),
        follow=following(points),
        wisp_points=2 * style.points,
    )


def _lies_well(paths: np.ndarray) -> np.ndarray:
    """Return which falling wisps [N, K, 3] neither stick up nor cross the forehead: bool [N]."""
    along = np.linspace(0, 1, 4)[:, None, None, None]
    x, y, z = np.moveaxis(paths[:, :-1] * (1 - along) + paths[:, 1:] * along, -1, 0)
    crossing = (np.abs(x) < 50) & (y < 58) & (z > 35)
    return (paths[:, -1, 1] < 0) & ~crossing.any(axis=(0, 2))


def beard_part(head: Head, colour: np.ndarray) -> Part | None:
    """Grow a beard or moustache that moves with the skin; None if shaven."""
    person = head.person
    if person.facial_hair not in ("moustache", "goatee", "beard"):
        return None
    rng = np.random.default_rng([person.seed, 0xBEA])
    cover = beard_cover(person, P, Q)
    roots, vertex = _roots(
        rng, head, cover, {"moustache": 600, "goatee": 1300, "beard": 3000}[person.facial_hair]
    )
    q = Q.reshape(-1)[vertex]
    side = np.sign(roots[:, 0] + rng.normal(0, 2, len(roots)))
    flow = np.stack([0.35 * side, -np.ones(len(roots)), np.full(len(roots), 0.25)], -1)
    flow[q > -68] = np.stack([side, -0.7 * np.ones(len(roots)), 0.2 * np.ones(len(roots))], -1)[
        q > -68
    ]
    flow += 0.22 * rng.normal(0, 1, flow.shape)
    flow /= np.linalg.norm(flow, axis=1, keepdims=True)
    out = _outwards(roots)
    out[:, 1] *= 0.4
    bushy = rng.uniform(4, 13) if person.facial_hair == "beard" else rng.uniform(4, 7)
    length = np.where(q > -68, 6.0, bushy * np.interp(q, [-112, -60, -10], [1.2, 0.8, 0.4]))
    length = length * rng.uniform(0.6, 1.2, len(roots))
    t = np.linspace(0, 1, 3)[None, :, None]
    stand = 0.22 * length[:, None, None] * np.sin(0.6 * np.pi * t) * out[:, None]
    paths = (roots - 0.4 * out)[:, None] + t * length[:, None, None] * flow[:, None] + stand
    normals = np.repeat(out[:, None], 3, axis=1) + 0.25 * rng.normal(0, 1, (len(roots), 1, 3))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    points, triangles = ribbons(paths, normals, np.full(len(roots), 1.2))
    tint = np.clip(
        (0.9 + 0.25 * rng.normal(0, 0.6, len(roots)))[:, None] * np.linspace(0.7, 1.1, 3), 0.3, 1.5
    )
    return Part(
        points=points,
        triangles=triangles,
        material=Material.hair(colour),
        normals=np.repeat(normals, 2, axis=1).reshape(-1, 3),
        tint=np.repeat(tint, 2, axis=1).reshape(-1),
        root=np.repeat(vertex, 6),
        wisp_points=6,
    )


def _roots(
    rng: np.random.Generator, head: Head, cover: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw places on the skin, evenly by area where covered; return them and vertices near."""
    points = head.points.reshape(ROWS, COLUMNS, 3).astype(np.float64)
    across = np.linalg.norm(points[:-1, 1:] - points[:-1, :-1], axis=-1)
    up = np.linalg.norm(points[1:, :-1] - points[:-1, :-1], axis=-1)
    weight = (across * up * cover[:-1, :-1]).reshape(-1)
    cell = rng.choice(weight.size, size=count, p=weight / weight.sum())
    row, column = np.divmod(cell, COLUMNS - 1)
    s, t = rng.random((2, count, 1))
    low = points[row, column] * (1 - s) + points[row, column + 1] * s
    high = points[row + 1, column] * (1 - s) + points[row + 1, column + 1] * s
    near = (row + (t[:, 0] > 0.5)) * COLUMNS + column + (s[:, 0] > 0.5)
    return low * (1 - t) + high * t, near


def _outwards(points: np.ndarray) -> np.ndarray:
    away = (points - _MIDDLE) / _SKULL**2
    return away / (np.linalg.norm(away, axis=-1, keepdims=True) + 1e-9)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)


def _fringe_share(person: Person, roots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if not person.fringe:
        return np.zeros(len(roots))
    front = (roots[:, 2] > 35) & (np.abs(roots[:, 0]) < 46)
    return (front & (rng.random(len(roots)) < 0.85)).astype(float)


def _comb(person: Person, place: np.ndarray, fringe: np.ndarray) -> np.ndarray:
    """Return where a wisp at `place` [N, 3] is combed to, before gravity."""
    part = 34.0 * person.parting
    side = np.tanh((place[:, 0] - part) / 4.0)
    zero, one = np.zeros(len(place)), np.ones(len(place))
    style = person.hair_style
    if style == "tied":
        flow = np.array([0.0, 78.0, -95.0]) - place
    elif style == "swept":
        lean = np.sign(person.parting) * 0.55
        flow = np.stack([lean * one, 0.25 * one, -one], -1)
        flow = np.where(place[:, 1:2] < 45, np.array([0.0, -0.7, -0.7]), flow)
    elif style in ("bob", "long"):
        flow = np.stack([side, -0.25 * one, -0.30 * one], -1)
    else:
        flow = place - np.array([0.25 * part, 128.0, -45.0])
        lean = np.where(place[:, 1] > 60, -0.9 * np.sign(person.parting + 1e-3), 0.0)
        flow = _unit(flow) + np.stack([lean, zero, zero], -1) * (style == "short")
    down = np.stack([0.12 * side, -one, 0.35 * one], -1)
    return np.where(fringe[:, None] > 0, down, _unit(flow))


def _grow(
    person: Person,
    style: _Style,
    surface: _Surface,
    roots: np.ndarray,
    length: np.ndarray,
    depth: np.ndarray,
    fringe: np.ndarray,
) -> np.ndarray:
    """Let wisps grow step by step; return their points float64 [N, points, 3]."""
    rng = np.random.default_rng([person.seed, 0x6A0])
    step = (length / (style.points - 1))[:, None]
    place = roots.copy()
    stray = 0.14 * rng.normal(0, 1, roots.shape)
    falls = style.hem is not None
    if falls:
        stray *= 0.35
    if person.hair_style in ("afro", "cropped"):
        stray *= 4.0
    if person.hair_style == "tied":
        stray *= 0.15
    paths = [place]
    clearance = (
        0.5 + (3.0 if falls else 4.5) * depth * (1 + 0.4 * (person.hair_texture == "wavy"))
    )[:, None]
    if person.hair_style == "tied":
        clearance = (0.2 + 1.5 * depth)[:, None]
    for k in range(1, style.points):
        t = k / (style.points - 1)
        away = _outwards(place)
        flow = _comb(person, place, fringe)
        if person.hair_style == "afro":
            flow = away
        flow = _unit(flow - away * (flow * away).sum(-1, keepdims=True))
        below = np.clip((60 - place[:, 1:2]) / 50, 0, 1) if falls else 0.0
        weight = np.clip(style.gravity * 1.3 * t + below, 0, 0.97)
        heading = flow * (1 - weight) + np.array([0.0, -1.0, 0.0]) * weight
        heading = heading + style.lift * away * np.exp(-k * step / 9.0) + stray * (0.5 + 0.5 * t)
        place = place + step * _unit(heading)
        lying = place[:, 1:2] > 45 if falls else False  # steps are long: keep to the crown
        place = surface.push_out(place, clearance * min(1.0, 2 * t), lying)
        if falls:
            place = beside_face(place, depth, fringe)
        paths.append(place)
    return _curl(rng, person, np.stack(paths, axis=1), length)


def beside_face(place: np.ndarray, depth: np.ndarray, fringe: np.ndarray) -> np.ndarray:
    """Keep falling hair beside the face and before or behind the shoulders."""
    x, y, z = place.T
    least = np.interp(y, [-300, -110, -60, 0, 35, 62], [52, 60, 68, 71, 62, 0]) + 7 * depth
    front = (z > 5) & (fringe == 0)
    x = np.where(front, np.where(x >= 0, 1, -1) * np.maximum(np.abs(x), least), x)
    most = np.interp(y, [-200, -60, 20, 60], [30, 38, 55, 200])
    return np.stack([x, y, np.where(front, np.minimum(z, most + 6 * depth), z)], axis=-1)


def _curl(
    rng: np.random.Generator, person: Person, paths: np.ndarray, length: np.ndarray
) -> np.ndarray:
    """Add waves or coils across the wisps' way; neighbours wave together."""
    size, wave = {"straight": (0.6, 60.0), "wavy": (3.4, 52.0), "coily": (2.2, 9.0)}[
        person.hair_texture
    ]
    if person.hair_style == "tied":
        size *= 0.25
    t = np.linspace(0, 1, paths.shape[1])
    root = paths[:, 0]
    phase = 0.05 * root[:, 0] + 0.03 * root[:, 2] + rng.normal(0, 0.7, len(root))
    if person.hair_texture == "coily":
        phase = rng.uniform(0, 2 * np.pi, len(root))
    angle = phase[:, None] + 2 * np.pi * t * length[:, None] / wave
    along = _unit(np.gradient(paths, axis=1))
    out = _outwards(paths)
    across = _unit(np.cross(along, out))
    grown = size * np.minimum(1, 3 * t)[None, :, None]
    return paths + grown * (
        np.sin(angle)[..., None] * across + 0.5 * np.cos(angle)[..., None] * out
    )


def shading_normals(rng: np.random.Generator, paths: np.ndarray) -> np.ndarray:
    """Return normals that round off the whole head of hair, a little different per wisp."""
    place = paths.copy()
    place[..., 1] = np.maximum(place[..., 1], 15.0)
    normals = _outwards(place) + 0.22 * rng.normal(0, 1, (len(paths), 1, 3))
    return _unit(normals)


def following(points: np.ndarray) -> np.ndarray:
    """Return how far points turn with the head: less where hair lies on the shoulders."""
    return np.interp(points[:, 1], [-220, -90], [0.35, 1.0]).astype(np.float32)
