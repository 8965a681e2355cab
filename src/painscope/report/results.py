"""Results: a run folder, read from its files alone and checked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from painscope.errors import RunError, UsageError
from painscope.experiments.facts import AGAIN, ClassifierFacts, RunFacts
from painscope.experiments.folder import RunFolder
from painscope.experiments.recipe import RANDOM, Recipe

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Example", "Results", "load_results"]

# The columns that a report reads; a table may have more.
PREDICTIONS = (
    *("recording", "subject", "split", "fold", "seed", "classifier"),
    *("true_label", "predicted_label", "found_share", "n_frames", "flag"),
)
SCORES = ("split", "classifier", "metric", "class", "value", "low", "high", "seed_sd", "n")
STATUS = ("recording", "subject", "split", "status", "reason", "n_frames", "found_share", "damage")
HISTORIES = ("classifier", "fold", "seed", "epoch", "train_loss", "validation_loss")
DIFFERENCES = ("split", "first", "second", "metric", "value", "low", "high")
SKILL = ("split", "classifier", "value", "low", "high")
EXAMPLE = ("classifier", "time_s", "found")

# Where the answer is read: people nobody has looked at before those that stopped the training.
_SPLIT_ORDER = ("test", "validation", "train")


@dataclass(frozen=True)
class Example:
    """The probabilities over one recording, and its faces.

    Attributes
    ----------
    recording : str
        Its id.
    frames : DataFrame
        Rows per classifier and frame: classifier, time_s, found, ``p_<class>``.
    crops : uint8 [N, S, S, 3] or None
        Faces at the middles of N equal parts of the recording.
    """

    recording: str
    frames: pd.DataFrame
    crops: np.ndarray | None


@dataclass(frozen=True)
class Results:
    """Everything a report is drawn from.

    Attributes
    ----------
    folder : Path
        The run folder.
    facts, recipe
        What was run.
    environment : dict
        Versions and machine.
    predictions, scores : DataFrame
        As in docs/architecture.md; ``class`` is ``""`` where a metric has none.
    status, histories, skill, differences : DataFrame
        Empty where the run has none.
    examples : tuple of Example
        Recordings shown with their timeline.
    """

    folder: Path
    facts: RunFacts
    recipe: Recipe
    environment: dict[str, Any]
    predictions: pd.DataFrame
    scores: pd.DataFrame
    status: pd.DataFrame
    histories: pd.DataFrame
    skill: pd.DataFrame
    differences: pd.DataFrame
    examples: tuple[Example, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, from none to most pain."""
        return self.facts.classes

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """Splits that have scores; the first is the one the answer is read from."""
        return tuple(sorted(self.scores["split"].unique(), key=_split_rank))

    @cached_property
    def unlabelled_splits(self) -> tuple[str, ...]:
        """Splits with predictions and no labels to score them by."""
        seen = set(self.predictions["split"].unique()) - set(self.splits)
        return tuple(sorted(seen, key=_split_rank))

    @cached_property
    def untrained(self) -> dict[str, str]:
        """Features of networks that never learned anything, and what their weights are."""
        found = {}
        for store in self.facts.features:
            extractor = store.provenance.get("extractor", {})
            told = extractor.get("weights", "") if isinstance(extractor, Mapping) else ""
            origin = "random weights" if store.name == RANDOM else str(told)
            if origin.startswith("random"):
                found[store.name] = origin
        return found

    def classifiers(self, split: str, *roles: str) -> tuple[ClassifierFacts, ...]:
        """Return the classifiers with scores in `split`, in table order, of these roles or any."""
        scored = set(self.scores.loc[self.scores["split"] == split, "classifier"])
        return tuple(
            facts
            for facts in self.facts.classifiers
            if facts.name in scored and (not roles or facts.role in roles)
        )

    def title(self, classifier: str) -> str:
        """Return the name people read."""
        return next(f.title for f in self.facts.classifiers if f.name == classifier)

    def score(
        self, split: str, classifier: str, metric: str, label: str = ""
    ) -> Mapping[Hashable, Any] | None:
        """Return one row of the scores (value, low, high, seed_sd, n), or None."""
        return self._scores.get((split, classifier, metric, label))

    @cached_property
    def _scores(self) -> dict[tuple[str, ...], Mapping[Hashable, Any]]:
        rows = self.scores.to_dict("records")
        return {tuple(row[key] for key in SCORES[:4]): row for row in rows}

    def labelled(self, split: str) -> pd.DataFrame:
        """Return the predictions of a split whose truth is known."""
        table = self.predictions
        return table[(table["split"] == split) & table["true_label"].notna()]

    def true_labels(self, split: str) -> pd.DataFrame:
        """Return one row per labelled recording of a split: recording, subject, true_label."""
        columns = ["recording", "subject", "true_label"]
        return self.labelled(split)[columns].drop_duplicates("recording")


