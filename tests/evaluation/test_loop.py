from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.makers import CLASSES, maker, shuffled

from painscope.errors import DatasetError, UsageError
from painscope.evaluation import (
    CHANCE_DRAWS,
    Fold,
    confusion,
    evaluate,
    grouped_k_fold,
    leave_one_subject_out,
    make_folds,
    metrics,
    predefined_split,
    score_table,
)

SPLITS = ("train", "train", "validation", "test")


PLAIN = {name: maker(name) for name in ("mean-logistic", "majority", "chance")}


@pytest.fixture
def features(sequence):
    """A function from recordings to their features by id."""

    def make(recordings, **settings):
        return {recording.id: sequence(recording, **settings) for recording in recordings}

    return make


run = partial(evaluate, seeds=(0, 1, 2), segment_frames=20)


def test_a_row_per_held_out_recording_classifier_and_seed(people, features):
    recordings = people(8, splits=SPLITS)
    found = run(PLAIN, features(recordings), predefined_split(recordings)).predictions
    assert list(found.columns) == [
        *("recording", "subject", "split", "true_label", "predicted_label"),
        *("found_share", "n_frames", "flag", "p_NP", "p_LP", "p_HP"),
        *("fold", "seed", "classifier"),
    ]
    asked = {r.id: r for r in recordings if r.split != "train"}
    # Plain models and the majority class hang on no seed: one fit is enough.
    draws = [("chance", seed) for seed in range(CHANCE_DRAWS)]
    fits = {("mean-logistic", 0), ("majority", 0), *draws}
    groups = found.groupby(["classifier", "seed"])
    assert set(groups.groups) == fits
    for _, part in groups:
        assert sorted(part["recording"]) == sorted(asked)
    for row in found.itertuples():
        recording = asked[row.recording]
        assert row.subject == recording.subject
        assert row.true_label == recording.label
        assert row.split == recording.split
        assert row.predicted_label == CLASSES[np.argmax([row.p_NP, row.p_LP, row.p_HP])]
    assert found[["p_NP", "p_LP", "p_HP"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert set(found["fold"]) == {"predefined"}
    assert set(found["flag"]) == {""}
    assert set(found["n_frames"]) == {20}


@pytest.mark.parametrize("protocol", ["leave-one-subject-out", "grouped-k-fold"])
def test_other_protocols_test_everybody_once_and_nobody_else(people, features, protocol):
    recordings = people(7)
    folds = make_folds(protocol, recordings, folds=3)
    found = run(PLAIN, features(recordings), folds).predictions
    assert set(found["split"]) == {"test"}
    for _, part in found.groupby(["classifier", "seed"]):
        assert sorted(part["recording"]) == sorted(r.id for r in recordings)
    tested = {fold.name: {r.id for r in fold.test} for fold in folds}
    assert all(row.recording in tested[row.fold] for row in found.itertuples())


def test_a_clear_signal_is_found_in_new_people(people, features):
    recordings = people(9)
    found = run(PLAIN, features(recordings, signal=6.0), grouped_k_fold(recordings, folds=3))
    scores = score_table(found.predictions, CLASSES, dataset="d", protocol="p", resamples=50)
    value = scores[scores["metric"] == "macro_f1"].set_index("classifier")["value"]
    assert value["mean-logistic"] > 0.95
    assert value["majority"] == pytest.approx(1 / 6)


def test_every_recording_asked_for_gets_a_prediction_and_doubtful_ones_a_flag(people, features):
    recordings = people(8, splits=SPLITS)
    sequences = features(recordings)
    gone, empty, faceless, bridged, few, enough = [r.id for r in recordings if r.split == "test"][
        :6
    ]
    del sequences[gone]
    sequences[empty] = sequences[empty].cut(0, 0)
    without = replace(
        sequences[faceless],
        values=np.full_like(sequences[faceless].values, np.nan),
        found=np.zeros(20, bool),
    )
    sequences[faceless] = without
    for name, count in ((bridged, 0), (few, 9), (enough, 10)):
        sequences[name] = replace(sequences[name], found=np.arange(20) < count)
    found = run(PLAIN, sequences, predefined_split(recordings)).predictions

    rows = found[found["classifier"] == "mean-logistic"].set_index("recording")
    assert len(rows) == 24
    assert rows["flag"][lambda flags: flags != ""].to_dict() == {
        gone: "could not be read",
        empty: "no frame with a face",
        faceless: "no frame with a face",
        bridged: "few frames with a face",
        few: "few frames with a face",
    }
    assert rows.loc[[gone, empty, faceless], "found_share"].tolist() == [0, 0, 0]
    assert rows.loc[[gone, empty, faceless], "n_frames"].tolist() == [0, 0, 20]
    assert rows.loc[few, "found_share"] == pytest.approx(0.45)
    # Without a frame the answer is how frequent the classes are in training: equally here.
    proba = rows.loc[[gone, empty, faceless], ["p_NP", "p_LP", "p_HP"]].to_numpy()
    assert proba == pytest.approx(1 / 3)
    for _, part in found.groupby(["classifier", "seed"]):
        assert {gone, empty, faceless} <= set(part["recording"])


def test_training_goes_on_without_recordings_that_could_not_be_read(people, features):
    recordings = people(8, splits=SPLITS)
    sequences = features(recordings)
    trained = [r.id for r in recordings if r.split == "train"]
    for name in trained[:3]:
        del sequences[name]
    found = run(PLAIN, sequences, predefined_split(recordings))
    assert len(found.predictions) == 24 * (2 + CHANCE_DRAWS)
    assert found.segments[0].recordings == len(trained)


def test_unlabelled_recordings_are_answered(people, features, unlabelled):
    recordings = [unlabelled(r) if r.split == "test" else r for r in people(8, splits=SPLITS)]
    found = run(PLAIN, features(recordings), predefined_split(recordings)).predictions
    hidden = found[found["split"] == "test"]
    assert len(hidden) == 12 * (2 + CHANCE_DRAWS)
    assert hidden["true_label"].isna().all()
    assert set(hidden["predicted_label"]) <= set(CLASSES)
    assert found[found["split"] == "validation"]["true_label"].notna().all()


def test_a_fold_of_ones_own_may_have_validation_or_tested_people_only(people, features):
    recordings = people(4)
    known, others = tuple(recordings[:12]), tuple(recordings[12:])
    tested = run(PLAIN, features(recordings), [Fold("mine", known, (), others)]).predictions
    stopped = run(PLAIN, features(recordings), [Fold("mine", known, others, ())]).predictions
    assert set(tested["split"]) == {"test"}
    assert set(stopped["split"]) == {"validation"}
    pd.testing.assert_frame_equal(tested.drop(columns="split"), stopped.drop(columns="split"))


def test_long_training_recordings_are_cut_and_held_out_ones_read_from_their_start(people, sequence):
    recordings = people(8, splits=SPLITS)
    frames = {"NP": 110, "LP": 20, "HP": 8}  # a long baseline, one clip, and too short a clip
    sequences = {r.id: sequence(r, frames=frames[r.label]) for r in recordings}
    fitted = []

    def keep(name, fold, seed, classifier):
        fitted.append(classifier)

    found = run({"majority": maker("majority")}, sequences, predefined_split(recordings), keep=keep)
    counts = {part.part: (part.recordings, part.segments, part.short) for part in found.segments}
    # 110 frames are five clips of 20 and half a clip, 8 are one short one.
    assert counts == {
        "train": (24, 8 * (6 + 1 + 1), 8 * (1 + 0 + 1)),
        "validation": (12, 12, 4),
        "test": (12, 12, 4),
    }
    # By recordings, as they are scored: a long one weighs no more than a short one.
    assert fitted[0].prior_ == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    lengths = found.predictions.groupby("true_label")["n_frames"].unique()
    assert {label: values.tolist() for label, values in lengths.items()} == {
        "NP": [20],
        "LP": [20],
        "HP": [8],
    }


def test_only_the_first_frames_of_held_out_recordings_count(people, sequence, features):
    recordings = people(8, splits=SPLITS)
    sequences = features(recordings)
    longer = dict(sequences)
    for r in recordings:
        if r.split != "train":
            tail = sequence(r, frames=40, seed=1)
            values = np.concatenate([sequences[r.id].values, tail.values[20:]])
            longer[r.id] = replace(tail, values=values)
    folds = predefined_split(recordings)
    pd.testing.assert_frame_equal(
        run(PLAIN, sequences, folds).predictions, run(PLAIN, longer, folds).predictions
    )


def test_every_fit_is_kept_and_told(people, features):
    recordings = people(6)
    kept, told = [], []

    def keep(name, fold, seed, classifier):
        kept.append((name, fold, seed))
        assert classifier.seed == seed
        assert hasattr(classifier, "prior_")

    folds = grouped_k_fold(recordings, folds=3)
    makers = {**PLAIN, "lstm": maker("lstm", max_epochs=1)}
    run(makers, features(recordings), folds, keep=keep, progress=lambda *at: told.append(at))
    assert kept == [
        (name, fold.name, seed)
        for fold in folds
        for name in makers
        for seed in ((0, 1, 2) if name == "lstm" else (0,))
    ]
    assert told == [(k, 18) for k in range(1, 19)]


def test_a_network_learns_in_epochs_alike_twice(people, features):
    recordings = people(8, splits=SPLITS)
    two = {"lstm": maker("lstm", max_epochs=2), **PLAIN}
    sequences, folds = features(recordings), predefined_split(recordings)
    first = run(two, sequences, folds, seeds=(0, 7))
    again = run(two, sequences, folds, seeds=(7,))
    for old, new in ((first.predictions, again.predictions), (first.histories, again.histories)):
        old, new = (t[(t["seed"] == 7) & (t["classifier"] == "lstm")] for t in (old, new))
        assert len(new)
        pd.testing.assert_frame_equal(old.reset_index(drop=True), new.reset_index(drop=True))
    columns = ["classifier", "fold", "seed", "epoch", "train_loss", "validation_loss"]
    assert list(first.histories.columns) == columns
    assert set(first.histories["classifier"]) == {"lstm"}
    assert first.histories.groupby("seed")["epoch"].apply(list).to_dict() == {
        0: [1, 2],
        7: [1, 2],
    }
    assert np.isfinite(first.histories[["train_loss", "validation_loss"]].to_numpy()).all()
    answers = first.predictions[first.predictions["classifier"] == "lstm"]
    by_seed = [part["p_HP"].to_numpy() for _, part in answers.groupby("seed")]
    assert not np.allclose(*by_seed)


def test_without_networks_there_are_no_histories(people, features):
    recordings = people(8, splits=SPLITS)
    histories = run(PLAIN, features(recordings), predefined_split(recordings)).histories
    assert histories.empty
    assert "validation_loss" in histories


def test_shuffled_training_labels_leave_nothing_to_find(people, features):
    # The labels of the people who are trained on and stopped by are shuffled among each
    # person's recordings; held-out people keep theirs. If anything of those leaked into the
    # fit, macro-F1 would stay high. A single shuffle may map whole classes rightly by luck,
    # the classes being so far apart: what must be at chance, 1/3, is the mean over shuffles.
    recordings = people(20, each=3, splits=SPLITS)
    sequences = features(recordings, signal=5.0)
    (fold,) = predefined_split(recordings)
    rng = np.random.default_rng(0)
    shuffles = [
        replace(fold, train=shuffled(fold.train, rng), validation=shuffled(fold.validation, rng))
        for _ in range(40)
    ]
    model = {"mean-logistic": PLAIN["mean-logistic"]}
    honest = _test_f1(run(model, sequences, [fold]).predictions)
    reached = [_test_f1(run(model, sequences, [other]).predictions) for other in shuffles]
    assert honest > 0.95
    assert np.mean(reached) == pytest.approx(1 / 3, abs=0.15)  # its standard error is 0.045


def _test_f1(predictions):
    tested = predictions[predictions["split"] == "test"]
    counts = confusion(tested["true_label"], tested["predicted_label"], CLASSES)
    return metrics(counts)["macro_f1", None]


def test_nothing_that_is_fitted_hangs_on_held_out_features(people, features):
    recordings = people(8, splits=SPLITS)
    sequences = features(recordings)
    wild = {
        r.id: sequences[r.id]
        if r.split == "train"
        else replace(sequences[r.id], values=sequences[r.id].values * 1e6 - 1e3)
        for r in recordings
    }
    fitted = []
    for given in (sequences, wild):
        run(
            {"mean-logistic": PLAIN["mean-logistic"]},
            given,
            predefined_split(recordings),
            keep=lambda *kept: fitted.append(kept[-1]),
        )
    calm, upset = fitted
    for name in ("kept_", "center_", "scale_"):
        assert np.array_equal(getattr(calm.columns_, name), getattr(upset.columns_, name)), name
    assert np.array_equal(calm.model_.coef_, upset.model_.coef_)
    assert np.array_equal(calm.model_.intercept_, upset.model_.intercept_)


def test_scaling_is_worked_out_anew_in_every_fold(people, features):
    recordings = people(6)
    sequences = features(recordings)
    centers = {}
    run(
        {"mean-logistic": PLAIN["mean-logistic"]},
        sequences,
        folds := leave_one_subject_out(recordings),
        keep=lambda name, fold, seed, fitted: centers.update({fold: fitted.columns_.center_}),
    )
    for fold in folds:
        means = [sequences[r.id].values.astype(float).mean(axis=0) for r in fold.train]
        assert centers[fold.name] == pytest.approx(np.mean(means, axis=0))


def test_features_of_nobody_end_the_run_in_one_line(people, features):
    recordings = people(8, splits=SPLITS)
    folds = predefined_split(recordings)
    with pytest.raises(DatasetError, match="no recording has features"):
        run(PLAIN, {}, folds)
    for split in ("train", "validation"):
        rest = features(r for r in recordings if r.split != split)
        with pytest.raises(DatasetError, match=f"fold predefined: no {split} recording"):
            run(PLAIN, rest, folds)


def test_an_evaluation_needs_folds_and_seeds(people, features):
    recordings = people(8, splits=SPLITS)
    with pytest.raises(UsageError, match="at least one fold and one seed"):
        run(PLAIN, features(recordings), [])
    with pytest.raises(UsageError, match="at least one fold and one seed"):
        run(PLAIN, features(recordings), predefined_split(recordings), seeds=())


def test_the_same_evaluation_gives_the_same_tables_twice(people, features):
    recordings = people(6)
    folds = grouped_k_fold(recordings, folds=3)
    first, second = (run(PLAIN, features(recordings), folds) for _ in range(2))
    pd.testing.assert_frame_equal(first.predictions, second.predictions)
    assert first.segments == second.segments


def test_what_was_handled_otherwise_is_one_line_per_classifier(people, features, caplog):
    recordings = people(6)
    makers = {"bayes": maker("naive-bayes", folds=9), "mean": maker("mean-logistic")}
    with caplog.at_level(logging.INFO, "painscope"):
        run(makers, features(recordings), grouped_k_fold(recordings, folds=2))
    assert caplog.messages == ["bayes: 2 inner folds, not 9, of 2 people (in 2 of 2 fits)"]


def test_chance_is_drawn_often_whatever_the_seeds(people, features):
    recordings = people(8, splits=SPLITS)
    sequences, folds = features(recordings), predefined_split(recordings)
    chance = {"chance": maker("chance")}
    few = run(chance, sequences, folds, seeds=(7,)).predictions
    assert sorted(few["seed"].unique()) == list(range(CHANCE_DRAWS))
    many = run(chance, sequences, folds, seeds=range(30)).predictions
    pd.testing.assert_frame_equal(few, many)
    draws = few.pivot_table(index="recording", columns="seed", values="p_NP")
    assert not draws.T.duplicated().any()
    assert draws.mean(axis=None) == pytest.approx(1 / 3, abs=0.06)
