"""What the classical classifiers share: scaling, selection, search, calibration; no leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict, cross_val_score

from painscope.classifiers import CLASSIFIERS, SequenceClassifier, make_classifier
from painscope.classifiers.calibration import Calibration, log_loss, scores
from painscope.classifiers.columns import Columns
from painscope.classifiers.inner import grouped_folds, search
from painscope.errors import LeakageError, RunError, UsageError
from painscope.features import FeatureSequence, join_sequences
from painscope.features.sequence import block_names

Clips = tuple[list[FeatureSequence], list[str], list[str]]
MakeClips = Callable[..., Clips]
RNG = np.random.default_rng(0)

#: Small enough to be fitted many times over.
SMALL: dict[str, dict[str, Any]] = {
    "ann-vote": {"max_epochs": 2},
    "lstm": {"max_epochs": 2},
    "random-forest": {"folds": 2, "grid": {"n_estimators": (10,)}},
    "gradient-boosting": {"folds": 2, "grid": {"n_estimators": (10,), "max_features": (1.0,)}},
}


def make(name: str, classes: tuple[str, ...], **settings: Any) -> SequenceClassifier:
    return make_classifier(name, classes=classes, **{**SMALL.get(name, {}), **settings})


class TestColumns:
    ROWS = RNG.normal(size=(40, 6)) * [1, 10, 0, 5, 1, 1] + [0, 100, 3, 0, 0, 0]
    TARGETS = np.arange(40) % 2

    def test_scales_every_column_and_leaves_constant_ones_out(self) -> None:
        columns = Columns(("",) * 6).fit(self.ROWS, self.TARGETS)
        out = columns.transform(self.ROWS)
        assert columns.kept_.tolist() == [0, 1, 3, 4, 5]
        assert columns.constant_ == 1
        np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(out.std(axis=0), 1)

    def test_keeps_the_most_telling_columns_of_each_block(self) -> None:
        rows = self.ROWS.copy()
        rows[:, 3] += 50 * self.TARGETS
        blocks = ("a", "a", "a", "b", "b", "b")
        kept = Columns(blocks, keep=1).fit(rows, self.TARGETS).kept_
        ratio = f_classif(rows[:, :2], self.TARGETS)[0]
        assert kept.tolist() == [int(np.argmax(ratio)), 3]

    def test_blocks_weigh_the_same_whatever_their_width(self) -> None:
        rows = RNG.normal(size=(50, 105)) * RNG.uniform(1, 100, size=105)
        columns = Columns(("deep",) * 100 + ("few",) * 5).fit(rows, np.arange(50) % 2)
        variance = columns.transform(rows).var(axis=0)
        assert variance[:100].sum() == pytest.approx(variance[100:].sum())
        assert variance.sum() == pytest.approx(105)


class TestCalibration:
    def test_two_classes_are_platt_s_scaling(self) -> None:
        """Against scikit-learn's, on as many clips of either class."""
        from sklearn.calibration import _sigmoid_calibration

        targets = np.arange(200) % 2
        values = np.column_stack([np.zeros(200), 3 * targets + RNG.normal(scale=2, size=200)])
        slope, offset = _sigmoid_calibration(values[:, 1], targets)
        ours = Calibration.fit(values, targets)
        assert ours.slope == pytest.approx(-slope, rel=1e-3)
        assert ours.offsets[1] == pytest.approx(-offset, rel=1e-3, abs=1e-3)

    def test_mends_a_model_that_is_too_sure(self) -> None:
        truth = RNG.uniform(size=4000)
        targets = (RNG.uniform(size=4000) < truth).astype(int)
        told = np.column_stack([np.zeros(4000), 8 * np.log(truth / (1 - truth))])
        before = Calibration.none(2).apply(told)
        after = Calibration.fit(told, targets).apply(told)
        assert log_loss(after, targets) < log_loss(before, targets) / 2
        for low in np.arange(0.1, 0.9, 0.2):  # what it calls p happens in p of the cases
            inside = (after[:, 1] > low) & (after[:, 1] < low + 0.2)
            assert targets[inside].mean() == pytest.approx(after[inside, 1].mean(), abs=0.06)

    def test_a_model_that_is_wrong_becomes_unsure_not_reversed(self) -> None:
        targets = np.arange(100) % 2
        values = np.column_stack([np.zeros(100), -5.0 * targets + RNG.normal(size=100)])
        fitted = Calibration.fit(values, targets)
        assert fitted.slope > 0
        np.testing.assert_allclose(fitted.apply(values), 0.5, atol=0.02)

    def test_three_classes_of_any_frequency_weigh_the_same(self) -> None:
        targets = np.repeat([0, 1, 2], [300, 30, 30])
        fitted = Calibration.fit(RNG.normal(size=(360, 3)), targets)
        np.testing.assert_allclose(fitted.apply(np.zeros((1, 3))), 1 / 3, atol=0.05)


