"""run: a recipe from data on disk to a finished run folder."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from painscope.datasets import Dataset, load_dataset
from painscope.errors import UsageError
from painscope.experiments.facts import RunFacts, StepFacts
from painscope.experiments.features import available_features, fill_stores, needs_source
from painscope.experiments.folder import RunFolder
from painscope.experiments.judge import judge, make_the_folds
from painscope.experiments.models import source_path
from painscope.experiments.recipe import Recipe
from painscope.experiments.source import given_source, train_on
from painscope.experiments.story import tell
from painscope.face import Locator, make_locator
from painscope.networks import Checkpoint, save_checkpoint

__all__ = ["run"]

log = logging.getLogger("painscope")

#: Called with a step's name, how much is done and how much there is.
Progress = Callable[[str, int, int], None]


class _Clock:
    """Keeps how long each step took."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        self.steps: list[StepFacts] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        log.info("%s …", name)
        begin = time.perf_counter()
        yield
        self.steps.append(StepFacts(name=name, seconds=time.perf_counter() - begin))


def run(
    recipe: Recipe,
    data: Mapping[str, Path | str],
    out: Path | str,
    *,
    store: Path | str | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Run a recipe. The same call continues a run that was stopped.

    Parameters
    ----------
    recipe : Recipe
    data : mapping of str to path-like
        Where each dataset lies, by the datasets' names.
    out : path-like
        The run folder: new, or one to continue.
    store : path-like, optional
        Folder of crops and features, to share between runs; ``out/store`` by default.
    progress : callable, optional
        Called with step, done, total.

    Returns
    -------
    RunFolder
        Finished; `painscope.report.write_report` draws its page.

    Raises
    ------
    UsageError
        If a dataset is not given, or `out` holds something else.
    DatasetError
        If a dataset is not what its adapter expects.
    LeakageError
        If a person would be on both sides of a split.
    """
    folders = {name: Path(root) for name, root in data.items()}
    source, target = _load(recipe, folders)
    folder = RunFolder.begin(out, recipe, folders)
    if folder.finished:
        log.info("%s: finished before; nothing to do.", folder.path)
        return folder
    show = progress or (lambda step, done, total: None)
    kept = Path(store) if store is not None else folder.path / "store"
    clock = _Clock()
    with folder.logging():
        locator = make_locator(recipe.face.locator)
        checkpoint = None
        if needs_source(recipe, folders):
            with clock.step("source network"):
                checkpoint = _source(recipe, source, locator, folder, kept, show)
            _warn_of_other_crops(checkpoint, locator)
        folds = make_the_folds(recipe, target, checkpoint)
        available = available_features(recipe, target, locator, checkpoint)
        with clock.step("features"):
            stores = fill_stores(recipe, target, available.extractors, locator, kept, show)
        with clock.step("classifiers and evaluation"):
            judgement = judge(recipe, target, stores, folds, folder, show)
        with clock.step("tables and examples"):
            facts = tell(
                folder, recipe, source, target, checkpoint, available, stores, locator, judgement
            )
        _finish(folder, facts, clock)
    return folder


def _load(recipe: Recipe, folders: Mapping[str, Path]) -> tuple[Dataset | None, Dataset]:
    """Load the recipe's datasets; the source only where a network is to be trained on it."""
    trains = needs_source(recipe, folders) and recipe.source.checkpoint is None
    wanted = [recipe.target.dataset, *([recipe.source.dataset] if trains else [])]
    for name in folders:
        if name not in {recipe.target.dataset, recipe.source.dataset}:
            raise UsageError(
                f"--data {name}: the recipe reads no such dataset",
                hint=f"It reads: {', '.join(wanted)}.",
            )
    for name in wanted:
        if name not in folders:
            raise UsageError(f"the recipe needs the dataset {name}", hint=f"Add --data {name}=DIR.")
    target = load_dataset(recipe.target.dataset, folders[wanted[0]], **recipe.target.options)
    if not trains:
        return None, target
    source = load_dataset(recipe.source.dataset, folders[wanted[1]], **recipe.source.options)
    return source, target


def _source(
    recipe: Recipe,
    dataset: Dataset | None,
    locator: Locator,
    folder: RunFolder,
    store: Path,
    progress: Progress,
) -> Checkpoint:
    if recipe.source.checkpoint is not None:
        checkpoint = given_source(recipe.source.checkpoint)
        return save_checkpoint(source_path(folder), checkpoint.network, checkpoint.card)
    assert dataset is not None
    return train_on(dataset, recipe, locator, store=store, out=folder.models, progress=progress)


def _warn_of_other_crops(checkpoint: Checkpoint, locator: Locator) -> None:
    told = checkpoint.card.crop.get("locator", {})
    if told and told.get("name") != locator.name:
        log.warning(
            "The source network learned from faces cut by %s; here they are cut by %s.",
            told.get("name"),
            locator.name,
        )


def _finish(folder: RunFolder, facts: RunFacts, clock: _Clock) -> None:
    """Write ``run.json``, which says that the run is whole."""
    steps = tuple(clock.steps)
    facts.model_copy(update={"started": clock.started, "steps": steps}).write(folder.path)
