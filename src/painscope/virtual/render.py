"""The renderer: one person in one scene, drawn frame by frame."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from painscope.errors import PainscopeError
from painscope.virtual import raster, shading, vertices
from painscope.virtual.action_units import WRINKLES
from painscope.virtual.anatomy import FACE_HEIGHT
from painscope.virtual.body import Body, assemble
from painscope.virtual.canvas import tone_table
from painscope.virtual.expression import Pose, express, rotate_jaw, skin_normals
from painscope.virtual.landmarks import landmark_points, region_masks
from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.occlusion import view_axes
from painscope.virtual.parts import EYE_TEXELS
from painscope.virtual.people import Person
from painscope.virtual.scene import Scene, paint_background
from painscope.virtual.wrinkles import Patch

__all__ = ["Renderer"]

#: Millimetres from the camera to the head's origin, and where the neck turns.
_DISTANCE = 950.0
_NECK = np.array([0.0, -85.0, -40.0], np.float32)
_SHADOW_SIZE, _SHADOW_PER_MM = 144, np.float32(0.4)
#: Where the views of camera and light begin.
_NEAR, _SHADOW_NEAR = np.float32(_DISTANCE - raster.REACH), np.float32(-raster.REACH)
_STRAIGHT = np.eye(3, dtype=np.float32)
#: How far behind the skin the linings of mouth and eyes are drawn, in mm.
_LINING_DEPTH = {"mouth_lining": 45.0, "eye_lining": 9.0}


class Renderer:
    """Draws one person in one scene.

    Parameters
    ----------
    person : Person
    scene : Scene
    size : (int, int)
        Width and height of the picture.
    face_px : float, optional
        Height of the face, hairline to chin, in pixels; by default 0.54 of the picture's height.
    smooth : bool
        Whether edges are smoothed.

    Raises
    ------
    PainscopeError
        If the picture or the face would be too small to draw.
    """

    def __init__(
        self,
        person: Person,
        scene: Scene,
        *,
        size: tuple[int, int] = (320, 320),
        face_px: float | None = None,
        smooth: bool = True,
    ):
        width, height = size
        face_px = 0.54 * height if face_px is None else float(face_px)
        if min(width, height) < 32 or face_px < 16:
            raise PainscopeError(
                f"cannot draw a face {face_px:.0f} px high in {width}×{height}: "
                "use a picture of at least 32×32 and a face of at least 16 px"
            )
        self.person, self.scene, self.size, self.face_px = person, scene, (width, height), face_px
        scale = face_px / FACE_HEIGHT
        self._focal = scale * _DISTANCE
        self._body = assemble(person, scene, scale)
        self._texels = self._body.texels.copy()
        self._background = paint_background(scene, size)
        self._lights = _light_table(scene)
        gains = np.array(scene.white_balance) * scene.exposure
        self._gains = np.tile(gains, width).astype(np.float32)
        self._shadow_axes = view_axes(np.array(scene.key_direction))
        self._table = tone_table(shading.TABLE_STEPS)
        rng = np.random.default_rng([scene.seed, 0x015E])
        self._noise = np.clip(32 * rng.standard_normal((211, 223, 3)), -127, 127).astype(np.int8)
        self._front = np.empty((height, width, 4 if smooth else 1), np.uint32)
        most = self._front.size
        self._fragments = (
            np.empty(most, np.int32),
            np.empty(most, np.int32),
            np.empty(most, np.float32),
        )
        self._image, self._soft = (np.empty((height, width, 3), np.float32) for _ in range(2))
        self._shadow = np.empty((_SHADOW_SIZE, _SHADOW_SIZE, 1), np.uint32)
        self._normals = self._body.normals.copy()
        self._points = self._body.points.copy()
        self._moving = _moving_spans(self._body)
        self._screen, self._shadowed = (np.empty_like(self._normals) for _ in range(2))
        self._folds = _fold_table(person, self._body.patches)
        self._windows, self._relief = _fold_windows(self._body.patches)
        self._eyes = _eye_table(self._body)
        self._last: tuple[tuple[object, ...], tuple[Pose, np.ndarray, np.ndarray]] | None = None
        self._looks = np.zeros((len(self._normals), 8), np.float32)
        self._looks[:, 3], self._looks[:, 5:7] = self._body.tint, self._body.uv

    def render(self, motion: FaceMotion, frame: int) -> np.ndarray:
        """Draw one frame: uint8 [H, W, 3], RGB."""
        body = self._body
        pose, turn, camera = self._stance(motion, frame)
        self._place(pose, turn, camera)
        self._turn_eyes(motion, frame, pose)
        self._fold_skin(motion.action_units[frame])
        self._cast()
        self._see()
        np.copyto(self._image, self._background)
        count, hair = raster.resolve(
            self._front, body.part, body.first_hair, self._background, self._image,
            *self._fragments,
        )  # fmt: skip
        shading.shade_surfaces(
            count, *self._fragments, self._screen, self._looks, body.triangles, body.part,
            body.materials, self._texels, self._lights, turn, self._image,
        )  # fmt: skip
        shading.shade_hair(
            hair, *self._fragments, self._screen, self._looks, body.triangles, body.part,
            body.materials, self._lights, camera, self._image,
        )  # fmt: skip
        cv2.GaussianBlur(self._image, (3, 3), self.scene.softness, dst=self._soft)
        out = np.empty(self._soft.shape, np.uint8)
        shading.develop(
            self._soft, self._gains, self._noise, *_grain(self.scene.seed, frame),
            np.float32(self.scene.noise), self._table, out,
        )  # fmt: skip
        return out

    def landmarks(self, motion: FaceMotion, frame: int) -> np.ndarray:
        """Return the 68 landmarks in iBUG's order, in pixels: float32 [68, 2]."""
        pose, turn, (centre_x, centre_y, focal, distance) = self._stance(motion, frame)
        points = landmark_points(self.person, pose.points)
        x, y, z = ((points - _NECK) @ turn.T + _NECK).T
        scale = focal / (distance - z)
        return np.stack([centre_x + scale * x, centre_y - scale * y], -1).astype(np.float32)

    def regions(self, motion: FaceMotion, frame: int) -> dict[str, np.ndarray]:
        """Return where each action unit shows on the visible face: "AU4" → bool [H, W]."""
        self._place(*self._stance(motion, frame))
        self._see()
        return region_masks(self._body, raster.triangle(self._front[..., 0]))

    def _stance(self, motion: FaceMotion, frame: int) -> tuple[Pose, np.ndarray, np.ndarray]:
        """Return the face's shape, the head's turn and the camera."""
        face = motion.action_units[frame], motion.blink[frame], float(motion.gaze[frame, 1])
        pose, offset = motion.pose[frame], motion.offset[frame]
        key = (face[0].tobytes(), face[1].tobytes(), face[2], pose.tobytes(), offset.tobytes())
        if self._last is None or self._last[0] != key:  # a picture's landmarks are asked for next
            turn = _turn(*np.radians(pose))
            self._last = key, (express(self._body.head, *face), turn, self._camera(offset))
        return self._last[1]

    def _place(self, pose: Pose, turn: np.ndarray, camera: np.ndarray) -> None:
        """Put all vertices before the camera and the light."""
        body = self._body
        points = self._points
        for span in self._moving:
            points[span] = body.points[span]
        points[body.spans["skin"]] = pose.points
        vertices.follow_skin(*body.root, body.head.points, pose.points, points)
        for side, (index, depth) in body.droop.items():
            upper, lower = pose.lids[side]
            points[index, 1] -= np.float32(np.clip(1 - (upper - lower) / 8, 0, 1)) * depth
        if pose.jaw:
            for name in ("lower_teeth", "tongue"):
                rotate_jaw(points[body.spans[name]], float(pose.jaw))
        skin_normals(pose.points, self._normals, body.drawn_skin)
        vertices.place(
            body.used, points, self._normals, body.follow, turn, _NECK, camera, self._shadow_axes,
            _SHADOW_PER_MM, np.float32(0.5 * _SHADOW_SIZE), self._screen, self._looks,
            self._shadowed,
        )  # fmt: skip
        for name, behind in _LINING_DEPTH.items():
            self._screen[body.spans[name], 2] += behind

    def _camera(self, offset: np.ndarray) -> np.ndarray:
        """Return principal point, focal length (pixels) and distance (mm)."""
        width, height = self.size
        # The picture's middle sees the face's middle, a little above the mouth.
        level = 0.515 * height - 21.0 * self._focal / _DISTANCE
        x, y = 0.5 * width + offset[0] * self.face_px, level + offset[1] * self.face_px
        return np.array([x, y, self._focal, _DISTANCE], np.float32)

    def _see(self) -> None:
        """Find the nearest triangle at every sample."""
        body = self._body
        self._front.fill(raster.NOTHING)
        raster.rasterise(self._screen, body.triangles, body.one_sided, _NEAR, self._front)

    def _cast(self) -> None:
        """Find how much of the key light reaches each vertex."""
        body = self._body
        self._shadow.fill(raster.NOTHING)
        raster.rasterise(
            self._shadowed, body.casting, body.one_sided_casting, _SHADOW_NEAR, self._shadow
        )
        vertices.light_up(
            body.drawn, self._shadowed, self._shadow_axes, _SHADOW_PER_MM, _SHADOW_NEAR,
            self._shadow, self._looks,
        )  # fmt: skip

    def _turn_eyes(self, motion: FaceMotion, frame: int, pose: Pose) -> None:
        """Turn the eyes, and shade them beneath the lids."""
        span, directions, uv, height = self._eyes
        yaw, pitch = np.radians(motion.gaze[frame])
        shift = directions @ (_turn(float(yaw), float(pitch), 0.0) - _STRAIGHT)
        self._looks[span, 5:7] = uv + shift[:, :2] * EYE_TEXELS
        # The upper lid and its lashes shade what lies just beneath.
        below = np.repeat(pose.lids[:, 0], len(height) // 2) - height + 0.8
        self._looks[span, 3] = 0.30 + 0.65 * np.clip(below / 5.5, 0, 1)

    def _fold_skin(self, intensities: np.ndarray) -> None:
        """Give the skin the wrinkles that this expression brings out, and no others."""
        lasting, shares = self._folds
        strengths = np.minimum(lasting + (shares * intensities).sum((1, 2)), 1.25)
        strengths[strengths <= 0.01] = 0
        vertices.fold(
            self._texels, self._body.texels, self._windows, self._relief,
            strengths.astype(np.float32),
        )  # fmt: skip


#: How much of each fold stays in an old, resting face.
_AGEING = {
    "nasolabial": 1.5,
    "forehead_middle": 0.9,
    "under_eye": 1.1,
    "glabella": 0.8,
    "nose": 0.1,
}


def _fold_table(person: Person, patches: list[Patch]) -> tuple[np.ndarray, np.ndarray]:
    """Return what age has left of each fold [K], and what units add to it [K, 19, 2]."""
    shares = np.zeros((len(patches), len(ACTION_UNITS), 2))
    for row, patch in zip(shares, patches, strict=True):
        for unit, share in WRINKLES[patch.name].items():
            row[ACTION_UNITS.index(unit), patch.side] = share / 5
    ageing = np.array([_AGEING.get(patch.name, 0.6) for patch in patches])
    return 0.55 * person.wrinkles**1.3 * ageing, shares


def _fold_windows(patches: list[Patch]) -> tuple[np.ndarray, np.ndarray]:
    """Return where the folds lie and their relief, as `vertices.fold` reads them."""
    sizes = [patch.relief.shape[:2] for patch in patches]
    starts = np.cumsum([0, *(height * width for height, width in sizes)])
    windows = [
        (patch.rows.start, patch.columns.start, *size, start)
        for patch, size, start in zip(patches, sizes, starts[:-1], strict=True)
    ]
    return np.array(windows, np.int32), np.vstack(
        [patch.relief.reshape(-1, 4) for patch in patches]
    )


def _moving_spans(body: Body) -> list[slice]:
    """Return the vertices of parts, but for the skin, that a face moves in the head's space."""
    moved = np.concatenate([body.root[0], *(index for index, _ in body.droop.values())])
    return [
        span
        for name, span in body.spans.items()
        if name in ("lower_teeth", "tongue")
        or (name != "skin" and ((moved >= span.start) & (moved < span.stop)).any())
    ]


def _eye_table(body: Body) -> tuple[slice, np.ndarray, np.ndarray, np.ndarray]:
    """Return both eyes' vertices, left then right: span, directions, texels, height in mm."""
    left, right = body.spans["left_eye"], body.spans["right_eye"]
    assert left.stop == right.start
    span = slice(left.start, right.stop)
    directions = body.normals[span]
    return span, directions, body.uv[span], directions[:, 1] * body.head.eye_radius


@lru_cache(maxsize=4096)
def _grain(seed: int, frame: int) -> tuple[int, int]:
    """Return where in the pattern a frame's noise begins; a session's clips share it."""
    down, across = np.random.default_rng([seed, frame]).integers(0, 211, 2).tolist()
    return down, across


def _turn(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return the rotation of a head by radians: towards its left, up, its left shoulder."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, -pitch, -roll) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return (about_z @ about_y @ about_x).astype(np.float32)


def _light_table(scene: Scene) -> np.ndarray:
    """Return key, fill, sky and floor as `shading` reads them: float32 [4, 9]."""
    table = np.zeros((4, 9), np.float32)
    lamps = ((scene.key_direction, scene.key_colour), (scene.fill_direction, scene.fill_colour))
    for row, (direction, colour) in enumerate(lamps):
        half = np.array(direction)
        half[2] += 1.0  # the camera's direction
        table[row] = [*direction, *colour, *(half / np.linalg.norm(half))]
    table[2, 3:6], table[3, 3:6] = scene.sky_colour, scene.floor_colour
    return table
