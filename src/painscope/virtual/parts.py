"""Eyes, teeth, ears, neck and shoulders, lashes and glasses."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator

from painscope.virtual import raster
from painscope.virtual.anatomy import (
    COLUMNS,
    EYE_HALF,
    EYE_ROW,
    EYE_X,
    MOUTH_ROW,
    P,
    smoothstep,
)
from painscope.virtual.canvas import blur, cover, linear, noise
from painscope.virtual.head import Head
from painscope.virtual.mesh import Material, Part, ribbons, sheet, vertex_normals
from painscope.virtual.people import EYE_COLOURS, Person
from painscope.virtual.scene import Scene

__all__ = ["EYE_TEXELS", "bust", "ears", "eyeballs", "glasses", "lashes", "teeth", "tongue"]

_EYE_SIZE = 128
#: Texels of the eye's texture per unit of direction, right and up.
EYE_TEXELS = np.array([1, -1], np.float32) * np.float32((_EYE_SIZE - 1) / 2)
_BUST_SHAPE = (40, 57)


def _encode(colour: np.ndarray, gloss: np.ndarray | float = 1.0) -> np.ndarray:
    """Return a texture uint8 [h, w, 4] of linear colour [h, w, 3] and gloss."""
    shine = np.broadcast_to(np.clip(np.asarray(gloss) * 128, 0, 255), colour.shape[:2])
    return np.dstack([np.sqrt(np.clip(colour, 0, 1)) * 255, shine]).astype(np.uint8)


def eyeballs(head: Head) -> list[Part]:
    """Return the left and the right eyeball, looking ahead."""
    texture = _eye_texture(head.person)
    material = Material(raster.WET, textured=True, wrap=(0.35, 0.3, 0.3), gloss=1.1, sharpness=7)

    def cap(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        across, up = (u - 0.5) * 2.4, (v - 0.5) * 2.4
        return np.stack([np.sin(across) * np.cos(up), np.sin(up), np.cos(across) * np.cos(up)], -1)

    directions, triangles, _ = sheet(19, 19, cap)
    parts = []
    for centre in head.eye_centres:
        points = directions * head.eye_radius + centre
        parts.append(
            Part(points, triangles, material, directions, np.ones(len(points)),
                 uv=_eye_uv(directions), texture=texture, one_sided=True)
        )  # fmt: skip
    return parts


def _eye_uv(directions: np.ndarray) -> np.ndarray:
    """Return texels in the eye's texture for directions in the eye's own axes."""
    return (_EYE_SIZE - 1) / 2 + directions[:, :2] * EYE_TEXELS


def _eye_texture(person: Person) -> np.ndarray:
    rng = np.random.default_rng([person.seed, 0xE1E])
    n = _EYE_SIZE
    y, x = (np.mgrid[0:n, 0:n] - (n - 1) / 2) / ((n - 1) / 2)
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    white = np.array([0.60, 0.56, 0.53]) * (1 - 0.04 * person.wrinkles)
    veins = 0.05 * noise(rng, 1.5, shape=(n, n)) * smoothstep(0.5, 0.9, distance)
    eye = white * (1 - 0.32 * smoothstep(0.5, 1.0, distance)[..., None] * np.array([0.6, 1, 1]))
    eye = eye * (1 + veins[..., None] * np.array([0.3, 1, 1]))
    iris_radius = 0.505
    fibres = 1 + 0.22 * np.sin(23 * angle + 3 * np.sin(7 * angle)) * 0.6
    fibres = fibres + 0.10 * noise(rng, 0.7, shape=(n, n))
    iris = linear(EYE_COLOURS[person.eye_colour]) * fibres[..., None]
    iris = iris * (1.35 - 0.95 * smoothstep(0.33, iris_radius, distance))[..., None]
    pupil_radius = 0.19 + 0.03 * rng.random()
    pupil = smoothstep(pupil_radius + 0.03, pupil_radius - 0.02, distance)[..., None]
    iris = iris * (1 - pupil) + 0.004 * pupil
    share = smoothstep(iris_radius + 0.045, iris_radius - 0.035, distance)[..., None]
    eye = eye * (1 - share) + iris * share
    return _encode(eye)


def lashes(head: Head) -> Part:
    """Return the upper lids' lashes, rooted in the lids' margins."""
    person = head.person
    rng = np.random.default_rng([person.seed, 0x1A5])
    length = 4.0 + 2.0 * person.make_up + 1.0 * person.female
    roots, directions, vertices = [], [], []
    grid = head.points.reshape(-1, COLUMNS, 3)
    for side in (1, -1):
        x = (P[EYE_ROW + 1] - side * EYE_X) / EYE_HALF * side
        for column in np.flatnonzero(np.abs(x) < 0.97):
            for _ in range(3):
                t = x[column] + rng.normal(0, 0.04)
                roots.append(grid[EYE_ROW + 1, column] + [rng.uniform(-0.7, 0.7), 0, 0.6])
                directions.append([side * (0.15 + 0.55 * t), 0.25, 0.85 + 0.2 * rng.normal()])
                vertices.append((EYE_ROW + 1) * COLUMNS + column)
    root, heading = np.array(roots), np.array(directions)
    reach = (length * rng.uniform(0.6, 1.0, len(root)))[:, None, None]
    t = np.linspace(0, 1, 3)[None, :, None]
    bend = np.array([0, 0.45, 0]) * t**2
    paths = root[:, None] + reach * (t * heading[:, None] + bend)
    normals = np.tile([0.0, 0.3, 0.95], (len(root), 3, 1))
    points, triangles = ribbons(paths, normals, np.full(len(root), 0.5 + 0.25 * person.make_up))
    return Part(
        points, triangles, Material(raster.GLOW, (0.012, 0.009, 0.008)),
        np.repeat(normals, 2, axis=1).reshape(-1, 3), np.ones(len(points)),
        root=np.repeat(vertices, 6), droop=np.repeat(0.9 * reach * t, 2, axis=1).reshape(-1),
    )  # fmt: skip


def teeth(head: Head) -> tuple[Part, Part]:
    """Return the upper teeth, and the lower ones, which move with the jaw."""
    texture = _teeth_texture()
    material = Material(textured=True, wrap=(0.3, 0.3, 0.3), gloss=0.12, sharpness=5)
    middle = head.points[MOUTH_ROW * COLUMNS + COLUMNS // 2]
    y, z = float(middle[1]), float(middle[2]) - 6.0

    def row(low: float, high: float, back: float) -> Part:
        def arch(u: np.ndarray, v: np.ndarray) -> np.ndarray:
            turn = (u - 0.5) * 2.6
            x = 23.5 * np.sin(turn) / np.sin(1.3)
            return np.stack([x, low + (high - low) * v, z - back - 24 * (1 - np.cos(turn))], -1)

        points, triangles, uv = sheet(25, 5, arch)
        normals = vertex_normals(points, triangles)
        tint = 1.15 - 0.85 * np.abs(uv[:, 0] * 2 - 1) ** 2.2
        if back:  # the lower row is the upper one's mirror image
            uv = uv * [1, -1] + [0, 1]
        texels = uv * [texture.shape[1] - 1, -(texture.shape[0] - 1)] + [0, texture.shape[0] - 1]
        return Part(points, triangles, material, normals, tint, uv=texels, texture=texture)

    return row(y - 1.2, y + 10, 0.0), row(y - 13, y - 2.2, 2.5)


def _teeth_texture() -> np.ndarray:
    height, width = 64, 256
    x, v = np.linspace(-1, 1, width)[None, :], np.linspace(1, 0, height)[:, None]
    # Ten teeth, the two middle ones widest; v = 0 at the cutting edge, gums near 1.
    position = 5.0 * np.sign(x) * np.abs(x) ** 0.92
    within = np.abs(position - np.round(position))
    gap = 1 - 0.5 * np.exp(-((within / 0.07) ** 2))
    edge = 0.80 + 0.20 * np.sin(np.pi * np.clip(v + 0.15, 0, 1))
    ivory = np.array([0.50, 0.45, 0.37]) * (gap * edge)[..., None]
    scallop = 0.80 + 0.10 * np.cos(2 * np.pi * position)
    gum = smoothstep(-0.05, 0.05, v - scallop)[..., None]
    return _encode(ivory * (1 - gum) + gum * np.array([0.28, 0.09, 0.08]), 1.0)


def tongue(head: Head) -> Part:
    """Return the tongue; it moves with the jaw."""
    middle = head.points[MOUTH_ROW * COLUMNS + COLUMNS // 2]
    y, z = float(middle[1]), float(middle[2]) - 6.0

    def place(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        across = (u - 0.5) * 2
        height = y - 9 - 4 * v**2 - 4 * across**2 * (0.3 + v)
        return np.stack([17 * across * (1 - 0.25 * v**3), height, z - 34 + 28 * v], -1)

    points, triangles, uv = sheet(13, 9, place)
    tint = 0.25 + 0.5 * uv[:, 1]
    material = Material(colour=(0.34, 0.11, 0.10), wrap=(0.4, 0.3, 0.3), gloss=0.08)
    return Part(points, triangles, material, vertex_normals(points, triangles[:, ::-1]), tint)


def ears(head: Head, skin: np.ndarray) -> list[Part]:
    """Return both ears."""
    width = float(np.abs(head.points[:, 0].reshape(-1, COLUMNS)[EYE_ROW]).max())
    parts = []
    for side in (1, -1):

        def place(u: np.ndarray, v: np.ndarray, side: int = side) -> np.ndarray:
            radius, turn = v, 2 * np.pi * u
            a, b = radius * np.cos(turn), radius * np.sin(turn)
            # Narrower lobe below; a raised rim, a ridge within, a hollow before the canal.
            across = 15.5 * a * (1 - 0.10 * b * b * (b < 0)) + 13.0
            up = 28.0 * b - 2.5 * a
            rim = (
                4.2 * np.exp(-(((radius - 0.88) / 0.10) ** 2)) * smoothstep(-0.75, 0.1, b + 0.8 * a)
            )
            ridge = (
                3.0 * np.exp(-(((radius - 0.55) / 0.12) ** 2)) * smoothstep(-0.5, 0.3, a + 0.4 * b)
            )
            hollow = -6.0 * np.exp(-(((a + 0.12) / 0.30) ** 2) - ((b + 0.12) / 0.34) ** 2)
            lift = rim + ridge + hollow
            tilt = 0.42
            outwards = across * np.sin(tilt) + lift * np.cos(tilt)
            backwards = across * np.cos(tilt) - lift * np.sin(tilt)
            return np.stack(
                [side * (width - 1.5 + outwards), -6 + up, -6 - backwards - 0.15 * up], -1
            )

        points, triangles, uv = sheet(29, 11, place)
        if side < 0:
            triangles = triangles[:, [0, 2, 1]]
        normals = vertex_normals(points, triangles)
        radius, turn = uv[:, 1], 2 * np.pi * uv[:, 0]
        a, b = radius * np.cos(turn), radius * np.sin(turn)
        tint = 0.95 - 0.55 * np.exp(-(((a + 0.1) / 0.32) ** 2) - ((b + 0.1) / 0.36) ** 2)
        tint -= 0.25 * np.exp(-(((radius - 0.72) / 0.08) ** 2)) * (b + a > -0.3)
        red, green, blue = skin * [1.02, 0.86, 0.84]
        material = Material(raster.SKIN, (red, green, blue), False, (0.45, 0.25, 0.2), 0.05, 4)
        parts.append(Part(points, triangles, material, normals, tint))
    return parts


def bust(head: Head, scene: Scene, skin: np.ndarray) -> Part:
    """Return neck, shoulders and what they wear."""
    person = head.person
    scale = 0.92 if person.female else 1.06
    build = 1 + 0.05 * person.fullness
    heights = [-40, -75, -110, -128, -140, -152, -166, -182, -205, -240, -330]
    neck = 53 * scale * build
    half = PchipInterpolator(
        heights[::-1],
        [neck * 0.98, neck, neck, neck + 3, neck + 12, neck + 38, neck + 82, neck + 125, neck + 148,
         neck + 158, neck + 165][::-1],
    )  # fmt: skip
    front = PchipInterpolator(heights[::-1], [30, 29, 24, 20, 17, 17, 21, 30, 42, 55, 66][::-1])
    back = PchipInterpolator(
        heights[::-1], [-85, -88, -90, -92, -94, -97, -100, -104, -108, -110, -110][::-1]
    )

    def place(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        y = -40 - 290 * (1 - v) ** 1.15
        turn = (u - 0.5) * 3.5
        w, depth = half(y), 0.5 * (front(y) - back(y))
        slope = smoothstep(-140, -200, y)
        square = 2.0 + 0.5 * slope
        r = (np.abs(np.sin(turn)) ** square + np.abs(np.cos(turn)) ** square) ** (-1 / square)
        x, z = w * r * np.sin(turn), 0.5 * (front(y) + back(y)) + depth * r * np.cos(turn)
        tendon = 3.5 * np.exp(-(((np.abs(x) - 14 - 0.25 * (-75 - y)) / 7) ** 2)) * (z > -20)
        larynx = (2.5 if person.female else 5.5) * np.exp(-((x / 8) ** 2) - ((y + 128) / 11) ** 2)
        return np.stack([x, y, z + (tendon * (1 - slope) + larynx) * (np.cos(turn) > 0)], -1)

    points, triangles, uv = sheet(_BUST_SHAPE[1], _BUST_SHAPE[0], place)
    normals = vertex_normals(points, triangles)
    worn = _worn(scene, points)
    texture, texels = _bust_texture(scene, skin, points, uv)
    points = points + (2.5 * smoothstep(-0.5, 2.0, worn))[:, None] * normals
    normals = vertex_normals(points, triangles)
    under_chin = 0.35 + 0.65 * smoothstep(-85, -150, points[:, 1])
    material = Material(
        raster.SKIN, textured=True, wrap=(0.35, 0.22, 0.18), gloss=0.03, sharpness=4
    )
    follow = np.interp(points[:, 1], [-175, -95], [0.0, 0.85]).astype(np.float32)
    return Part(
        points, triangles, material, normals, under_chin, uv=texels, texture=texture,
        follow=follow, one_sided=True,
    )  # fmt: skip


def _worn(scene: Scene, points: np.ndarray) -> np.ndarray:
    """Return how far inside the clothes' edge points lie, in mm over 8."""
    x, y, z = points.T
    before = smoothstep(-40, 0, z)
    crew = -139 - 22 * before * (1 - (np.clip(np.abs(x), 0, 60) / 60) ** 2)
    if scene.neckline == "v":
        crew = -136 - 85 * before * np.clip(1 - np.abs(x) / 58, 0, 1)
    if scene.neckline == "collar":
        crew = -116 - 55 * before * np.clip(1 - np.abs(x) / 34, 0, 1)
    return (crew - y) / 8


