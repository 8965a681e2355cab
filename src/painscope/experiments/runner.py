"""run: a recipe from data on disk to a finished run folder."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from painscope.cluster import check_address, require_cluster
from painscope.datasets import Dataset, load_dataset
from painscope.errors import UsageError
from painscope.evaluation import Fold, check_source_subjects, held_out_subjects
from painscope.experiments.clinical import run_clinical
from painscope.experiments.facts import RunFacts, StudyFacts, read_facts
from painscope.experiments.features import Available, available_features, fill_stores
from painscope.experiments.folder import RunFolder
from painscope.experiments.forgotten import run_forgotten
from painscope.experiments.judge import judge, make_the_folds
from painscope.experiments.models import source_path
from painscope.experiments.networks import Workshop, input_size
from painscope.experiments.recipe import RANDOM, SOURCE, AnyRecipe, Recipe
from painscope.experiments.settings import DatasetSettings, TrainingSettings
from painscope.experiments.steps import StepProgress, Steps
from painscope.experiments.story import tell
from painscope.face import Locator, make_locator
from painscope.files import Claims
from painscope.networks import Checkpoint
from painscope.networks.card import Card
from painscope.recording import Recording
from painscope.video import source_of

__all__ = ["STUDIES", "run"]

log = logging.getLogger("painscope")

#: What runs each kind of study; `painscope.report.study_pages.PAGES` draws it.
STUDIES: Mapping[str, Callable[..., StudyFacts]] = {
    "forgotten-action-units": run_forgotten,
    "clinical-vs-experimental": run_clinical,
}


def run(
    recipe: AnyRecipe,
    data: Mapping[str, Path | str],
    out: Path | str,
    *,
    store: Path | str | None = None,
    workers: int | None = None,
    on: str | None = None,
    progress: StepProgress | None = None,
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
    workers : int, optional
        Processes that fit classifiers side by side; by default one per core, as far as the
        memory goes. The numbers are the same for any number of them.
    on : str, optional
        ``ray`` or ``ray://HOST:PORT``: a Ray cluster fits the classifiers, and networks whose
        settings ask for more than one node.
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
    CheckpointError
        If a network that is given cannot be read, or is not trained for what it is to do.
    """
    # Whole: what is told of a file is told with its path, and a page leaves out whole ones.
    folders = {name: Path(root).absolute() for name, root in data.items()}
    _check_cluster(recipe, on)
    datasets = _load(recipe, folders)
    folder = RunFolder.begin(out, recipe, folders, content=_content(datasets))
    kept = Path(store) if store is not None else folder.path / "store"
    if folder.finished:
        log.info("%s: finished before; nothing to do.", folder.path)
        _tell_what_is_old(folder, datasets, kept)
        return folder
    steps = Steps(folder, kept.absolute(), progress or (lambda step, done, total: None), on)
    with Claims(folder.path) as claims, folder.logging():
        if not claims.take("run"):
            raise UsageError(
                "another process is working on this run",
                path=folder.path,
                hint="Wait until it is done, or name another --out.",
            )
        facts: RunFacts | StudyFacts
        if isinstance(recipe, Recipe):
            facts = _transfer(recipe, datasets, steps, folders, workers)
        else:
            facts = STUDIES[recipe.kind](recipe, datasets, steps)
        # Written last: ``run.json`` says that the run is whole.
        last = {"steps": tuple(steps.done), "sources": _sources(datasets)}
        facts.model_copy(update=last).write(folder.path)
    return folder


def _tell_what_is_old(folder: RunFolder, datasets: Mapping[str, Dataset], store: Path) -> None:
    """Say of a finished run what it could not read, or would read otherwise today."""
    facts, told = read_facts(folder.path), []
    if isinstance(facts, RunFacts):
        failed = (folder.table("status", ["status"])["status"] == "failed").sum()
        if failed:
            told.append(f"{failed} recording{'' if failed == 1 else 's'} could not be read")
    if facts.sources not in ("", _sources(datasets)):
        told.append("videos were replaced since, or are out of reach")
    if told:
        log.warning(
            "But %s. To try again name another --out, and --store %s, "
            "which keeps what is extracted.",
            " and ".join(told),
            store,
        )