class TestInnerFolds:
    GROUPS = tuple(f"p{k // 4}" for k in range(24))
    TARGETS = np.arange(24) % 2

    def test_no_person_is_on_both_sides(self) -> None:
        splits, note = grouped_folds(self.TARGETS, self.GROUPS, 5)
        assert len(splits) == 5
        assert note == ""
        who = np.array(self.GROUPS)
        for learn, held_out in splits:
            assert not set(who[learn]) & set(who[held_out])
        assert sorted(np.concatenate([held for _, held in splits])) == list(range(24))

    def test_fewer_people_than_folds(self) -> None:
        splits, note = grouped_folds(self.TARGETS[:12], self.GROUPS[:12], 5)
        assert len(splits) == 3
        assert note == "3 inner folds, not 5, of 3 people"

    def test_a_class_that_one_person_has_alone_cannot_be_divided(self) -> None:
        targets = np.array([0] * 20 + [1] * 4)
        splits, note = grouped_folds(targets, self.GROUPS, 5)
        assert splits == []
        assert "nothing is searched" in note

    def test_fewer_folds_where_each_learns_every_class(self) -> None:
        targets = np.zeros(24, int)
        targets[[0, 4]] = 1  # two people have it
        splits, _ = grouped_folds(targets, self.GROUPS, 5)
        assert splits
        assert all(len(np.unique(targets[learn])) == 2 for learn, _ in splits)

    def test_search_agrees_with_scikit_learn(self) -> None:
        """The held-out scores behind the choice, computed by scikit-learn's own loop."""
        from sklearn.pipeline import make_pipeline

        rows = RNG.normal(size=(24, 3)) + self.TARGETS[:, None]
        splits, _ = grouped_folds(self.TARGETS, self.GROUPS, 3)
        choices = [{"C": 10.0}, {"C": 1e-4}, {"C": 0.1}]
        chosen, calibration = search(
            choices, lambda targets, C: LogisticRegression(C=C), Columns(("",) * 3), rows,
            self.TARGETS, splits,
        )  # fmt: skip
        losses = {}
        for choice in choices:
            way = make_pipeline(Columns(("",) * 3), LogisticRegression(**choice))
            told = cross_val_predict(way, rows, self.TARGETS, cv=splits, method="decision_function")
            values = np.column_stack([np.zeros(24), told])
            fit = Calibration.fit(values, self.TARGETS)
            losses[choice["C"]] = log_loss(fit.apply(values), self.TARGETS), fit
        assert chosen["C"] == min(losses, key=lambda C: losses[C][0])
        assert calibration.slope == pytest.approx(losses[chosen["C"]][1].slope)


