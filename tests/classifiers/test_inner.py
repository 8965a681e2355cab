from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from painscope.classifiers.calibration import Calibration, log_loss
from painscope.classifiers.columns import Columns
from painscope.classifiers.inner import grouped_folds, search

RNG = np.random.default_rng(0)


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
