"""Folds: who trains, who decides when to stop, who is tested; never one person twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from painscope.errors import LeakageError, UsageError
from painscope.recording import Recording

__all__ = [
    "PROTOCOLS",
    "Fold",
    "check_source_subjects",
    "grouped_k_fold",
    "leave_one_subject_out",
    "make_folds",
    "predefined_split",
]

#: Share of the training people who decide when a training stops.
VALIDATION_SHARE = 0.2

PROTOCOLS = ("predefined", "leave-one-subject-out", "grouped-k-fold")


@dataclass(frozen=True)
class Fold:
    """One division of recordings into three groups of people.

    Attributes
    ----------
    name : str
        Safe as a folder name.
    train, validation, test : tuple of Recording
        To fit on, to stop the fit by, and to be tested. Training and validation
        recordings are labelled; those to be tested need not be.

    Raises
    ------
    LeakageError
        If a person is in two groups; it names them.
    """

    name: str
    train: tuple[Recording, ...]
    validation: tuple[Recording, ...]
    test: tuple[Recording, ...]

    def __post_init__(self) -> None:
        groups: dict[str, list[str]] = defaultdict(list)
        for part in ("train", "validation", "test"):
            for subject in {recording.subject for recording in getattr(self, part)}:
                groups[subject].append(part)
        shared = {subject: parts for subject, parts in groups.items() if len(parts) > 1}
        if shared:
            told = "; ".join(f"{name} in {' and '.join(shared[name])}" for name in sorted(shared))
            raise LeakageError(
                f"fold {self.name}: the same person is in two splits: {told}",
                hint="Give every person one split.",
            )
        if not self.train:
            raise UsageError(f"fold {self.name}: nobody with a label to train on")


def make_folds(
    protocol: str, recordings: Sequence[Recording], *, folds: int = 5, seed: int = 0
) -> list[Fold]:
    """Return the folds of one of `PROTOCOLS`.

    Parameters
    ----------
    protocol : str
    recordings : sequence of Recording
    folds : int
        Of grouped k-fold.
    seed : int
        Of drawing people.
    """
    if protocol == "predefined":
        return predefined_split(recordings, seed=seed)
    if protocol == "leave-one-subject-out":
        return leave_one_subject_out(recordings, seed=seed)
    if protocol == "grouped-k-fold":
        return grouped_k_fold(recordings, folds=folds, seed=seed)
    raise UsageError(f"unknown protocol {protocol!r}", hint=f"There are: {', '.join(PROTOCOLS)}.")


def predefined_split(recordings: Sequence[Recording], *, seed: int = 0) -> list[Fold]:
    """Return the one fold of the dataset's own split.

    Where the dataset names no validation people, a fifth of the training people are drawn.

    Raises
    ------
    UsageError
        If recordings have no split, or nobody is held out.
    LeakageError
        If a person is in two splits.
    """
    without = [recording.id for recording in recordings if recording.split is None]
    if without:
        raise UsageError(
            f"{len(without)} recordings have no split, the first is {without[0]}",
            hint="Choose --set protocol=leave-one-subject-out or grouped-k-fold.",
        )
    parts = {
        split: tuple(r for r in recordings if r.split == split)
        for split in ("train", "validation", "test")
    }
    if not parts["validation"] and not parts["test"]:
        raise UsageError(
            "nobody is held out: every recording is in the split train",
            hint="Choose --set protocol=leave-one-subject-out or grouped-k-fold.",
        )
    train, validation = _labelled(parts["train"]), _labelled(parts["validation"])
    # The dataset's own people come first, so that a person in two of its splits is named.
    fold = Fold("predefined", train, validation, parts["test"])
    if validation:
        return [fold]
    train, validation = _draw_validation(train, np.random.default_rng(seed))
    return [Fold("predefined", train, validation, parts["test"])]


def leave_one_subject_out(recordings: Sequence[Recording], *, seed: int = 0) -> list[Fold]:
    """Return a fold per person, who is tested; a fifth of the others stop the training.

    Raises
    ------
    UsageError
        If fewer than three people have labels.
    """
    people = _people(_labelled(recordings))
    if len(people) < 3:
        raise UsageError(f"leave-one-subject-out needs 3 people with labels, not {len(people)}")
    return [_fold(f"subject-{name}", recordings, {name}, seed) for name in people]


def grouped_k_fold(recordings: Sequence[Recording], *, folds: int = 5, seed: int = 0) -> list[Fold]:
    """Return `folds` folds; people stay whole, classes are spread as evenly as they can be.

    Raises
    ------
    UsageError
        If there are fewer people than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    labelled = _labelled(recordings)
    people = _people(labelled)
    if folds < 2 or len(people) < max(folds, 3):
        raise UsageError(
            f"{folds} folds need at least {max(folds, 3)} people with labels, not {len(people)}",
            hint="Choose fewer folds: --set folds=N.",
        )
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    labels = [recording.label for recording in labelled]
    groups = [recording.subject for recording in labelled]
    return [
        _fold(f"fold-{k + 1}", recordings, {groups[index] for index in test}, seed)
        for k, (_, test) in enumerate(splitter.split(labels, labels, groups))
    ]


def check_source_subjects(seen: Collection[str], folds: Sequence[Fold]) -> None:
    """Refuse to test people who shaped the source network.

    Parameters
    ----------
    seen : collection of str
        People of this very dataset whom the source network was trained on, or stopped by.
    folds : sequence of Fold

    Raises
    ------
    LeakageError
        If one of them is held out; it names them.
    """
    held_out = {r.subject for fold in folds for r in (*fold.validation, *fold.test)}
    shared = sorted(held_out & set(seen))
    if shared:
        raise LeakageError(
            f"the source network was trained on people who are tested here: {', '.join(shared)}",
            hint="Use a source network that has not seen them.",
        )


def _fold(name: str, recordings: Sequence[Recording], tested: set[str], seed: int) -> Fold:
    others = _labelled([r for r in recordings if r.subject not in tested])
    train, validation = _draw_validation(others, np.random.default_rng(seed))
    return Fold(name, train, validation, tuple(r for r in recordings if r.subject in tested))


def _draw_validation(
    recordings: Sequence[Recording], rng: np.random.Generator
) -> tuple[tuple[Recording, ...], tuple[Recording, ...]]:
    people = _people(recordings)
    if len(people) < 2:
        raise UsageError("at least two people with labels are needed to train and to stop by")
    chosen = set(rng.permutation(people)[: max(1, round(VALIDATION_SHARE * len(people)))])
    train = tuple(r for r in recordings if r.subject not in chosen)
    return train, tuple(r for r in recordings if r.subject in chosen)


def _labelled(recordings: Sequence[Recording]) -> tuple[Recording, ...]:
    return tuple(recording for recording in recordings if recording.label is not None)


def _people(recordings: Sequence[Recording]) -> list[str]:
    return sorted({recording.subject for recording in recordings})
