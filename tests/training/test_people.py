from __future__ import annotations

from pathlib import Path

import pytest

from painscope.errors import DatasetError, LeakageError
from painscope.recording import Recording
from painscope.training import PeopleSplit, split_people

CLASSES = ("no-pain", "high-pain")


def recordings(split: dict[str, str | None]) -> list[Recording]:
    """Two clips of each class per person, and one of a class that does not count."""
    return [
        Recording(f"{person}-{label}-{k}", person, label, part, Path("x.mp4"))  # type: ignore[arg-type]
        for person, part in split.items()
        for label in (*CLASSES, "low-pain")
        for k in range(2)
    ]


def people(n: int) -> dict[str, str | None]:
    return {f"p{k:02d}": None for k in range(n)}


def split(given: dict[str, str | None], seed: int = 0) -> PeopleSplit:
    return split_people(recordings(given), classes=CLASSES, seed=seed)


def groups(got: PeopleSplit) -> list[set[str]]:
    return [set(got.people(part)) for part in ("train", "validation", "test")]


@pytest.mark.parametrize(
    ("n", "sizes"),
    [(3, [1, 1, 1]), (8, [5, 1, 2]), (20, [12, 3, 5]), (25, [15, 4, 6]), (87, [57, 13, 17])],
)
def test_without_a_split_people_are_drawn(n: int, sizes: list[int]) -> None:
    train, validation, test = groups(split(people(n)))
    assert [len(train), len(validation), len(test)] == sizes
    assert not train & validation
    assert not (train | validation) & test
    assert train | validation | test == set(people(n))


def test_the_draw_is_the_seeds() -> None:
    assert split(people(20)) == split(people(20))
    assert groups(split(people(20), 1)) != groups(split(people(20)))
    backwards = dict(reversed(people(20).items()))
    assert groups(split(backwards)) == groups(split(people(20)))


def test_only_recordings_of_the_classes_count() -> None:
    got = split(people(6))
    labels = {r.label for part in (got.train, got.validation, got.test) for r in part}
    assert labels == set(CLASSES)


def test_a_hold_out_of_the_dataset_is_the_test_and_nobody_of_it_stops_the_training() -> None:
    given = people(20) | {f"h{k}": "validation" for k in range(5)}
    given = {person: part or "train" for person, part in given.items()}
    train, validation, test = groups(split(given))
    assert test == {f"h{k}" for k in range(5)}
    assert len(validation) == 4
    assert validation < set(people(20))
    assert train | validation == set(people(20))


def test_three_parts_of_the_dataset_are_kept() -> None:
    given = {"a": "train", "b": "validation", "c": "test", "d": "train"}
    assert groups(split(given)) == [{"a", "d"}, {"b"}, {"c"}]  # type: ignore[arg-type]


def test_a_person_in_two_parts_is_named() -> None:
    both = recordings({"anna": "train", "b": "test", "c": "train"})
    both += [
        Recording("again", "anna", "no-pain", "test", Path("x.mp4")),
    ]
    with pytest.raises(LeakageError, match="anna"):
        split_people(both, classes=CLASSES, seed=0)
    one = tuple(recordings({"eve": None}))
    with pytest.raises(LeakageError, match="eve"):
        PeopleSplit(one[:1], (), one[1:])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_people(n: int) -> None:
    with pytest.raises(DatasetError, match="three groups of people"):
        split(people(n))


def test_a_part_without_a_class() -> None:
    given = [r for r in recordings({"a": "train", "b": "validation", "c": "test"})]
    one_sided = [r for r in given if not (r.subject == "c" and r.label == "high-pain")]
    with pytest.raises(DatasetError, match="test part have no recording labelled high-pain"):
        split_people(one_sided, classes=CLASSES, seed=0)


def test_recordings_without_a_split_beside_others_with_one() -> None:
    given = people(6) | {"e": "train", "f": "test"}
    with pytest.raises(DatasetError, match=r"others none: those of p00, .* and 1 more"):
        split(given)
