"""SequenceClassifier: scikit-learn's contract on feature sequences."""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from painscope.errors import CheckpointError, DatasetError, LeakageError, RunError, UsageError
from painscope.features.sequence import FeatureSequence
from painscope.files import write_bytes, write_text

__all__ = ["CLASSIFIER_FORMAT", "Examples", "SequenceClassifier"]

log = logging.getLogger("painscope")

CLASSIFIER_FORMAT = 1
"""Version of a saved classifier's folder; raised whenever an older reader would misread it."""

Labelled = tuple[Sequence[FeatureSequence], Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class Examples:
    """Training data as the classifiers read it: usable rows and class numbers.

    Attributes
    ----------
    rows : tuple of float32 [T, D]
        The usable frames of each sequence, in order; T differs and is at least 1.
    targets : int64 [N]
        Class numbers.
    groups : tuple of str or None
        The subject of each sequence; None if nobody has told.
    """

    rows: tuple[np.ndarray, ...]
    targets: np.ndarray
    groups: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.rows)


class SequenceClassifier(ClassifierMixin, BaseEstimator, ABC):
    """A classifier of feature sequences; one subclass in one file per kind.

    Frames without values (``FeatureSequence.usable``) are left out everywhere, so a
    sequence may have gaps and any length. A sequence without a single usable frame
    gets the class frequencies of the training data: every recording has an answer.

    Parameters
    ----------
    classes : tuple of str
        Class names in the scheme's order; also the columns of `predict_proba`.
    seed : int
        Of everything drawn at random while fitting or answering.

    Attributes
    ----------
    prior_ : float64 [C]
        Class frequencies of the training recordings.
    names_ : tuple of str
        Names of the D features it was fitted on.
    history_ : list of dict
        The learning curve, a row per epoch (``epoch``, ``train_loss``,
        ``validation_loss``); empty for what is not trained in epochs.
    notes_ : list of str
        What was handled otherwise than asked for while fitting, such as fewer people than
        folds. `painscope.evaluation.evaluate` sums them up in the log, a line per classifier.
    """

    name: ClassVar[str]
    #: What readers of a report call it.
    title: ClassVar[str]
    #: Whether the seed changes nothing, so that one fit is enough.
    deterministic: ClassVar[bool] = False
    #: Whether other people's clips tell it when to stop.
    stops_early: ClassVar[bool] = False
    history_: list[dict[str, Any]]
    notes_: list[str]

    def __init__(self, classes: tuple[str, ...], seed: int = 0) -> None:
        self.classes = classes
        self.seed = seed

    def fit(
        self,
        sequences: Sequence[FeatureSequence],
        labels: Sequence[str],
        *,
        groups: Sequence[str] | None = None,
        validation: Labelled | None = None,
    ) -> Self:
        """Fit to labelled sequences.

        Parameters
        ----------
        sequences : sequence of FeatureSequence
            All with the same features.
        labels : sequence of str
            Class names.
        groups : sequence of str, optional
            The subject of each sequence. Whatever is chosen or calibrated on people held
            out within the training needs it, and is left undone without it (see `notes_`).
        validation : (sequences, labels, groups), optional
            Other people's, which tell a network when to stop.

        Raises
        ------
        DatasetError
            If there is nothing to learn from, a label is unknown or features differ.
        LeakageError
            If a person is in both parts, or nobody says who is in the first.
        """
        self.notes_ = []
        self.names_ = _feature_names(sequences)
        train = self._examples(sequences, labels, groups)
        held_out = None
        if validation is not None:
            if groups is None:
                raise LeakageError(
                    "validation people without knowing who is trained on", hint="Give groups."
                )
            shared = sorted(set(groups) & set(validation[2]))
            if shared:
                raise LeakageError(f"in training and validation alike: {', '.join(shared)}")
            held_out = self._examples(*validation)
        # By recordings, as they are scored: how many clips one was cut into is its length.
        recordings = {(one.recording, label) for one, label in zip(sequences, labels, strict=True)}
        counts = Counter(label for _, label in recordings)
        self.prior_ = np.array([counts[label] for label in self.classes]) / len(recordings)
        self.history_ = []
        self._fit(train, held_out)
        return self

    @property
    def classes_(self) -> np.ndarray:
        """Class names for scikit-learn's scorers, which take them to be in alphabetical order."""
        if list(self.classes) != sorted(self.classes):
            raise AttributeError(
                f"scikit-learn's scorers read classes alphabetically, these are "
                f"{', '.join(self.classes)}: give the classifier its classes sorted"
            )
        return np.array(self.classes, dtype=object)

    def predict_proba(self, sequences: Sequence[FeatureSequence]) -> np.ndarray:
        """Return a probability per class: float64 [N, C]; the answer is the row's maximum.

        Raises
        ------
        RunError
            If a probability is not a number.
        """
        self._check_fitted()
        rows = [self._rows(sequence) for sequence in sequences]
        seen = [index for index, part in enumerate(rows) if len(part)]
        answer = np.tile(self.prior_, (len(rows), 1))
        if seen:
            answer[seen] = self._proba([rows[index] for index in seen])
        if not np.isfinite(answer).all():
            lost = sequences[int(np.flatnonzero(~np.isfinite(answer).all(axis=1))[0])].recording
            raise RunError(
                f"the {self.name} classifier answers {lost} with no number: its training diverged",
                hint="Fit it anew with a lower learning rate, or without extreme features.",
            )
        return answer

    def predict(self, sequences: Sequence[FeatureSequence]) -> np.ndarray:
        """Return the most probable class name of each sequence: [N] of str."""
        best = self.predict_proba(sequences).argmax(axis=1)
        return np.array(self.classes, dtype=object)[best]

    def frame_proba(self, sequence: FeatureSequence) -> np.ndarray | None:
        """Return the probabilities over time, or None if this classifier has no timeline.

        Returns
        -------
        float64 [T, C] or None
            NaN in frames without values.
        """
        self._check_fitted()
        usable = self._usable(sequence)
        timeline = np.full((len(sequence), len(self.classes)), np.nan)
        if not usable.any():
            return timeline if self.has_timeline else None
        values = self._timeline(sequence.values[usable])
        if values is None:
            return None
        timeline[usable] = values
        return timeline

    def save(self, folder: Path | str) -> None:
        """Write ``weights.safetensors`` and ``classifier.json`` into `folder`.

        Raises
        ------
        StorageError
            If the disk is full or the folder cannot be written.
        """
        from safetensors.numpy import save

        self._check_fitted()
        folder = Path(folder)
        arrays = {"prior": self.prior_, **self._arrays()}
        whole = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
        write_bytes(folder / "weights.safetensors", save(whole))
        facts = {
            "format": CLASSIFIER_FORMAT,
            "classifier": self.name,
            "settings": self.get_params(),
            "features": self.names_,
            "history": self.history_,
            "notes": self.notes_,
        }
        write_text(folder / "classifier.json", json.dumps(facts, indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read a classifier that `save` wrote; called on the base class, one of any kind.

        Raises
        ------
        RunError
            If there is none, or another version of painscope wrote it.
        CheckpointError
            If it is of another kind, or damaged.
        """
        from painscope.classifiers import CLASSIFIERS

        path = Path(folder) / "classifier.json"
        facts = _read_facts(path)
        kind = CLASSIFIERS.get(facts["classifier"])
        if kind is None or not issubclass(kind, cls):
            wanted = getattr(cls, "name", "a known classifier")
            raise CheckpointError(f"holds {facts['classifier']!r}, not {wanted}", path=path)
        weights = Path(folder) / "weights.safetensors"
        try:
            settings = facts["settings"]
            classifier = kind(**{key: _plain(value) for key, value in settings.items()})
            classifier.names_ = tuple(facts["features"])
            classifier.history_ = list(facts["history"])
            classifier.notes_ = list(facts.get("notes", ()))
        except (KeyError, TypeError):
            raise CheckpointError("damaged, cannot be read", path=path, hint=_AGAIN) from None
        classifier._load_weights(weights)
        return classifier  # type: ignore[return-value]

    def _load_weights(self, path: Path) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if not path.is_file():
            raise RunError("the classifier's weights are missing", path=path, hint=_AGAIN)
        try:
            arrays = load_file(path)
            self.prior_ = arrays.pop("prior")
            if self.prior_.shape != (len(self.classes),):
                raise ValueError("prior")
            self._restore(arrays)
        except OSError as error:  # no permission to read it
            raise RunError(f"cannot be read ({error.strerror or error})", path=path) from None
        except (SafetensorError, KeyError, ValueError, RuntimeError):
            raise CheckpointError(
                f"damaged, or not the weights of this {self.name}", path=path, hint=_AGAIN
            ) from None

    # What a subclass provides.

    has_timeline: ClassVar[bool] = False

    @abstractmethod
    def _fit(self, train: Examples, validation: Examples | None) -> None:
        """Learn from usable rows; set `history_` where there is a learning curve."""

    @abstractmethod
    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        """Return float64 [N, C] for sequences of at least one usable row each."""

    def _timeline(self, rows: np.ndarray) -> np.ndarray | None:
        """Return float64 [T, C] over the usable rows of one sequence."""
        return None

    @abstractmethod
    def _arrays(self) -> Mapping[str, np.ndarray]:
        """Return what was learnt, by name."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take back what `_arrays` gave; raise KeyError or ValueError if it does not fit."""

    # Checks that all share.

    def _check_fitted(self) -> None:
        if not hasattr(self, "prior_"):
            raise NotFittedError(f"this {self.name} classifier is not fitted yet, call fit first")

    def _number(self, label: str) -> int:
        try:
            return self.classes.index(label)
        except ValueError:
            raise DatasetError(
                f"unknown label {label!r}", hint=f"Labels are: {', '.join(self.classes)}."
            ) from None

    def _usable(self, sequence: FeatureSequence) -> np.ndarray:
        if len(sequence) and sequence.names != self.names_:
            there = set(sequence.names)
            missing = [name for name in self.names_ if name not in there]
            raise UsageError(
                f"{sequence.recording}: {len(sequence.names)} features that differ from the "
                f"{len(self.names_)} the {self.name} classifier was fitted on"
                + (f", {len(missing)} are missing, the first is {missing[0]}" if missing else ""),
                hint="Use features of the same extractor.",
            )
        return sequence.usable

    def _rows(self, sequence: FeatureSequence) -> np.ndarray:
        usable = self._usable(sequence)
        return sequence.values if usable.all() else sequence.values[usable]

    def _examples(
        self,
        sequences: Sequence[FeatureSequence],
        labels: Sequence[str],
        groups: Sequence[str] | None,
    ) -> Examples:
        people = len(sequences) if groups is None else len(groups)
        if not len(sequences) == len(labels) == people:
            raise ValueError(f"{len(sequences)} sequences, {len(labels)} labels, {people} groups")
        targets = [self._number(label) for label in labels]
        rows = [self._rows(sequence) for sequence in sequences]
        seen = [index for index, part in enumerate(rows) if len(part)]
        if not seen:
            raise DatasetError("no recording to learn from has a frame with a face")
        return Examples(
            tuple(rows[index] for index in seen),
            np.array([targets[index] for index in seen]),
            None if groups is None else tuple(groups[index] for index in seen),
        )

    def _note(self, text: str) -> None:
        """Say openly what was handled otherwise than asked for."""
        self.notes_.append(text)
        log.debug("%s: %s", self.name, text)


_AGAIN = "Fit and save the classifier again."


def _plain(value: Any) -> Any:
    """Return what JSON has made a list as the tuple that it was."""
    if isinstance(value, list):
        return tuple(_plain(part) for part in value)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _feature_names(sequences: Sequence[FeatureSequence]) -> tuple[str, ...]:
    """Return the names of the first sequence that has frames."""
    for sequence in sequences:
        if len(sequence):
            return sequence.names
    raise DatasetError("no recording to learn from has a frame with a face")


def _read_facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise RunError("no classifier here, classifier.json is missing", path=path.parent)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        facts = None
    if not isinstance(facts, dict) or "classifier" not in facts:
        raise CheckpointError("damaged, cannot be read", path=path, hint=_AGAIN)
    if facts.get("format") != CLASSIFIER_FORMAT:
        raise RunError(
            f"classifier format {facts.get('format')!r}, this painscope reads {CLASSIFIER_FORMAT}",
            path=path,
            hint=_AGAIN,
        )
    return facts
