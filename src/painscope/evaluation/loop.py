"""evaluate: fit on some people, predict others; a tidy table of predictions."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from painscope.classifiers import (
    SequenceClassifier,
    StratifiedChance,
    evaluation_segments,
    training_segments,
)
from painscope.errors import DatasetError, UsageError
from painscope.evaluation.parallel import spread
from painscope.evaluation.splits import Fold
from painscope.features import FeatureSequence
from painscope.recording import Recording

__all__ = ["CHANCE_DRAWS", "FEW_FRAMES", "Evaluation", "Keep", "SegmentCount", "evaluate"]

log = logging.getLogger("painscope")

#: Below this share of frames with a face a prediction is flagged.
FEW_FRAMES = 0.5
#: Answers of chance per recording: all else is read against it, and one draw is a matter of luck.
CHANCE_DRAWS = 20

_REASONS = "See status.parquet for the reasons."

#: Called with the classifier's name, the fold's, the seed and what was fitted.
Keep = Callable[[str, str, int, SequenceClassifier], None]


@dataclass(frozen=True)
class SegmentCount:
    """How many clips a part of a fold gave, and how many of them were shorter than asked."""

    fold: str
    part: str
    recordings: int
    segments: int
    short: int


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation gives.

    Attributes
    ----------
    predictions : DataFrame
        recording, subject, split, fold, seed, classifier, true_label, predicted_label,
        ``p_<class>`` per class, found_share, n_frames, flag.
    histories : DataFrame
        classifier, fold, seed, epoch, train_loss, validation_loss.
    segments : tuple of SegmentCount
    """

    predictions: pd.DataFrame
    histories: pd.DataFrame
    segments: tuple[SegmentCount, ...]


