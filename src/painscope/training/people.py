"""Who is trained on, who stops the training, who is tested: never the same person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from painscope.errors import DatasetError, LeakageError
from painscope.recording import Recording

__all__ = ["PeopleSplit", "names", "refuse_shared", "split_people"]

#: Shares of the people drawn to stop the training, and for the test, where the dataset does
#: not say.
STOPPING_SHARE, TEST_SHARE = 0.15, 0.2
#: Tested are at least so many, but never more than a quarter: five people are the fewest that
#: give an interval (`painscope.evaluation.FEWEST_SUBJECTS`), and one of them may show no pain.
FEWEST_TESTED = 6


@dataclass(frozen=True)
class PeopleSplit:
    """Recordings of three groups of people.

    Attributes
    ----------
    train : tuple of Recording
        The weights are fitted on these.
    validation : tuple of Recording
        Their loss decides when training stops, so a score on them flatters.
    test : tuple of Recording
        Looked at once, at the end: the score that is reported.

    Raises
    ------
    LeakageError
        If a person is in two groups.
    """

    train: tuple[Recording, ...]
    validation: tuple[Recording, ...]
    test: tuple[Recording, ...]

    def __post_init__(self) -> None:
        refuse_shared(*map(self.people, ("train", "validation", "test")))

    def people(self, part: str) -> tuple[str, ...]:
        """Return the people of ``"train"``, ``"validation"`` or ``"test"``, in order."""
        return tuple(sorted({recording.subject for recording in getattr(self, part)}))


def split_people(
    recordings: Sequence[Recording],
    *,
    classes: Collection[str],
    seed: int,
    shows: Mapping[str, Collection[str]] | None = None,
) -> PeopleSplit:
    """Split labelled recordings into people to train, to stop and to test on.

    The dataset's own split is kept. Where it has two parts, as BioVid's hold-out, the
    held-out part is the test, and those who stop the training are drawn from its training
    people. Where it has none, both are drawn: for the test a fifth of the people, but six
    where that is no more than a quarter of them, and 15 % to stop the training.

    Parameters
    ----------
    recordings : sequence of Recording
        Those whose label is not in `classes` are left out.
    classes : collection of str
    seed : int
        Of the draw.
    shows : mapping of str to collection of str, optional
        Recording id -> labels of its frames, where frames have labels of their own.

    Raises
    ------
    LeakageError
        If the dataset's split has a person in two parts.
    DatasetError
        If there are too few people, or a part lacks a class.
    """
    if shows is None:
        shows = {recording.id: (str(recording.label),) for recording in recordings}
    labelled = [r for r in recordings if set(classes) & set(shows.get(r.id, ()))]
    if len({recording.split is None for recording in labelled}) > 1:
        bare = sorted({recording.subject for recording in labelled if recording.split is None})
        raise DatasetError(
            f"some recordings have a split and others none: those of {names(bare)}",
            hint="Give every labelled recording a split, or none of them.",
        )
    parts: dict[str, list[Recording]] = {"train": [], "validation": [], "test": []}
    for recording in labelled:
        parts[recording.split or "train"].append(recording)
    if parts["validation"] and not parts["test"]:
        parts["validation"], parts["test"] = [], parts["validation"]
    PeopleSplit(*map(tuple, parts.values()))  # before anyone is drawn: names the culprits
    random = np.random.default_rng(seed)
    total = len({recording.subject for recording in labelled})
    wanted = {
        "test": max(round(TEST_SHARE * total), min(FEWEST_TESTED, total // 4)),
        "validation": round(STOPPING_SHARE * total),
    }
    for part, number in wanted.items():
        if not parts[part]:
            drawn = _draw(parts["train"], number, random)
            parts[part] = [r for r in parts["train"] if r.subject in drawn]
            parts["train"] = [r for r in parts["train"] if r.subject not in drawn]
    for part, held in parts.items():
        if missing := sorted(set(classes).difference(*(shows[r.id] for r in held))):
            raise DatasetError(
                f"the {len({r.subject for r in held})} people of the {part} part have no "
                f"recording labelled {missing[0]}",
                hint="Training needs three groups of people, each with recordings of all classes.",
            )
    return PeopleSplit(*map(tuple, parts.values()))


def _draw(recordings: Sequence[Recording], wanted: int, random: np.random.Generator) -> set[str]:
    """Draw people, at least one, but leave somebody."""
    people = sorted({recording.subject for recording in recordings})
    number = min(max(1, wanted), len(people) - 1)
    return set(random.permutation(people)[: max(0, number)].tolist())


def names(people: Collection[str]) -> str:
    """Return the first five people and how many more there are."""
    first = sorted(people)[:5]
    more = f" and {len(people) - 5} more" if len(people) > 5 else ""
    return ", ".join(first) + more


def refuse_shared(*parts: Collection[str]) -> None:
    """Refuse parts of a split that share a person.

    Raises
    ------
    LeakageError
        It names them.
    """
    twice = {name for one, other in combinations(parts, 2) for name in {*one} & {*other}}
    if twice:
        raise LeakageError(f"in two parts of the split: {names(twice)}")