def load_results(folder: Path | str) -> Results:
    """Read a run folder.

    Raises
    ------
    RunError
        If it is not a run folder, of another format, or damaged; one line says where.
    """
    run = RunFolder(folder)
    facts = run.facts  # says what is wrong with a folder that is no run
    probabilities = [f"p_{name}" for name in facts.classes]
    tables = {
        "scores": _table(run, "scores", SCORES),
        "predictions": _table(run, "predictions", [*PREDICTIONS, *probabilities]),
        "histories": _table(run, "histories", HISTORIES, optional=True),
        "skill": _table(run, "skill", SKILL, optional=True),
    }
    examples = _examples(run, probabilities)
    known = [classifier.name for classifier in facts.classifiers]
    for name, table in tables.items():
        _no_strangers(run, name, table["classifier"], known)
    for example in examples:
        _no_strangers(run, f"examples/{example.recording}", example.frames["classifier"], known)
    _no_strangers(run, "predictions", tables["predictions"]["true_label"].dropna(), facts.classes)
    scores = tables["scores"]
    return Results(
        folder=run.path,
        facts=facts,
        recipe=_recipe(run),
        environment=run.environment,
        predictions=tables["predictions"],
        scores=scores.assign(**{"class": scores["class"].astype(object).fillna("")}),
        status=_table(run, "status", STATUS, optional=True),
        histories=tables["histories"],
        skill=tables["skill"],
        differences=_table(run, "differences", DIFFERENCES, optional=True),
        examples=examples,
    )


def _split_rank(split: str) -> tuple[int, str]:
    known = _SPLIT_ORDER.index(split) if split in _SPLIT_ORDER else len(_SPLIT_ORDER)
    return known, split


def _table(
    run: RunFolder, name: str, columns: Sequence[str], *, optional: bool = False
) -> pd.DataFrame:
    import pandas as pd

    if optional and not run.has_table(name):
        return pd.DataFrame(columns=list(columns))
    return run.table(name, columns)


def _no_strangers(run: RunFolder, name: str, values: pd.Series, known: Sequence[str]) -> None:
    strangers = sorted(set(values) - set(known))
    if strangers:
        raise RunError(
            f"{strangers[0]!r} is none of {', '.join(known)}",
            path=run.path / f"{name}.parquet",
            hint=AGAIN,
        )


def _recipe(run: RunFolder) -> Recipe:
    try:
        return run.transfer
    except UsageError as error:
        path, hint = run.path / "recipe.yaml", "Run the recipe again into a new folder."
        raise RunError(error.what, path=path, hint=hint) from None


def _examples(run: RunFolder, probabilities: Sequence[str]) -> tuple[Example, ...]:
    examples = []
    for path in sorted(run.examples.glob("[!.]*.parquet")):
        name = f"examples/{path.stem}"
        if not run.table(name).empty:  # no classifier of the run has a timeline
            frames = _table(run, name, [*EXAMPLE, *probabilities])
            examples.append(Example(path.stem, frames, _crops(path.with_suffix(".jpg"))))
    return tuple(examples)


def _crops(path: Path) -> np.ndarray | None:
    """Read a strip of square face crops."""
    from PIL import Image

    if not path.is_file():
        return None
    try:
        with Image.open(path) as image:
            strip = np.asarray(image.convert("RGB"))
    except OSError:
        raise RunError("damaged, cannot be read as an image", path=path, hint=AGAIN) from None
    side = strip.shape[0]
    count = strip.shape[1] // side
    if count == 0:
        raise RunError("not a strip of square crops", path=path, hint=AGAIN)
    return strip[:, : count * side].reshape(side, count, side, 3).swapaxes(0, 1)