class TestHandledOpenly:
    def test_notes_say_what_was_done_otherwise(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(3, 2)
        still = [_with(each, 3, 7.0) for each in sequences]
        fitted = make("logistic-regression", ("NP", "LP", "HP")).fit(still, labels, groups=groups)
        assert fitted.notes_ == [
            "10 of 80 columns never vary: left out",
            "3 inner folds, not 5, of 3 people",
        ]
        alone = make("logistic-regression", ("NP", "LP", "HP")).fit(sequences, labels)
        assert "nobody says who is who" in alone.notes_[0]

    def test_features_that_never_vary_answer_the_frequencies(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(3, 2, labels=("NP", "NP", "HP"))
        dead = [replace(each, values=np.ones_like(each.values)) for each in sequences]
        fitted = make("linear-svm", ("NP", "LP", "HP")).fit(dead, labels, groups=groups)
        assert "none of 80 columns varies" in fitted.notes_[0]
        np.testing.assert_allclose(fitted.predict_proba(dead[:1]), [[2 / 3, 0, 1 / 3]])

    def test_missing_columns_are_named(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(2, 1)
        fitted = make("naive-bayes", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)
        cut = replace(sequences[0], values=sequences[0].values[:, :6], names=sequences[0].names[:6])
        with pytest.raises(UsageError, match="2 are missing, the first is f6"):
            fitted.predict_proba([cut])

    def test_more_columns_than_memory(
        self, make_clips: MakeClips, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sequences, labels, groups = make_clips(2, 1)
        monkeypatch.setattr("os.sysconf", lambda name: 100)
        with pytest.raises(UsageError, match=r"6 clips of 80 columns need about .* GiB"):
            make("rbf-svm", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)

    def test_a_system_that_does_not_tell_its_memory(
        self, make_clips: MakeClips, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sequences, labels, groups = make_clips(2, 1)
        monkeypatch.delattr("os.sysconf")  # as on Windows
        fitted = make("rbf-svm", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)
        assert fitted.predict_proba(sequences).shape == (6, 3)

    def test_a_network_that_diverged_is_told(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(3, 2)
        fitted = make("ann-vote", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)
        with torch.no_grad():
            fitted.network_[0].weight.fill_(float("nan"))
        with pytest.raises(RunError, match="its training diverged"):
            fitted.predict_proba(sequences)

    def test_validation_without_groups_is_refused(self, make_clips: MakeClips) -> None:
        sequences, labels, _ = make_clips(2, 1)
        with pytest.raises(LeakageError, match="Give groups"):
            make("lstm", ("NP", "LP", "HP")).fit(
                sequences, labels, validation=make_clips(1, 1, prefix="v")
            )

    def test_an_empty_grid_is_refused(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(2, 1)
        with pytest.raises(UsageError, match="grid: C needs a list"):
            make("linear-svm", ("NP", "LP", "HP"), grid={"C": ()}).fit(
                sequences, labels, groups=groups
            )


class TestJoining:
    def test_late_fusion_is_the_mean_of_its_members(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(4, 2)
        other = [replace(s, values=s.values[:, ::-1].copy()) for s in sequences]
        joined = [join_sequences({"a": s, "b": o}) for s, o in zip(sequences, other, strict=True)]
        fused = make("late-fusion", ("NP", "LP", "HP")).fit(joined, labels, groups=groups)
        alone = [
            make("logistic-regression", ("NP", "LP", "HP"))
            .fit(part, labels, groups=groups)
            .predict_proba(part)
            for part in (sequences, other)
        ]
        np.testing.assert_allclose(fused.predict_proba(joined), np.mean(alone, axis=0))

    @pytest.mark.parametrize("member", ["chance", "majority", "late-fusion"])
    def test_what_reads_no_block_is_no_member(self, make_clips: MakeClips, member: str) -> None:
        sequences, labels, groups = make_clips(2, 1)
        fused = make("late-fusion", ("NP", "LP", "HP"), member=member)
        with pytest.raises(UsageError, match=f"{member} is no member of late-fusion. .*svm"):
            fused.fit(sequences, labels, groups=groups)

    def test_a_wide_block_of_noise_does_not_drown_a_narrow_one(self, make_clips: MakeClips) -> None:
        """With and without names of blocks, on the same numbers."""

        def joined(people: int, prefix: str, seed: int) -> Clips:
            sequences, labels, groups = make_clips(people, 3, prefix=prefix, seed=seed, features=2)
            rng = np.random.default_rng(seed)
            noise = [
                replace(
                    s,
                    values=rng.normal(size=(len(s), 400)).astype(np.float32),
                    names=tuple(f"n{k}" for k in range(400)),
                )
                for s in sequences
            ]
            both = [
                join_sequences({"few": s, "deep": n}) for s, n in zip(sequences, noise, strict=True)
            ]
            return both, labels, groups

        train, asked = joined(6, "p", 0), joined(6, "t", 1)
        told = {}
        for blocks in (True, False):
            parts = [
                part if blocks else [replace(s, names=tuple(map(str, range(402)))) for s in part]
                for part in (train[0], asked[0])
            ]
            fitted = make("k-nearest-neighbours", ("NP", "LP", "HP"), keep=None)
            fitted.fit(parts[0], train[1], groups=train[2])
            told[blocks] = np.mean(fitted.predict(parts[1]) == np.array(asked[1]))
        assert told[True] > told[False] + 0.1

    def test_joined_sequences_name_their_blocks(self, make_clips: MakeClips) -> None:
        first = make_clips(1, 1)[0][0]
        joined = join_sequences({"x": first, "y": first})
        assert block_names(joined.names) == ("x",) * 8 + ("y",) * 8
        assert joined.names[8] == "y::f0"
        assert block_names(first.names) == ("",) * 8
        with pytest.raises(UsageError, match="y has other frames than x"):
            join_sequences({"x": first, "y": first.cut(0, 5)})


def _with(sequence: FeatureSequence, column: int, value: float) -> FeatureSequence:
    values = sequence.values.copy()
    values[:, column] = value
    return replace(sequence, values=values)


@pytest.mark.parametrize("name", list(CLASSIFIERS))
class TestScikitLearn:
    def test_cross_val_score_with_groups(self, name: str, make_clips: MakeClips) -> None:
        """Plain, and with the groups passed on to the inner folds."""
        classes = ("no", "yes")
        sequences, labels, groups = make_clips(4, 2, classes=classes)
        ours = make(name, classes)
        for scoring in (None, "balanced_accuracy", "roc_auc"):
            values = cross_val_score(
                ours, sequences, labels, groups=groups, cv=GroupKFold(2), scoring=scoring,
                params={"groups": groups}, error_score="raise",
            )  # fmt: skip
            assert values.shape == (2,)
            assert ((values >= 0) & (values <= 1)).all()
        plain = cross_val_score(
            ours, sequences, labels, groups=groups, cv=GroupKFold(2), error_score="raise"
        )
        assert np.isfinite(plain).all()

    def test_classes_out_of_order_are_not_misread(self, name: str, make_clips: MakeClips) -> None:
        with pytest.raises(AttributeError, match="give the classifier its classes sorted"):
            _ = make(name, ("yes", "no")).classes_


def test_scores_are_logits_of_the_model_s_own_probabilities() -> None:
    rows, targets = RNG.normal(size=(60, 3)), np.arange(60) % 3
    model = LogisticRegression().fit(rows + targets[:, None], targets)
    np.testing.assert_allclose(
        Calibration.none(3).apply(scores(model, rows)), model.predict_proba(rows)
    )


def test_neighbours_in_few_columns_can_be_saved(make_clips: MakeClips, tmp_path: Any) -> None:
    sequences, labels, groups = make_clips(6, 3)
    fitted = make("k-nearest-neighbours", ("NP", "LP", "HP"), keep=5)
    fitted.fit(sequences, labels, groups=groups).save(tmp_path)
    again = SequenceClassifier.load(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(sequences), fitted.predict_proba(sequences))


def test_a_saved_model_carries_no_code(make_clips: MakeClips, tmp_path: Any) -> None:
    """A file that asks for anything but scikit-learn's own types is refused, not run."""
    import pickle

    from safetensors.numpy import load_file, save_file

    from painscope.errors import CheckpointError

    sequences, labels, groups = make_clips(2, 2)
    make("linear-svm", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups).save(tmp_path)
    path = tmp_path / "weights.safetensors"
    arrays = load_file(path)
    for content in (pickle.dumps(print), _skops_of_a_function()):
        save_file({**arrays, "model": np.frombuffer(content, np.uint8)}, path)
        with pytest.raises(CheckpointError, match="damaged, or not the weights"):
            SequenceClassifier.load(tmp_path)
    assert "notes" in json.loads((tmp_path / "classifier.json").read_text())


def _skops_of_a_function() -> bytes:
    from sklearn.preprocessing import FunctionTransformer
    from skops.io import dumps

    return dumps(FunctionTransformer(func=json.dumps))
