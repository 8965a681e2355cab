from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from painscope.errors import LeakageError, UsageError
from painscope.evaluation import (
    PROTOCOLS,
    Fold,
    check_source_subjects,
    grouped_k_fold,
    leave_one_subject_out,
    make_folds,
    predefined_split,
)


def subjects(part):
    return {recording.subject for recording in part}


def test_a_person_in_two_groups_of_a_fold_is_named(people):
    part = people(4)
    train, held_out = tuple(part[:9]), tuple(part[9:])  # p01 is cut in two
    with pytest.raises(LeakageError, match="p01 in train and test"):
        Fold("mine", train, (), held_out)
    with pytest.raises(LeakageError, match="p01 in train and validation"):
        Fold("mine", train, held_out, ())


def test_a_fold_needs_somebody_to_train_on_and_somebody_held_out(recordings):
    with pytest.raises(UsageError, match="train on"):
        Fold("mine", (), (), tuple(recordings))
    with pytest.raises(UsageError, match="held out"):
        Fold("mine", tuple(recordings), (), ())


def test_predefined_keeps_the_datasets_split(people):
    recordings = people(9, splits=("train", "validation", "test"))
    (fold,) = predefined_split(recordings)
    assert fold.name == "predefined"
    for part in ("train", "validation", "test"):
        assert list(getattr(fold, part)) == [r for r in recordings if r.split == part]


def test_who_stops_no_training_is_trained_on(people):
    recordings = people(9, splits=("train", "test"))
    (drawn,), (whole,) = (predefined_split(recordings, validation=some) for some in (True, False))
    assert drawn.validation
    assert whole.validation == ()
    assert list(whole.train) == [r for r in recordings if r.split == "train"]
    assert whole.test == drawn.test


@pytest.mark.parametrize("second", ["validation", "test"])
def test_predefined_names_people_whom_the_dataset_has_in_two_splits(people, second):
    recordings = people(6, splits=("train", "validation"))
    recordings[0] = replace(recordings[0], split="test")
    recordings[6 * 2 + 1] = replace(recordings[6 * 2 + 1], split=second)  # of p02
    with pytest.raises(LeakageError, match="p00 in train and test; p02 in train and " + second):
        predefined_split(recordings)


def test_predefined_trains_on_labels_only_and_answers_all_others(people, unlabelled):
    recordings = people(9, splits=("train", "validation", "test"))
    hidden = [unlabelled(r) if r.id.endswith("-1") or r.split == "test" else r for r in recordings]
    (fold,) = predefined_split(hidden)
    assert all(r.label for r in fold.train)
    assert len(fold.train) == 9
    assert len(fold.validation) == len(fold.test) == 18


def test_without_labelled_validation_people_some_of_the_training_people_stop_it(people, unlabelled):
    recordings = [
        r if r.split == "train" else unlabelled(r)
        for r in people(15, splits=("train", "train", "validation", "test", "train"))
    ]
    (fold,) = predefined_split(recordings)
    trained = subjects(r for r in recordings if r.split == "train")
    assert subjects(fold.train) | subjects(fold.validation) == trained
    assert len(subjects(fold.validation)) == round(0.2 * len(trained))
    assert {r.id for r in fold.test} == {r.id for r in recordings if r.split != "train"}


def test_predefined_refuses_recordings_without_split_and_nobody_held_out(people):
    recordings = people(4, splits=("train", "test"))
    with pytest.raises(UsageError, match="1 recordings have no split, the first is p00-NP-0"):
        predefined_split([replace(recordings[0], split=None), *recordings[1:]])
    with pytest.raises(UsageError, match="nobody is held out"):
        predefined_split(people(4, splits=("train",)))


