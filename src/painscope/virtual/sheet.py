"""Contact sheets: many people, many expressions, one picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from painscope.virtual.motion import ACTION_UNITS, FaceMotion
from painscope.virtual.people import Person
from painscope.virtual.render import Renderer
from painscope.virtual.scene import sample_scene

__all__ = ["contact_sheet", "still_motion"]


def still_motion(
    units: Mapping[int, float | tuple[float, float]],
    *,
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> FaceMotion:
    """Return one frame of a held expression.

    Parameters
    ----------
    units : mapping of int to float or (float, float)
        Intensity 0–5 of each action unit, of both sides or of left and right.
    pose : (float, float, float)
        Head yaw, pitch and roll in degrees.
    """
    motion = FaceMotion.still(np.zeros(1))
    for unit, intensity in units.items():
        motion.action_units[0, ACTION_UNITS.index(unit)] = intensity
    motion.pose[0] = pose
    return motion


def contact_sheet(
    people: Iterable[Person],
    expressions: Iterable[Mapping[int, float | tuple[float, float]]],
    *,
    cell: int = 160,
    turn: float = 12.0,
) -> np.ndarray:
    """Draw a row per person and a column per expression.

    Parameters
    ----------
    people : iterable of Person
        Each in the scene of their own seed.
    expressions : iterable of mapping
        See `still_motion`.
    cell : int
        Side of each picture in pixels; drawn at least 256 pixels large and averaged down.
    turn : float
        Heads turn at random by up to so many degrees, except in the first column.

    Returns
    -------
    uint8 [rows * cell, columns * cell, 3]
        RGB.
    """
    import cv2

    drawn = cell * max(1, round(256 / cell))
    columns = list(expressions)
    rows = []
    for person in people:
        renderer = Renderer(person, sample_scene(person.seed), size=(drawn, drawn))
        rng = np.random.default_rng([person.seed, 0x5EE7])
        row = []
        for column, units in enumerate(columns):
            yaw, pitch, roll = rng.uniform(-1, 1, 3) * (column > 0)
            pose = (turn * yaw, 0.4 * turn * pitch, 0.4 * turn * roll)
            image = renderer.render(still_motion(units, pose=pose), 0)
            row.append(cv2.resize(image, (cell, cell), interpolation=cv2.INTER_AREA))
        rows.append(np.hstack(row))
    return np.vstack(rows)
