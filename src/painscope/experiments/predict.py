"""Predictor: an answer per video, from a run that is there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from painscope.classifiers import SequenceClassifier, reading_segments
from painscope.errors import PainscopeError, RunError, UsageError, did_you_mean
from painscope.evaluation import FEW_FRAMES
from painscope.experiments.examples import crop_strip
from painscope.experiments.features import TRUTH, available_features, read_features
from painscope.experiments.folder import RunFolder
from painscope.experiments.judge import BASELINES
from painscope.experiments.models import load_models, locator_of, source_path
from painscope.experiments.recipe import CrossSettings, Recipe, Row
from painscope.face import Locator
from painscope.features import Extractor, FeatureSequence, fill_store, open_store
from painscope.networks import load_checkpoint
from painscope.recording import Recording

__all__ = ["Answer", "Predictor", "Window"]

log = logging.getLogger("painscope")


@dataclass(frozen=True)
class Window:
    """The answer for one part of a video, `start_s` to `stop_s`; no label where no face is read."""

    start_s: float
    stop_s: float
    label: str | None
    probabilities: dict[str, float]
    found_share: float

    def summary(self) -> str:
        """Return the window in one line."""
        shares = ", ".join(f"{name} {share:.2f}" for name, share in self.probabilities.items())
        read = f"{self.label} ({shares})" if self.label is not None else "no face"
        return f"{self.start_s:6.1f}–{self.stop_s:.1f} s  {read}"


@dataclass(frozen=True)
class Answer:
    """What a run says about one video.

    Attributes
    ----------
    video : Path
    label : str or None
        The most probable class; None if no frame shows a face, or the video could not be read.
    probabilities : dict of str to float
        Mean over the windows, weighed by their frames with a face; the training data's
        class frequencies if no frame has one.
    found_share : float
        Share of frames in which the face was seen.
    flag : str
        Why not to rely on the answer; empty if nothing is known against it.
    error : str or None
        Why there is no answer.
    classifier : str
        The row of the run that answers.
    windows : tuple of Window
        Parts as long as the clips that the classifier learned from; the last may be shorter.
    classes : tuple of str
    time_s : float64 [T]
    timeline : float64 [T, C] or None
        Probabilities per frame, NaN without a face; None if the classifier has none.
    found : bool [T]
    """

    video: Path
    label: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    found_share: float = 0.0
    flag: str = ""
    error: str | None = None
    classifier: str = ""
    windows: tuple[Window, ...] = ()
    classes: tuple[str, ...] = ()
    time_s: np.ndarray = field(default_factory=lambda: np.empty(0))
    timeline: np.ndarray | None = None
    found: np.ndarray = field(default_factory=lambda: np.empty(0, bool))

    def summary(self) -> str:
        """Return the answer in one line, and one more per window if there are several."""
        if self.error is not None:
            return f"{self.video}: no answer: {self.error}"
        shares = ", ".join(f"{name} {share:.2f}" for name, share in self.probabilities.items())
        face = f"face in {self.found_share:.0%} of frames"
        lines = [
            f"{self.video}: {self.label or 'no face'} ({shares}; {face}; by {self.classifier})"
        ]
        if self.flag:
            lines.append(f"  caution: {self.flag}")
        if len(self.windows) > 1:
            lines += [f"  {window.summary()}" for window in self.windows]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON can hold it, the timeline at up to 10 values a second."""
        step = max(1, round(0.1 / (self.time_s[1] - self.time_s[0]))) if len(self.time_s) > 1 else 1
        rows = np.empty((0, 0)) if self.timeline is None else self.timeline[::step]
        return {
            "video": str(self.video),
            "label": self.label,
            "probabilities": self.probabilities,
            "found_share": self.found_share,
            "flag": self.flag,
            "error": self.error,
            "classifier": self.classifier,
            "windows": [vars(window) for window in self.windows],
            "timeline": [
                {
                    "time_s": round(float(time_s), 3),
                    "probabilities": None
                    if np.isnan(row).any()
                    else dict(zip(self.classes, map(float, row), strict=True)),
                }
                for time_s, row in zip(self.time_s[::step], rows, strict=False)
            ],
        }


