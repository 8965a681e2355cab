"""The demo: the whole way on virtual people, small enough for a laptop."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Any

from painscope.errors import UsageError
from painscope.experiments.folder import RunFolder
from painscope.experiments.recipe import load_recipe
from painscope.experiments.runner import run
from painscope.experiments.steps import StepProgress

__all__ = ["run_demo"]

log = logging.getLogger("painscope")

#: Heat: the source network learns from two thirds of these people. Many of them, and little of
#: each: what it must learn to overlook is who they are.
HEAT: dict[str, Any] = {
    "people": 120,
    "rate": 10.0,
    "classes": ("BL1", "PA4"),
    "clips_per_class": 1,
    "clip_s": 3.0,
    "size": (192, 192),
    "signals": False,
}
#: Electrical pain: other people, whose level of pain is told.
ELECTRICAL: dict[str, Any] = {
    "people": 24,
    "rate": 10.0,
    "clips_per_level": 2,
    "clip_s": 3.0,
    "baseline_s": 6.0,
    "size": (192, 192),
    "signals": False,
}
SEED = 1
#: A quarter of VGG16's width on a twelfth of its pixels; short clips, short training. In the first
#: half of a clip the heat still rises, and little is to be seen.
SETTINGS = (
    "face.rate=10",
    "source.width=0.25",
    "source.input_size=64",
    "source.window_s=[1.5, 3.0]",
    "source.frame_step=1",
    "source.max_epochs=5",
    "source.batch_size=32",
    "segment_frames=30",
    "protocol=grouped-k-fold",
    "folds=4",
    "seeds=1",
)


def run_demo(out: Path | str, *, progress: StepProgress | None = None) -> RunFolder:
    """Make virtual people, train on some, test on others; what is there already is reused.

    Parameters
    ----------
    out : path-like
        Gets the folders ``heat``, ``electrical`` and ``run``.
    progress : callable, optional
        Called with step, done, total.

    Returns
    -------
    RunFolder

    Raises
    ------
    UsageError
        If the folder holds something else.
    """
    from painscope.virtual import generate

    out, show = Path(out), progress or (lambda step, done, total: None)
    log.info("Virtual people prove that the machinery works, never that it works on patients.")
    data = {"biovid-a": out / "heat", "ai4pain-2024": out / "electrical"}
    for (name, folder), people in zip(data.items(), (HEAT, ELECTRICAL), strict=True):
        told = partial(show, f"virtual people: {folder.name}")
        try:
            generate(name, folder, seed=SEED, progress=told, **people)
        except UsageError as error:
            hint = "An earlier demo's? Remove the folder, or choose another."
            raise UsageError(error.what, path=error.path, hint=hint) from None
    recipe = load_recipe("faces-of-experimental-pain", SETTINGS)
    return run(recipe, data, out / "run", progress=show)
