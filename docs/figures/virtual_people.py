"""Draw the pictures of docs/virtual-people.md beside this file.

python docs/figures/virtual_people.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from painscope.virtual import make_layout
from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.people import sample_person
from painscope.virtual.render import Renderer
from painscope.virtual.scene import sample_scene

FOLDER = Path(__file__).parent
#: Seeds that nothing was tuned on.
FIRST = 300_000
SIZE = 224
EXPRESSIONS: tuple[dict[int, float], ...] = (
    {},
    {6: 3, 12: 4, 25: 2},
    {4: 2, 6: 1.5, 7: 2.5},
    {4: 4, 6: 3.5, 7: 4, 9: 3, 10: 3.5, 25: 3, 26: 2},
    {4: 4, 6: 4, 7: 5, 9: 2, 20: 3, 25: 3, 43: 5},
    {1: 4, 2: 4, 5: 4, 25: 3, 26: 4},
)


def people(count: int = 24) -> Image.Image:
    """Return different people: a column per expression, heads turned by up to 18°."""
    yaws = np.random.default_rng(0).uniform(-18, 18, count)
    faces = []
    for k in range(count):
        motion = FaceMotion.held(EXPRESSIONS[k % len(EXPRESSIONS)], pose=(float(yaws[k]), 0.0, 0.0))
        faces.append(_renderer(FIRST + k).render(motion, 0))
    return _sheet(faces, len(EXPRESSIONS))


def action_units(columns: int = 7) -> Image.Image:
    """Return one person's action units, each at intensity 5."""
    renderer = _renderer(FIRST + 8)
    faces = []
    for unit in ACTION_UNITS:
        face = Image.fromarray(renderer.render(FaceMotion.held({unit: 5.0}), 0))
        ImageDraw.Draw(face).text((8, 6), f"AU{unit}", fill="black", font_size=20)
        faces.append(np.asarray(face))
    return _sheet(faces, columns)


def pain(count: int = 4, side: int = 160, step: int = 2) -> list[Image.Image]:
    """Return 5 s of people under strong electrical stimuli, every `step`th of 30 frames/s."""
    layout = make_layout("ai4pain-2024", people=count, seed=FIRST, clip_s=5.0, clips_per_level=1)
    shows = []
    for role in layout.cast():
        member = layout.member(role)
        clip = next(c for c in layout.clips(role) if "HIGH" in c.id)
        shot = layout.shot(role, clip)
        renderer = Renderer(
            member.person, shot.scene, face_px=0.54 * 2 * side, size=(2 * side,) * 2
        )
        motion = layout.perform(member, clip).motion
        shows.append([renderer.render(motion, k) for k in range(0, len(motion), step)])
    return [
        Image.fromarray(
            np.hstack([cv2.resize(face, (side,) * 2, interpolation=cv2.INTER_AREA) for face in row])
        )
        for row in zip(*shows, strict=True)
    ]


def _renderer(seed: int) -> Renderer:
    return Renderer(sample_person(seed), sample_scene(seed), size=(SIZE, SIZE))


def _sheet(faces: list[np.ndarray], columns: int) -> Image.Image:
    faces = faces + [np.full_like(faces[0], 255)] * (-len(faces) % columns)
    rows = [np.hstack(faces[k : k + columns]) for k in range(0, len(faces), columns)]
    return Image.fromarray(np.vstack(rows))


if __name__ == "__main__":
    people().save(FOLDER / "virtual-people.webp", quality=88)
    action_units().save(FOLDER / "virtual-action-units.webp", quality=88)
    frames = pain()
    frames[0].save(
        FOLDER / "virtual-pain.webp", save_all=True, append_images=frames[1:], duration=67,
        loop=0, quality=70,
    )  # fmt: skip
