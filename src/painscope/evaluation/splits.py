"""Folds: who trains, who decides when to stop, who is tested; never one person twice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from painscope.errors import LeakageError, UsageError, did_you_mean
from painscope.recording import Recording

__all__ = [
    "PROTOCOLS",
    "Fold",
    "check_source_subjects",
    "grouped_k_fold",
    "held_out_subjects",
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
        To fit on, to stop the fit by, and to be tested. Only recordings with a label
        serve to fit and to stop by; the others are there to be answered.

    Raises
    ------
    LeakageError
        If a person is in two groups; it names them.
    UsageError
        If there is nobody to train on, or nobody is held out.
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
        if not self.validation and not self.test:
            raise UsageError(f"fold {self.name}: nobody is held out")


def make_folds(
    protocol: str,
    recordings: Sequence[Recording],
    *,
    folds: int = 5,
    seed: int = 0,
    validation: bool = True,
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
    validation : bool
        Whether, where people are held out in turn, a fifth of the others only decide when a
        training stops. Without, all of them are trained on.

    Raises
    ------
    UsageError
        If the protocol is unknown, or there are too few people for it.
    LeakageError
        If a person is in two of the dataset's splits.
    """
    if protocol == "predefined":
        return predefined_split(recordings, seed=seed, validation=validation)
    if protocol == "leave-one-subject-out":
        return leave_one_subject_out(recordings, seed=seed, validation=validation)
    if protocol == "grouped-k-fold":
        return grouped_k_fold(recordings, folds=folds, seed=seed, validation=validation)
    raise UsageError(f"unknown protocol {protocol!r}", hint=did_you_mean(protocol, PROTOCOLS))


def predefined_split(
    recordings: Sequence[Recording], *, seed: int = 0, validation: bool = True
) -> list[Fold]:
    """Return the one fold of the dataset's own split.

    Where the dataset has no validation people with labels, a fifth of the training people
    stop the training, and everybody else is tested; without `validation` nobody is drawn.

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
    train = _labelled(parts["train"])
    # The dataset's own people come first, so that a person in two of its splits is named.
    fold = Fold("predefined", train, parts["validation"], parts["test"])
    if _labelled(parts["validation"]):
        return [fold]
    stopping: tuple[Recording, ...] = ()
    if validation:
        train, stopping = _draw_validation(train, np.random.default_rng(seed))
    return [Fold("predefined", train, stopping, parts["validation"] + parts["test"])]


def leave_one_subject_out(
    recordings: Sequence[Recording], *, seed: int = 0, validation: bool = True
) -> list[Fold]:
    """Return a fold per person, who is tested; a fifth of the others stop the training.

    Without `validation` all the others are trained on.

    People without labels are tested too: they have answers, and no scores.

    Raises
    ------
    UsageError
        If fewer than three people have labels.
    """
    labelled = _people(_labelled(recordings))
    if len(labelled) < 3:
        raise UsageError(f"leave-one-subject-out needs 3 people with labels, not {len(labelled)}")
    people = _people(recordings)
    return [
        _fold(name, recordings, {person}, seed, validation)
        for name, person in zip(_folder_names(people), people, strict=True)
    ]


def grouped_k_fold(
    recordings: Sequence[Recording], *, folds: int = 5, seed: int = 0, validation: bool = True
) -> list[Fold]:
    """Return `folds` folds of whole people, each of whom is tested once.

    People are dealt out in turn, in random order among those with the same most common
    label: the folds have equally many people, and of every kind, within one.

    Raises
    ------
    UsageError
        If there are too few people with labels for as many folds.
    """
    if folds < 2:
        raise UsageError(f"grouped-k-fold needs 2 folds or more, not {folds}")
    labelled = _people(_labelled(recordings))
    least = max(folds, 4 if folds == 2 else 3)  # two must be left to train and to stop by
    if len(labelled) < least:
        raise UsageError(
            f"{folds} folds need at least {least} people with labels, not {len(labelled)}",
            hint="Choose fewer folds, --set folds=N, or find more people.",
        )
    people = np.random.default_rng(seed).permutation(_people(recordings)).tolist()
    people.sort(key=_common_labels(recordings).__getitem__)
    return [
        _fold(f"fold-{k + 1}", recordings, set(people[k::folds]), seed, validation)
        for k in range(folds)
    ]


def held_out_subjects(folds: Sequence[Fold]) -> frozenset[str]:
    """Return the people whom some fold is tested on, or stopped by."""
    return frozenset(r.subject for fold in folds for r in (*fold.validation, *fold.test))


def check_source_subjects(
    seen: Collection[str], folds: Sequence[Fold], network: str = "the source network"
) -> None:
    """Refuse to test people who shaped a network whose features are read.

    Parameters
    ----------
    seen : collection of str
        People of this very dataset whom the network was trained on, or stopped by.
    folds : sequence of Fold
    network : str
        What the message calls it.

    Raises
    ------
    LeakageError
        If one of them is held out; it names them.
    """
    shared = sorted(held_out_subjects(folds) & set(seen))
    if shared:
        raise LeakageError(
            f"{network} was trained on people who are tested here: {', '.join(shared)}",
            hint="Use a network that has not seen them.",
        )


def _fold(
    name: str, recordings: Sequence[Recording], tested: set[str], seed: int, validation: bool
) -> Fold:
    test = tuple(r for r in recordings if r.subject in tested)
    others = _labelled([r for r in recordings if r.subject not in tested])
    if not validation:
        return Fold(name, others, (), test)
    return Fold(name, *_draw_validation(others, np.random.default_rng(seed)), test)


def _draw_validation(
    recordings: Sequence[Recording], rng: np.random.Generator
) -> tuple[tuple[Recording, ...], tuple[Recording, ...]]:
    people = _people(recordings)
    if len(people) < 2:
        raise UsageError("at least two people with labels are needed to train and to stop by")
    chosen = set(rng.permutation(people)[: max(1, round(VALIDATION_SHARE * len(people)))])
    train = tuple(r for r in recordings if r.subject not in chosen)
    return train, tuple(r for r in recordings if r.subject in chosen)


def _folder_names(people: Sequence[str]) -> list[str]:
    """Return a name per person that is a folder's on any system, told apart without case."""
    names: list[str] = []
    for person in people:
        safe = "subject-" + re.sub(r"[^\w.\-+=@]+", "-", person).strip(".")
        taken, name, number = {name.casefold() for name in names}, safe, 2
        while name.casefold() in taken:
            name, number = f"{safe}-{number}", number + 1
        names.append(name)
    return names


def _common_labels(recordings: Sequence[Recording]) -> dict[str, str]:
    """Return everybody's most common label, empty for people without any."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for recording in recordings:
        counts[recording.subject].update([recording.label] if recording.label is not None else [])
    return {
        person: max(sorted(count), key=count.__getitem__, default="")
        for person, count in counts.items()
    }


def _labelled(recordings: Sequence[Recording]) -> tuple[Recording, ...]:
    return tuple(recording for recording in recordings if recording.label is not None)


def _people(recordings: Sequence[Recording]) -> list[str]:
    return sorted({recording.subject for recording in recordings})