@pytest.mark.parametrize("protocol", ["leave-one-subject-out", "grouped-k-fold"])
def test_every_recording_is_tested_once_and_nobody_is_on_two_sides(people, unlabelled, protocol):
    recordings = people(11)
    recordings = [unlabelled(r) if r.subject in ("p03", "p07") else r for r in recordings]
    recordings[0] = unlabelled(recordings[0])
    folds = make_folds(protocol, recordings, folds=4)
    assert Counter(r.id for fold in folds for r in fold.test) == Counter(r.id for r in recordings)
    for fold in folds:
        assert not subjects(fold.test) & (subjects(fold.train) | subjects(fold.validation))
        assert not subjects(fold.train) & subjects(fold.validation)
        assert fold.validation
        assert all(r.label is not None for r in fold.train + fold.validation)


def test_leave_one_subject_out_has_a_fold_per_person(recordings):
    folds = leave_one_subject_out(recordings)
    assert [fold.name for fold in folds] == [f"subject-p{k:02}" for k in range(8)]
    assert [subjects(fold.test) for fold in folds] == [{f"p{k:02}"} for k in range(8)]


def test_fold_names_are_safe_as_folders_and_differ(people):
    odd = ["../up", "a/b", "a\\b", "A B", "a b", "c.", "ü"]
    recordings = [replace(r, subject=odd[int(r.subject[1:])]) for r in people(len(odd))]
    names = [fold.name for fold in leave_one_subject_out(recordings)]
    assert len({name.casefold() for name in names}) == len(odd)
    assert not any(set(name) & set('/\\ :*?"<>|') or name.endswith(".") for name in names)


def test_grouped_k_fold_spreads_people_and_their_kinds_evenly(people):
    recordings = [replace(r, label="HP" if int(r.subject[1:]) < 6 else "NP") for r in people(15)]
    folds = grouped_k_fold(recordings, folds=3)
    assert [len(subjects(fold.test)) for fold in folds] == [5, 5, 5]
    assert [len(subjects(r for r in f.test if r.label == "HP")) for f in folds] == [2, 2, 2]


def test_one_recording_per_person_and_as_many_folds_as_people(people):
    recordings = people(5, each=1, classes=["NP"])
    recordings[:2] = [replace(r, label="HP") for r in recordings[:2]]
    assert [len(fold.test) for fold in grouped_k_fold(recordings, folds=5)] == [1] * 5


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_folds_hang_on_the_seed_alone(people, protocol):
    recordings = people(20, splits=("train", "train", "test"))
    assert make_folds(protocol, recordings, seed=3) == make_folds(protocol, recordings, seed=3)
    others = [make_folds(protocol, recordings, seed=seed) for seed in range(4, 8)]
    assert any(other != make_folds(protocol, recordings, seed=3) for other in others)


@pytest.mark.parametrize(
    ("folds", "number", "said"),
    [(1, 8, "2 folds or more"), (2, 3, "at least 4 people"), (5, 4, "at least 5 people, not 4")],
)
def test_too_few_people_for_folds(people, folds, number, said):
    with pytest.raises(UsageError, match=said.replace(", not 4", " with labels, not 4")):
        grouped_k_fold(people(number), folds=folds)


def test_two_people_cannot_be_left_out_in_turn(people):
    with pytest.raises(UsageError, match="needs 3 people with labels, not 2"):
        leave_one_subject_out(people(2))


def test_an_unknown_protocol_is_refused(recordings):
    with pytest.raises(UsageError, match=r"'k-fold'.*grouped-k-fold"):
        make_folds("k-fold", recordings)


def test_people_of_the_source_network_cannot_be_held_out(people):
    folds = predefined_split(people(6, splits=("train", "validation", "test")))
    check_source_subjects({"p00", "p03", "stranger"}, folds)  # training people may be known
    with pytest.raises(LeakageError, match="tested here: p01, p02"):
        check_source_subjects({"p02", "p00", "p01"}, folds)
    with pytest.raises(LeakageError, match="p00"):
        check_source_subjects({"p00"}, leave_one_subject_out(people(6)))
