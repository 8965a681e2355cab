"""From dataset to dataset: all answers come down to pain or none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from tests.evaluation.colours import network, seen

from painscope.errors import LeakageError, UsageError
from painscope.evaluation import cross_dataset, predict_frames


def test_the_matrix_agrees_with_scikit_learn(question, frames) -> None:
    """Three classes on one side, two on the other: all come down to pain or none."""
    networks = {"two": network(classes=("none", "heat"), seed=2), "three": network(seed=3)}
    tests = {"colours": question.test, "shoulder": frames(range(20, 26), ("no-pain", "pain"), 90)}
    table = cross_dataset(networks, tests, resamples=2000)
    assert len(table.groupby(["trained_on", "dataset"])) == 4
    for (trained_on, dataset), cell in table.groupby(["trained_on", "dataset"]):
        test, one = tests[dataset], networks[trained_on]
        told = predict_frames(one, test, dataset=dataset)
        p = 1 - told[f"p_{one.card.classes[0]}"]
        truth = test.target > 0
        got = cell.set_index(["metric", "class"])
        assert got.loc[("auc", ""), "value"] == pytest.approx(roc_auc_score(truth, p))
        assert got.loc[("accuracy", ""), "value"] == pytest.approx(accuracy_score(truth, p > 0.5))
        assert got.loc[("f1", "pain"), "value"] == pytest.approx(
            f1_score(truth, p > 0.5, zero_division=0)
        )
        assert (got["n"] == len(test)).all()
        assert (got["people"] == len(test.subjects)).all()
        suffering = {test.recordings[k].subject for k in np.asarray(test.clip)[truth]}
        assert (got["in_pain"] == len(suffering)).all()
        auc = got.loc[("auc", "")]
        assert auc["low"] <= auc["value"] <= auc["high"]


def test_the_diagonal_takes_new_people_and_the_rest_takes_anybody(question) -> None:
    trained = seen(network(seed=4), "subjects", colours=question.train.subjects)
    own = cross_dataset({"colours": trained}, {"colours": question.test}, resamples=50)
    away = cross_dataset({"colours": trained}, {"elsewhere": question.test}, resamples=50)
    pd.testing.assert_frame_equal(own.drop(columns="dataset"), away.drop(columns="dataset"))
    with pytest.raises(LeakageError, match="seen people of colours"):
        cross_dataset({"colours": trained}, {"colours": question.train})
    cross_dataset({"colours": trained}, {"elsewhere": question.train}, resamples=50)


def test_nothing_to_compare_is_refused(question) -> None:
    with pytest.raises(UsageError, match="needs a network and a dataset"):
        cross_dataset({}, {"a": question.test})