def _transfer(
    recipe: Recipe,
    datasets: Mapping[str, Dataset],
    steps: Steps,
    given: Mapping[str, Path],
    workers: int | None,
) -> RunFacts:
    """Train a source network, read its features, fit and score classifiers."""
    source, target = datasets.get("source"), datasets["target"]
    folder, kept, show = steps.folder, steps.store, steps.progress
    locator = make_locator(recipe.face.locator)
    folds = make_the_folds(recipe, target)  # before hours of training, if it cannot be done
    checkpoint = None
    if recipe.reads_network(given):
        # What needs no network is made before it is trained, for it may be mistyped; and made
        # again later, for meanwhile it would fill the memory.
        without = (SOURCE, RANDOM)
        _refuse_seen(
            available_features(recipe, target, locator, None, without=without), target, folds
        )
        with steps.step("source network", reused=source_path(folder).is_file()):
            checkpoint = _source(recipe, datasets, steps)
        _warn_of_other_crops(checkpoint, locator)
    available = available_features(recipe, target, locator, checkpoint)
    _refuse_seen(available, target, folds)
    for name, reason in available.left_out.items():
        log.info("%s: left out, %s.", name, reason)
    with steps.step("features"):
        stores = fill_stores(recipe, target, available.extractors, locator, kept, show)
    with steps.step("classifiers and evaluation"):
        judgement = judge(recipe, target, stores, folds, folder, show, workers=workers, on=steps.on)
    with steps.step("tables and examples"):
        return tell(
            steps, recipe, source, target, checkpoint, available, stores, locator, judgement
        )


def _refuse_seen(available: Available, target: Dataset, folds: Sequence[Fold]) -> None:
    """Refuse networks, the source's and others, that learned from people who are tested."""
    for name, card in available.cards.items():
        title = "the source network" if name == SOURCE else f"the network of the features {name}"
        check_source_subjects(card.seen(target.population), folds, title)
        _warn_of_namesakes(card, target.population, folds, title)


def _warn_of_namesakes(card: Card, dataset: str, folds: Sequence[Fold], title: str) -> None:
    """Ask about people of other datasets who are called as those who are tested."""
    for other, names in card.namesakes(dataset, held_out_subjects(folds)).items():
        log.warning(
            "%s learned from people of %s who are called as people tested here, such as %s. "
            "If they are the same people, the scores are worthless.",
            title[0].upper() + title[1:],
            other,
            names[0],
        )


def _check_cluster(recipe: AnyRecipe, on: str | None) -> None:
    """Refuse what is no cluster, and several nodes of none, before hours of work."""
    if on is not None:
        check_address(on)
    for role, settings in recipe.datasets().items():
        if isinstance(settings, TrainingSettings):
            require_cluster(settings.num_nodes, on, role)


def _content(datasets: Mapping[str, Dataset]) -> str:
    """Return a digest of who was recorded, when, and with which label."""
    return _digest(datasets, lambda r: (r.id, r.subject, r.label, r.split, r.start_s, r.stop_s))


def _sources(datasets: Mapping[str, Dataset]) -> str:
    """Return a digest of the videos' names and sizes."""
    return _digest(datasets, lambda r: (r.id, source_of(r)))


def _digest(datasets: Mapping[str, Dataset], tell: Callable[[Recording], tuple]) -> str:
    told = [
        (role, *tell(r)) for role, dataset in sorted(datasets.items()) for r in dataset.recordings
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _load(recipe: AnyRecipe, folders: Mapping[str, Path]) -> dict[str, Dataset]:
    """Load what the recipe needs, by its role; what is read twice in one way is loaded once."""
    needed = recipe.needed(folders)
    names = list(dict.fromkeys(settings.dataset for settings in needed.values()))
    known = {settings.dataset for settings in recipe.datasets().values()}
    for name in folders:
        if name not in known:
            raise UsageError(
                f"--data {name}: the recipe reads no such dataset",
                hint=f"It reads: {', '.join(sorted(known))}.",
            )
    for name in names:
        if name not in folders:
            raise UsageError(f"the recipe needs the dataset {name}", hint=f"Add --data {name}=DIR.")
    loaded: list[tuple[DatasetSettings, Dataset]] = []
    datasets: dict[str, Dataset] = {}
    for role, wanted in needed.items():
        same = [d for s, d in loaded if (s.dataset, s.options) == (wanted.dataset, wanted.options)]
        if not same:
            same = [load_dataset(wanted.dataset, folders[wanted.dataset], **wanted.options)]
            loaded.append((wanted, same[0]))
        datasets[role] = same[0]
    return datasets


def _source(recipe: Recipe, datasets: Mapping[str, Dataset], steps: Steps) -> Checkpoint:
    """Return the source network: given, or trained on the source dataset."""
    own = recipe.source
    if own.checkpoint is not None:
        return Workshop(recipe, datasets, steps, {}).network("source", own, None)
    shop = Workshop(recipe, datasets, steps, {"source": (input_size(own), own.frame_step)})
    return shop.network("source", own, shop.question("source", own))


def _warn_of_other_crops(checkpoint: Checkpoint, locator: Locator) -> None:
    told = checkpoint.card.crop.get("locator", {})
    if told and told.get("name") != locator.name:
        log.warning(
            "The source network learned from faces cut by %s; here they are cut by %s.",
            told.get("name"),
            locator.name,
        )
