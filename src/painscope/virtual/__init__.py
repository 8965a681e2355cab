"""Virtual people: faces and pain whose truth is known, in real datasets' layouts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from painscope.virtual.emotions import EMOTIONS
    from painscope.virtual.generation import Generated, generate, make_layout
    from painscope.virtual.motion import ACTION_UNITS, FaceMotion
    from painscope.virtual.pain import Disposition, Stimulus
    from painscope.virtual.pain_model import PAIN, PainModel
    from painscope.virtual.people import Person, sample_person
    from painscope.virtual.render import Renderer
    from painscope.virtual.replay import Replay
    from painscope.virtual.scene import Scene, sample_scene
    from painscope.virtual.truth import read_truth
    from painscope.virtual.writers import LAYOUTS

#: Name -> module; loaded when asked for, since drawing compiles and tables are heavy.
_HOMES = {
    "ACTION_UNITS": "motion",
    "EMOTIONS": "emotions",
    "LAYOUTS": "writers",
    "PAIN": "pain_model",
    "Disposition": "pain",
    "FaceMotion": "motion",
    "Generated": "generation",
    "PainModel": "pain_model",
    "Person": "people",
    "Renderer": "render",
    "Replay": "replay",
    "Scene": "scene",
    "Stimulus": "pain",
    "generate": "generation",
    "make_layout": "generation",
    "read_truth": "truth",
    "sample_person": "people",
    "sample_scene": "scene",
}

__all__ = [
    "ACTION_UNITS",
    "EMOTIONS",
    "LAYOUTS",
    "PAIN",
    "Disposition",
    "FaceMotion",
    "Generated",
    "PainModel",
    "Person",
    "Renderer",
    "Replay",
    "Scene",
    "Stimulus",
    "generate",
    "make_layout",
    "read_truth",
    "sample_person",
    "sample_scene",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