class Predictor:
    """Reads videos with the features and the fitted classifiers of one row of a run.

    Everything the run kept of it is averaged: every seed of one fold, or of many folds the first
    seed of each.

    Attributes
    ----------
    row : Row
        The row of the run that answers.
    classes : tuple of str
        From none to most pain.
    virtual : bool
        Whether it learned from virtual people, which every answer then says.
    """

    def __init__(
        self,
        recipe: Recipe,
        row: Row,
        extractors: Mapping[str, Extractor],
        locator: Locator,
        models: Sequence[SequenceClassifier],
        *,
        virtual: bool = False,
    ) -> None:
        self.recipe, self.row = recipe, row
        self.extractors, self.locator = dict(extractors), locator
        self.models, self.virtual = tuple(models), virtual
        self.classes = self.models[0].classes

    @classmethod
    def load(cls, run: Path | str, *, classifier: str | None = None) -> Predictor:
        """Load what a run has learned.

        Parameters
        ----------
        run : path-like
            A finished run.
        classifier : str, optional
            Name of a row; by default the best of the run on people it was not trained on.

        Raises
        ------
        RunError
            If it is no finished run, or its models are missing.
        UsageError
            If there is no such row, or faces cannot be located here as in the run.
        """
        folder = RunFolder.open(run)
        row = _row(folder, classifier)
        _warn_of_guessing(folder, row)
        known = {facts.name: facts for facts in folder.facts.features}
        locator, _ = locator_of(folder)
        source = source_path(folder)
        checkpoint = load_checkpoint(source) if source.is_file() else None
        row = row.model_copy(update={"optional": False})
        alone = {"rows": (row,), "cross": CrossSettings()}
        recipe = folder.transfer.model_copy(update=alone)
        extractors = available_features(recipe, None, locator, checkpoint).extractors
        for name, extractor in extractors.items():
            made_by = known[name].provenance["extractor"].get("weights_sha256")
            if extractor.provenance.get("weights_sha256") != made_by:
                raise UsageError(
                    f"the run's features {name} are of other weights, sha256 {made_by}",
                    path=folder.path,
                    hint="Put the file that its recipe.yaml names back, or run the recipe anew.",
                )
        models = load_models(folder, row)
        return cls(recipe, row, extractors, locator, models, virtual=folder.facts.virtual)

    def predict(self, video: Path | str) -> Answer:
        """Answer for one video; a video that cannot be read gives an answer with its error."""
        video = Path(video)
        try:
            sequence, damage = self._features(video)
        except PainscopeError as error:
            return Answer(video, error=str(error), classifier=self.row.label, classes=self.classes)
        return self._answer(video, sequence, damage)

    def faces(self, video: Path | str) -> np.ndarray:
        """Return the faces at the middles of equal parts of a video: uint8 [N, S, S, 3]."""
        return crop_strip(Path(video), self.locator, self.recipe.face)

    def _features(self, video: Path) -> tuple[FeatureSequence, str]:
        recording = Recording("video", "unknown", None, None, video)
        face = self.recipe.face
        stores = {}
        damage = ""
        with TemporaryDirectory() as folder:
            for name, extractor in self.extractors.items():
                store = open_store(
                    folder,
                    extractor,
                    locator=self.locator,
                    rate=face.rate,
                    margin=face.margin,
                    locate_every=face.locate_every,
                )
                summary = fill_store([recording], extractor, store, locator=self.locator)
                for reason in summary.failed.values():
                    raise PainscopeError(reason)
                damage = str(store.status["damage"].fillna("").iloc[0])
                stores[name] = store
            read = read_features(self.recipe, self.row.features, stores, [recording])
            return read[recording.id], damage

    def _answer(self, video: Path, sequence: FeatureSequence, damage: str) -> Answer:
        parts = reading_segments([sequence], length=self.recipe.segment_frames)
        proba = np.mean([model.predict_proba(parts.sequences) for model in self.models], axis=0)
        seen = np.array([part.usable.sum() for part in parts.sequences])
        mean = np.average(proba, axis=0, weights=seen) if seen.any() else proba[0]
        found_share = float(sequence.found.mean())
        rate = self.recipe.face.rate
        windows = tuple(
            Window(
                part.first / rate,
                part.stop / rate,
                self._label(row) if usable else None,
                self._named(row),
                float(clip.found.mean()),
            )
            for part, clip, row, usable in zip(
                parts.parts, parts.sequences, proba, seen, strict=True
            )
            if part is not None
        )
        return Answer(
            video,
            label=self._label(mean) if seen.any() else None,
            probabilities=self._named(mean),
            found_share=found_share,
            flag=_flag(found_share, bool(seen.any()), damage, self.virtual),
            classifier=self.row.label,
            windows=windows,
            classes=self.classes,
            time_s=sequence.time_s,
            timeline=self._timeline(parts.sequences),
            found=sequence.found,
        )

    def _timeline(self, clips: Sequence[FeatureSequence]) -> np.ndarray | None:
        whole = []
        for model in self.models:
            parts = [part for clip in clips if (part := model.frame_proba(clip)) is not None]
            if len(parts) < len(clips):
                return None
            whole.append(np.concatenate(parts))
        return np.mean(whole, axis=0)

    def _label(self, proba: np.ndarray) -> str:
        return self.classes[int(proba.argmax())]

    def _named(self, proba: np.ndarray) -> dict[str, float]:
        return {name: float(share) for name, share in zip(self.classes, proba, strict=True)}


