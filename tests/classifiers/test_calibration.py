from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from painscope.classifiers.calibration import Calibration, log_loss, scores

RNG = np.random.default_rng(0)


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


def test_scores_are_logits_of_the_model_s_own_probabilities() -> None:
    rows, targets = RNG.normal(size=(60, 3)), np.arange(60) % 3
    model = LogisticRegression().fit(rows + targets[:, None], targets)
    np.testing.assert_allclose(
        Calibration.none(3).apply(scores(model, rows)), model.predict_proba(rows)
    )