def evaluate(
    classifiers: Mapping[str, Callable[[int], SequenceClassifier]],
    sequences: Mapping[str, FeatureSequence],
    folds: Sequence[Fold],
    *,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    segment_frames: int = 300,
    workers: int = 1,
    on: str | None = None,
    keep: Keep | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Fit every classifier on every fold's training people and predict the held-out ones.

    Long training recordings are cut into clips; held-out ones are read up to
    `segment_frames`. Every held-out recording gets a prediction, also one without
    features: the training data's class frequencies, flagged.

    Parameters
    ----------
    classifiers : mapping of str to callable
        From name to a function of a seed that gives an unfitted classifier. One whose class
        says that it is ``deterministic`` is fitted for the first seed only; so is
        `StratifiedChance`, which then answers with the seeds below `CHANCE_DRAWS`.
    sequences : mapping of str to FeatureSequence
        Features by recording id; a recording may be missing.
    folds : sequence of Fold
        Of the predefined split, and of a fold that tests nobody, the validation people are
        predicted too. In a fold without validation people, networks stop by the loss on the
        training people.
    seeds : sequence of int
    segment_frames : int
        Length of a clip.
    workers : int
        Processes that fit side by side, each with one thread. The numbers are the same to
        the bit for any number of them.
    on : str, optional
        ``ray`` or ``ray://HOST:PORT``: the cores of a Ray cluster fit instead.
    keep : callable, optional
        Given every fitted classifier, in order.
    progress : callable, optional
        Called with fits done and to do.

    Raises
    ------
    UsageError
        If there is no fold or no seed.
    DatasetError
        If no recording to fit on, or none to stop by, has a frame with a face.
    """
    if not folds or not seeds:
        raise UsageError("nothing to evaluate: at least one fold and one seed are needed")
    if not sequences:
        raise DatasetError("no recording has features", hint=_REASONS)
    data = _Data(sequences, folds, segment_frames, returned=keep is not None)
    jobs = [
        _Job(number, name, make, seed)
        for number in range(len(folds))
        for name, make in classifiers.items()
        for seed in _seeds(make, seeds)
    ]
    predictions, histories, counts = [], [], dict[str, tuple[SegmentCount, ...]]()
    notes: dict[str, list[list[str]]] = defaultdict(list)
    for done, (job, fit) in enumerate(
        zip(jobs, spread(_fit, data, jobs, workers=workers, on=on), strict=True), start=1
    ):
        fold = folds[job.fold].name
        who: dict[str, Any] = {"fold": fold, "seed": job.seed, "classifier": job.name}
        histories += [row | who for row in fit.history]
        notes[job.name].append(fit.notes)
        predictions += [table.assign(**who | {"seed": seed}) for seed, table in fit.predictions]
        counts[fold] = fit.counts
        if keep is not None and fit.classifier is not None:
            keep(job.name, fold, job.seed, fit.classifier)
        if progress is not None:
            progress(done, len(jobs))
    for name, told in notes.items():
        _log_notes(name, told)
    columns = ["classifier", "fold", "seed", "epoch", "train_loss", "validation_loss"]
    return Evaluation(
        pd.concat(predictions, ignore_index=True),
        pd.DataFrame(histories, columns=columns),
        tuple(count for parts in counts.values() for count in parts),
    )


@dataclass(frozen=True)
class _Data:
    """What all fits share; sent to each worker once."""

    sequences: Mapping[str, FeatureSequence]
    folds: Sequence[Fold]
    length: int
    returned: bool


@dataclass(frozen=True)
class _Job:
    """One fit: on the people of which fold, by its number, of which classifier."""

    fold: int
    name: str
    make: Callable[[int], SequenceClassifier]
    seed: int


@dataclass(frozen=True)
class _Fit:
    """What one fit gave; its predictions with the seed of each answer."""

    predictions: list[tuple[int, pd.DataFrame]]
    history: list[dict[str, Any]]
    notes: list[str]
    counts: tuple[SegmentCount, ...]
    classifier: SequenceClassifier | None


def _fit(data: _Data, job: _Job) -> _Fit:
    """Fit one classifier on a fold's training people and predict the held-out ones."""
    fold = data.folds[job.fold]
    train, validation, test = (
        _Clips.cut(fold, part, data.sequences, data.length)
        for part in ("train", "validation", "test")
    )
    clips, labels, people = train.labelled()
    held_out = validation.labelled() if validation.recordings else None
    classifier = job.make(job.seed)
    classifier.fit(clips, labels, groups=people, validation=held_out)
    both = fold.name == "predefined" or not fold.test
    tested = [part for part in (test, *[validation] * both) if part.recordings]
    seeds = range(CHANCE_DRAWS) if isinstance(classifier, StratifiedChance) else [job.seed]
    return _Fit(
        [
            (seed, part.predict(copy(classifier).set_params(seed=seed)))
            for seed in seeds
            for part in tested
        ],
        classifier.history_,
        classifier.notes_,
        tuple(part.count for part in (train, validation, test) if part.recordings),
        classifier if data.returned else None,
    )


def _log_notes(name: str, fits: Sequence[Sequence[str]]) -> None:
    """Log what a classifier's fits handled otherwise than asked for: all of them in one line."""
    kinds = {re.sub(r"\d+", "#", note): note for fit in reversed(fits) for note in fit}
    times = Counter(re.sub(r"\d+", "#", note) for fit in fits for note in fit)
    lines = [f"{note} (in {times[kind]} of {len(fits)} fits)" for kind, note in kinds.items()]
    if lines:
        log.info("%s: %s", name, "; ".join(lines))


def _seeds(make: Callable[[int], SequenceClassifier], seeds: Sequence[int]) -> Sequence[int]:
    kind = make(seeds[0])
    return seeds[:1] if kind.deterministic or isinstance(kind, StratifiedChance) else seeds


@dataclass(frozen=True)
class _Clips:
    """One part of a fold as clips, each with the recording it was cut from."""

    recordings: tuple[Recording, ...]
    clips: tuple[FeatureSequence, ...]
    missing: frozenset[str]
    count: SegmentCount

    @classmethod
    def cut(
        cls,
        fold: Fold,
        part: str,
        sequences: Mapping[str, FeatureSequence],
        length: int,
    ) -> _Clips:
        chosen: Sequence[Recording] = getattr(fold, part)
        blank = next(iter(sequences.values())).cut(0, 0)
        found = [
            sequences[r.id] if r.id in sequences else replace(blank, recording=r.id) for r in chosen
        ]
        cut = training_segments if part == "train" else evaluation_segments
        segments = cut(found, length=length)
        count = SegmentCount(fold.name, part, len(chosen), len(segments), segments.short)
        return cls(
            tuple(chosen[source] for source in segments.sources),
            segments.sequences,
            frozenset(r.id for r in chosen if r.id not in sequences),
            count,
        )

    def labelled(self) -> tuple[list[FeatureSequence], list[str], list[str]]:
        """Return the clips, labels and subjects to fit on or to stop by."""
        known = [
            (clip, recording.label, recording.subject)
            for clip, recording in zip(self.clips, self.recordings, strict=True)
            if recording.label is not None
        ]
        if not any(clip.usable.any() for clip, _, _ in known):
            raise DatasetError(
                f"fold {self.count.fold}: no {self.count.part} recording with a label has a "
                "frame with a face",
                hint=_REASONS,
            )
        return (
            [clip for clip, _, _ in known],
            [label for _, label, _ in known],
            [subject for _, _, subject in known],
        )

    def predict(self, classifier: SequenceClassifier) -> pd.DataFrame:
        """Return a row per recording."""
        proba = classifier.predict_proba(self.clips)
        table = pd.DataFrame(
            {
                "recording": [recording.id for recording in self.recordings],
                "subject": [recording.subject for recording in self.recordings],
                "split": self.count.part,
                "true_label": [recording.label for recording in self.recordings],
                "predicted_label": [classifier.classes[k] for k in proba.argmax(axis=1)],
                "found_share": [_share(clip) for clip in self.clips],
                "n_frames": [len(clip) for clip in self.clips],
                "flag": [
                    self._flag(recording, clip)
                    for recording, clip in zip(self.recordings, self.clips, strict=True)
                ],
            }
        )
        columns = {f"p_{name}": proba[:, k] for k, name in enumerate(classifier.classes)}
        return table.assign(**columns)

    def _flag(self, recording: Recording, clip: FeatureSequence) -> str:
        if recording.id in self.missing:
            return "could not be read"
        if not clip.usable.any():
            return "no frame with a face"
        return "few frames with a face" if _share(clip) < FEW_FRAMES else ""


def _share(clip: FeatureSequence) -> float:
    return float(np.mean(clip.found)) if len(clip) else 0.0