def _flag(found_share: float, seen: bool, damage: str, virtual: bool) -> str:
    flags = []
    if virtual:
        flags.append("the model learned from virtual people: it says nothing about real ones")
    if not seen:
        flags.append("no face in any frame: these are only the class frequencies of training")
    elif found_share < FEW_FRAMES:
        flags.append("few frames with a face")
    if damage:
        flags.append(damage)
    return "; ".join(flags)


def _row(folder: RunFolder, name: str | None) -> Row:
    """Return the row called `name`, or the best that can read videos of anyone."""
    recipe = folder.transfer
    readable = {facts.name for facts in folder.facts.features} - {TRUTH}
    rows = {
        row.label: row
        for row in recipe.all_rows
        if readable.issuperset(recipe.blocks(row.features))
    }
    if name is not None:
        if name not in rows:
            raise UsageError(
                f"no classifier {name!r}", path=folder.path, hint=did_you_mean(name, rows)
            )
        return rows[name]
    scores = folder.table("scores")
    known = scores[(scores["metric"] == "macro_f1") & scores["classifier"].isin(list(rows))]
    for split in ("validation", "test"):
        found = known[known["split"] == split]
        if len(found):
            return rows[str(found["classifier"].to_numpy()[found["value"].argmax()])]
    raise RunError(
        "has no scores to choose a classifier by",
        path=folder.path,
        hint=f"Name one yourself; there are: {', '.join(rows) or 'none that reads any video'}.",
    )


def _warn_of_guessing(folder: RunFolder, row: Row) -> None:
    """Say so where the run does not show that this row does better than not looking."""
    scores = folder.table("scores")
    scores = scores[scores["metric"] == "macro_f1"]
    for split in ("test", "validation"):
        found = scores[scores["split"] == split].set_index("classifier")
        if row.label not in found.index:
            continue
        reached, bar = found.loc[row.label], found["value"].reindex(BASELINES)
        if not reached["low"] > bar.max():
            log.warning(
                "%s reached a macro-F1 of %.2f on %s people, %s %.2f: the run does not show that "
                "it does better than not looking.",
                row.label,
                reached["value"],
                split,
                bar.idxmax(),
                bar.max(),
            )
        return
