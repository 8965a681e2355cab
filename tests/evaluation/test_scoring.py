from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from painscope.evaluation import (
    CLASS_METRICS,
    FEWEST_SUBJECTS,
    METRICS,
    difference,
    score_table,
    skill,
    skill_table,
    submission,
)

CLASSES = ("NP", "LP", "HP")
ABOUT = {"dataset": "made-up", "protocol": "predefined"}
COLUMNS = [
    *("dataset", "protocol", "split", "classifier", "metric", "class"),
    *("value", "low", "high", "seed_sd", "n"),
]


def row(scores: pd.DataFrame, metric: str, label: str = "", **where: str) -> pd.Series:
    chosen = scores[(scores["metric"] == metric) & (scores["class"] == label)]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_a_row_per_split_classifier_metric_and_class(predict):
    rng = np.random.default_rng(0)
    one = predict(rng, 10, 5, seeds=3)
    other = one[one["seed"] == 0].assign(classifier="one seed", predicted_label="LP")
    scores = score_table(
        pd.concat([one, other, other.assign(split="validation")]), CLASSES, **ABOUT
    )
    assert list(scores.columns) == COLUMNS
    assert len(scores) == 3 * (len(METRICS) + len(CLASS_METRICS) * 3)
    assert set(scores["dataset"]) == {"made-up"}
    assert set(scores["protocol"]) == {"predefined"}
    assert set(scores["n"]) == {50}

    expected = [
        f1_score(part["true_label"], part["predicted_label"], average="macro")
        for _, part in one.groupby("seed")
    ]
    found = row(scores, "macro_f1", classifier="made-up")
    assert found["value"] == pytest.approx(np.mean(expected))
    assert found["seed_sd"] == pytest.approx(np.std(expected, ddof=1))
    assert found["low"] < found["value"] < found["high"]
    constant = row(scores, "recall", "LP", classifier="one seed", split="test")
    assert constant["value"] == 1
    assert np.isnan(constant["seed_sd"])


def test_two_classes_have_an_auc_with_interval_and_spread(predict):
    two = ("calm", "pain")
    table = predict(np.random.default_rng(1), 10, 6, classes=two, seeds=2)
    areas = [
        roc_auc_score(p["true_label"] == "pain", p["p_pain"]) for _, p in table.groupby("seed")
    ]
    found = row(score_table(table, two, **ABOUT), "auc")
    assert found["value"] == pytest.approx(np.mean(areas))
    assert found["seed_sd"] == pytest.approx(np.std(areas, ddof=1))
    assert found["low"] < found["value"] < found["high"]


def test_few_people_have_values_and_no_interval(predict):
    for people, known in ((1, False), (FEWEST_SUBJECTS - 1, False), (FEWEST_SUBJECTS, True)):
        table = predict(np.random.default_rng(2), people, 12, classes=("calm", "pain"))
        scores = score_table(table, ("calm", "pain"), **ABOUT)
        assert scores["value"].notna().all()
        assert scores[["low", "high"]].notna().to_numpy().all() == known
        assert scores[["low", "high"]].notna().to_numpy().any() == known


def test_a_class_that_few_people_show_has_no_interval(predict):
    for showing in (1, FEWEST_SUBJECTS - 1, FEWEST_SUBJECTS):
        true = ["calm"] * (10 - showing) + ["pain"] * showing
        table = predict(np.random.default_rng(5), 10, 1, classes=("calm", "pain"), true=true)
        scores = score_table(table, ("calm", "pain"), **ABOUT)
        known = scores.set_index(["metric", "class"])["low"].notna()
        always = known[[("accuracy", ""), ("recall", "calm")]]
        assert always.all()
        rest = known.drop(
            [("accuracy", ""), ("precision", "calm"), ("recall", "calm"), ("f1", "calm")]
        )
        assert len(rest) == 8
        assert rest.all() == rest.any() == (showing >= FEWEST_SUBJECTS)


def test_unlabelled_recordings_are_not_scored(predict):
    table = predict(np.random.default_rng(3), 6, 4, seeds=2)
    hidden = table.copy()
    hidden.loc[hidden["recording"].isin(["r0", "r9"]), "true_label"] = None
    scores = score_table(hidden, CLASSES, **ABOUT)
    assert set(scores["n"]) == {22}
    rest = table[~table["recording"].isin(["r0", "r9"])]
    pd.testing.assert_frame_equal(scores, score_table(rest, CLASSES, **ABOUT))

    nothing = score_table(table.assign(true_label=None), CLASSES, **ABOUT)
    assert nothing.empty
    assert list(nothing.columns) == COLUMNS


def test_classifiers_of_the_same_people_share_their_draws(predict):
    table = predict(np.random.default_rng(4), 8, 5)
    scores = score_table(pd.concat([table, table.assign(classifier="twin")]), CLASSES, **ABOUT)
    twins = [
        scores[scores["classifier"] == name].drop(columns="classifier").reset_index(drop=True)
        for name in ("made-up", "twin")
    ]
    pd.testing.assert_frame_equal(*twins)
    assert difference(table, table, CLASSES).high == 0


def test_skill_table_is_skill_per_split_and_classifier(predict):
    rng = np.random.default_rng(5)
    oracle = predict(rng, 8, 6, sharp=4.0).assign(classifier="oracle")
    true = oracle["true_label"].tolist()
    middling = predict(rng, 8, 6, true=true).assign(classifier="middling")
    majority = oracle.assign(classifier="majority", predicted_label="LP")
    alone = middling.assign(split="validation")  # nobody to measure it by
    table = skill_table(
        pd.concat([middling, oracle, majority, alone]), CLASSES, oracle="oracle", resamples=500
    )
    assert table[["split", "classifier"]].to_numpy().tolist() == [["test", "middling"]]
    expected = skill(middling, oracle, majority, CLASSES, resamples=500)
    assert tuple(table.loc[0, ["value", "low", "high"]]) == tuple(vars(expected).values())


def test_a_submission_has_one_label_per_unlabelled_recording(predict):
    table = predict(np.random.default_rng(6), 3, 2, seeds=2)
    assert submission(table, CLASSES) is None
    hidden = table["recording"].isin(["r1", "r4"])
    table.loc[hidden, "true_label"] = None
    # Seeds disagree about r1: the surer one wins.
    table.loc[(table["recording"] == "r1") & (table["seed"] == 0), ["p_NP", "p_LP", "p_HP"]] = [
        0.4,
        0.35,
        0.25,
    ]
    table.loc[(table["recording"] == "r1") & (table["seed"] == 1), ["p_NP", "p_LP", "p_HP"]] = [
        0.0,
        0.1,
        0.9,
    ]
    sent = submission(table, CLASSES)
    assert list(sent.columns) == ["classifier", "recording", "subject", "predicted_label"]
    assert sent["recording"].tolist() == ["r1", "r4"]
    assert sent["predicted_label"][0] == "HP"