def _bust_texture(
    scene: Scene, skin: np.ndarray, points: np.ndarray, uv: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Paint neck and cloth; return the texture and each vertex's texels."""
    rng = np.random.default_rng([scene.seed, 0xC10])
    rows, columns = _BUST_SHAPE
    scale = 8
    height, width = (rows - 1) * scale + 1, (columns - 1) * scale + 1
    across, down = np.meshgrid(np.arange(width) / scale, np.arange(height) / scale)
    grid = points.reshape(rows, columns, 3).astype(np.float32)
    place = cv2.remap(grid, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)
    inside = _worn(scene, place.reshape(-1, 3)).reshape(height, width).astype(np.float32)
    cloth = smoothstep(-0.06, 0.06, inside)
    weave = (
        1
        + 0.05 * noise(rng, 0.5, shape=(height, width))
        + 0.10 * noise(rng, 8, stretch=2, shape=(height, width))
    )
    hem = np.exp(-(((inside - 0.45) / 0.5) ** 2))
    blotches = 1 + 0.03 * noise(rng, 6, shape=(height, width))
    bare = blotches * (1 - 0.35 * blur(cloth, 3))
    colour = bare[..., None] * (skin * [1.0, 0.96, 0.95]).astype(np.float32)
    fabric = (0.85 * linear(scene.clothes)).astype(np.float32)
    cover(colour, cloth, weave * (1 - 0.25 * hem), fabric)
    texels = uv * [width - 1, height - 1]
    return _encode(colour, 1 - 0.8 * cloth), texels


def glasses(head: Head) -> Part | None:
    """Return the frame of a person's glasses, or None."""
    person = head.person
    if person.glasses == "none":
        return None
    rng = np.random.default_rng([person.seed, 0x91A])
    outline = lens_outlines(head)
    thick = (
        float(rng.uniform(1.3, 2.8)) if person.glasses == "square" else float(rng.uniform(0.9, 2.0))
    )
    points: list[np.ndarray] = []
    triangles: list[np.ndarray] = []

    def band(path: np.ndarray, across: np.ndarray, width: float) -> None:
        start = sum(len(p) for p in points)
        points.append(np.stack([path - across * width, path + across * width], 1).reshape(-1, 3))
        k = np.arange(len(path) - 1) * 2 + start
        triangles.append(np.stack([k, k + 1, k + 2], -1))
        triangles.append(np.stack([k + 1, k + 3, k + 2], -1))

    for ring in outline:
        closed = np.vstack([ring, ring[:1]])
        middle = ring.mean(0)
        away = closed - middle
        away[:, 2] = 0
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        band(closed, away, thick / 2)
        band(closed, np.tile([0.0, 0.0, 1.0], (len(closed), 1)), 1.4)
    inner = [ring[np.argmin(np.abs(ring[:, 0]))] for ring in outline]
    t = np.linspace(0, 1, 9)[:, None]
    bridge = (
        inner[0] * (1 - t) + inner[1] * t + np.array([0, 3.2, 2.0]) * 4 * t * (1 - t) + [0, 2.5, 0]
    )
    band(bridge, np.tile([0.0, 1.0, 0.0], (9, 1)), thick / 2)
    width = float(np.abs(head.points[:, 0].reshape(-1, COLUMNS)[EYE_ROW]).max())
    for side, ring in zip((1, -1), outline, strict=True):
        hinge = ring[np.argmax(side * ring[:, 0] + 0.35 * ring[:, 1])]
        end = np.array([side * (width + 3.5), 8.0, -12.0])
        corner = np.array([side * (width + 1.5), hinge[1] + 1, hinge[2] - 16])
        t2 = np.linspace(0, 1, 12)[:, None]
        path = (1 - t2) ** 2 * hinge + 2 * t2 * (1 - t2) * corner + t2**2 * end
        band(path, np.tile([0.0, 1.0, 0.0], (12, 1)), 1.0 + thick / 2)
    mesh = np.vstack(points)
    colour = [(0.012, 0.012, 0.013), (0.05, 0.028, 0.014), (0.25, 0.23, 0.20), (0.10, 0.02, 0.02)]
    chosen = colour[int(rng.choice(4, p=[0.5, 0.22, 0.2, 0.08]))]
    normals = np.tile([0.0, 0.25, 0.97], (len(mesh), 1))
    material = Material(raster.PLAIN, chosen, gloss=0.06, sharpness=5)
    return Part(mesh, np.vstack(triangles).astype(np.int32), material, normals, np.ones(len(mesh)))


def lens_outlines(head: Head) -> np.ndarray:
    """Return the rims' middle lines, left then right: float64 [2, 40, 3]."""
    person = head.person
    shape = {"round": (2.0, 22.5, 21.5), "oval": (2.3, 25.0, 17.5), "square": (3.6, 26.0, 18.5)}
    power, half_width, half_height = shape[person.glasses]
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    sine, cosine = np.sin(turn), np.cos(turn)
    r = (np.abs(sine) ** power + np.abs(cosine) ** power) ** (-1 / power)
    rings = []
    for side, centre in zip((1, -1), head.eye_centres, strict=True):
        x = centre[0] + side * 1.5 + half_width * r * cosine
        y = centre[1] - 3.0 + half_height * r * sine
        front = centre[2] + head.eye_radius + 19.0
        z = front - 0.006 * np.abs(x) ** 1.75
        rings.append(np.stack([x, y, z], -1))
    return np.array(rings)
