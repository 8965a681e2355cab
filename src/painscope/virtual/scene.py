"""Where a virtual person is recorded: light, background, clothes and camera, from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from painscope.virtual.canvas import linear

__all__ = ["Scene", "paint_background", "sample_scene"]

_WALLS = ("#b9bcbd", "#a9b3b8", "#c4bfb4", "#9aa5ad", "#b3b7a8", "#8f979c", "#cbc9c4", "#6f7a80")
_CLOTHES = (
    "#2b3038", "#47525e", "#6b7078", "#8c8f92", "#b8b5ae", "#d6d3cc", "#3b4a3f", "#5a2f33",
    "#27405c", "#7c6a58", "#4d3f57", "#93a3b0", "#1d1f22", "#7a4a3a",
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """How a recording looks, apart from the person.

    Attributes
    ----------
    seed : int
        What `sample_scene` was given; the background's pattern follows it too.
    key_direction, fill_direction : (float, float, float)
        Unit vectors towards the two lights: right and up in the picture, towards the camera.
    key_colour, fill_colour, sky_colour, floor_colour : (float, float, float)
        Linear strength per channel; sky and floor make the ambient light.
    white_balance : (float, float, float)
        The camera's gains per channel.
    exposure : float
        A factor on all light.
    noise : float
        Standard deviation of the camera's noise, in grey levels of 255.
    softness : float
        Standard deviation of the lens's blur, in pixels.
    wall, clothes : str
        sRGB colours.
    neckline : str
        crew, v or collar.
    """

    seed: int
    key_direction: tuple[float, float, float]
    fill_direction: tuple[float, float, float]
    key_colour: tuple[float, float, float]
    fill_colour: tuple[float, float, float]
    sky_colour: tuple[float, float, float]
    floor_colour: tuple[float, float, float]
    white_balance: tuple[float, float, float]
    exposure: float
    noise: float
    softness: float
    wall: str
    clothes: str
    neckline: str


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    across = np.cos(elevation)
    return (
        float(np.sin(azimuth) * across),
        float(np.sin(elevation)),
        float(np.cos(azimuth) * across),
    )


def sample_scene(seed: int) -> Scene:
    """Draw a scene; the same seed always gives the same one."""
    rng = np.random.default_rng([seed, 0x5CE])
    azimuth = float(rng.uniform(0.15, 0.85) * rng.choice([-1, 1]))
    warmth = float(rng.uniform(-0.05, 0.06))
    strength = float(rng.uniform(0.85, 1.2))
    ambient = float(rng.uniform(0.30, 0.46))

    def light(level: float, warm: float) -> tuple[float, float, float]:
        return (level * (1 + warm), level, level * (1 - 1.2 * warm))

    return Scene(
        seed=seed,
        key_direction=_direction(azimuth, float(rng.uniform(0.35, 0.85))),
        fill_direction=_direction(-np.sign(azimuth) * 0.9, 0.15),
        key_colour=light(strength, warmth),
        fill_colour=light(float(rng.uniform(0.15, 0.35)), -0.04),
        sky_colour=light(ambient, -0.02),
        floor_colour=light(ambient * 0.55, 0.05),
        white_balance=tuple(float(g) for g in 1 + rng.uniform(-0.035, 0.035, 3)),  # type: ignore[arg-type]
        exposure=float(rng.uniform(0.92, 1.08)),
        noise=float(rng.uniform(0.8, 2.6)),
        softness=float(rng.uniform(0.3, 0.6)),
        wall=str(rng.choice(_WALLS)),
        clothes=str(rng.choice(_CLOTHES)),
        neckline=str(rng.choice(["crew", "v", "collar"], p=[0.5, 0.25, 0.25])),
    )


def paint_background(scene: Scene, size: tuple[int, int]) -> np.ndarray:
    """Paint what is behind the person, out of focus: linear float32 [H, W, 3].

    A wall lit from one side, and often something before it: a door or window frame, a curtain,
    a picture, shelves.
    """
    rng = np.random.default_rng([scene.seed, 0xBAC])
    width, height = size
    x = np.linspace(-1, 1, width)[None, :]
    y = np.linspace(-1, 1, height)[:, None]
    image = np.ones((height, width, 3), np.float32) * linear(scene.wall).astype(np.float32)
    kind = rng.choice(
        ["plain", "frame", "curtain", "picture", "shelves"], p=[0.3, 0.2, 0.2, 0.15, 0.15]
    )
    side = float(rng.choice([-1, 1]))

    def box(x0: float, y0: float, x1: float, y1: float, factor: np.ndarray | float) -> None:
        inside = ((x > x0) & (x < x1) & (y > y0) & (y < y1)).astype(np.float32)[..., None]
        image[:] = image * (1 - inside) + image * inside * factor

    if kind == "frame":
        edge = side * float(rng.uniform(0.35, 0.75))
        low, high = (edge, 1.1) if side > 0 else (-1.1, edge)
        box(low, -1.1, high, 1.1, float(rng.uniform(0.45, 1.5)))
        box(edge - 0.04, -1.1, edge + 0.04, 1.1, float(rng.uniform(0.6, 1.2)))
    elif kind == "curtain":
        folds = np.sin(x * rng.uniform(14, 26) + 1.5 * np.sin(3 * x + rng.uniform(0, 6)))
        image *= (1 + 0.22 * folds)[..., None].astype(np.float32)
    elif kind == "picture":
        cx, cy = side * float(rng.uniform(0.55, 0.8)), float(rng.uniform(-0.7, -0.2))
        box(cx - 0.28, cy - 0.3, cx + 0.28, cy + 0.3, 0.35)
        box(cx - 0.24, cy - 0.26, cx + 0.24, cy + 0.26, rng.uniform(1.2, 2.6, 3))
    elif kind == "shelves":
        for shelf in np.arange(-1.1, 1.1, 0.45):
            left = -1.1
            while left < 1.1:
                book = float(rng.uniform(0.05, 0.14))
                top = shelf + 0.45 - float(rng.uniform(0.22, 0.38))
                box(
                    left,
                    top,
                    left + book,
                    shelf + 0.42,
                    rng.uniform(0.3, 1.2) * rng.uniform(0.8, 1.1, 3),
                )
                left += book
            box(-1.1, shelf + 0.42, 1.1, shelf + 0.47, 0.6)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), width / float(rng.uniform(28, 55))))
    falloff = 1.08 + 0.22 * np.sign(scene.key_direction[0]) * x - 0.12 * y
    falloff = falloff - 0.12 * (x**2 + y**2)
    return (image * falloff[..., None] * 0.8).astype(np.float32)
