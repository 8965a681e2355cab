from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from painscope.errors import UsageError
from painscope.evaluation import FEWEST_SUBJECTS, Counts, difference, interval, resample, skill
from painscope.evaluation.bootstrap import auc, over_people

CLASSES = ("NP", "LP", "HP")


def drawn(table: pd.DataFrame, people: list[str], weight: np.ndarray) -> pd.DataFrame:
    """Write a resample out: everybody's rows as often as they were drawn."""
    return pd.concat(
        table[table["subject"] == person]
        for person, times in zip(people, weight, strict=True)
        for _ in range(times)
    )


def macro_f1(table: pd.DataFrame) -> float:
    """Mean over seeds, by scikit-learn."""
    return np.mean(
        [
            f1_score(
                part["true_label"],
                part["predicted_label"],
                labels=CLASSES,
                average="macro",
                zero_division=0,
            )
            for _, part in table.groupby("seed")
        ]
    )


def test_resamples_are_draws_of_whole_people():
    weights = resample(12, 500)
    assert weights.shape == (500, 12)
    assert (weights.sum(axis=1) == 12).all()
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.2)
    assert np.array_equal(weights, resample(12, 500))
    assert not np.array_equal(weights, resample(12, 500, seed=1))


def test_draws_are_those_of_a_slow_loop(predict):
    table = predict(np.random.default_rng(0), 7, 5, seeds=3)
    counts = Counts.of(table, CLASSES)
    assert counts.seeds == (0, 1, 2)
    assert counts.subjects == tuple(sorted(f"s{k}" for k in range(7)))
    weights = resample(7, 6)
    expected = [macro_f1(drawn(table, list(counts.subjects), weight)) for weight in weights]
    assert counts.draws(weights)["macro_f1", None] == pytest.approx(expected)
    by_seed = [macro_f1(part) for _, part in table.groupby("seed")]
    assert counts.by_seed()["macro_f1", None] == pytest.approx(by_seed)


def test_a_class_that_nobody_drawn_shows_is_unknown_and_not_missed():
    # Five of forty people are in pain, and every answer is right.
    tables = np.zeros((1, 40, 2, 2), np.int64)
    tables[0, :, 0, 0] = 2
    tables[0, :5, 1, 1] = 2
    counts = Counts(tuple(map(str, range(40))), (0,), tables)
    weights = resample(40, 2000)
    nobody = weights[:, :5].sum(axis=1) == 0
    assert 0 < nobody.sum() < 30
    draws = counts.draws(weights)
    for name in (("recall", 1), ("f1", 1), ("precision", 1), ("macro_f1", None)):
        assert np.array_equal(np.isnan(draws[name]), nobody)
        assert (draws[name][~nobody] == 1).all()
        assert interval(draws[name], counts.people(*name)) == (1, 1)
    for name in (("recall", 0), ("accuracy", None), ("balanced_accuracy", None)):
        assert (draws[name] == 1).all()


def test_a_table_of_two_classifiers_is_not_counted_as_one(predict):
    table = predict(np.random.default_rng(0), 6, 3)
    with pytest.raises(UsageError, match="more than one prediction"):
        Counts.of(pd.concat([table, table.assign(classifier="other")]), CLASSES)


@pytest.mark.parametrize("ties", [False, True])
def test_auc_is_that_of_a_slow_loop(predict, ties):
    two = ("calm", "pain")
    table = predict(np.random.default_rng(1), 6, 4, classes=two, seeds=2)
    table["p_pain"] = table["p_pain"].round(1) if ties else table["p_pain"]
    people = sorted(table["subject"].unique())
    weights = resample(6, 15)

    def area(part: pd.DataFrame) -> float:
        true = part["true_label"] == "pain"
        return roc_auc_score(true, part["p_pain"]) if true.nunique() == 2 else np.nan

    by_seed, draws = auc(table, two, weights)
    assert by_seed == pytest.approx([area(part) for _, part in table.groupby("seed")])
    slow = [
        np.mean([area(part) for _, part in drawn(table, people, weight).groupby("seed")])
        for weight in weights
    ]
    assert draws == pytest.approx(slow, nan_ok=True)


def test_auc_is_undefined_where_a_class_is_missing(predict):
    table = predict(np.random.default_rng(2), 6, 1, classes=("calm", "pain"), true=["calm"] * 6)
    by_seed, draws = auc(table, ("calm", "pain"), resample(6, 10))
    assert np.isnan(by_seed).all()
    assert np.isnan(draws).all()
    # One person in pain of six: a resample without that person has no curve.
    table = predict(
        np.random.default_rng(2), 6, 1, classes=("calm", "pain"), true=["calm"] * 5 + ["pain"]
    )
    weights = resample(6, 200)
    assert np.array_equal(
        np.isnan(auc(table, ("calm", "pain"), weights)[1]),
        (weights[:, 5] == 0) | (weights[:, 5] == 6),
    )


def test_an_interval_holds_the_middle_95_percent_of_what_is_defined():
    draws = np.concatenate([np.arange(1001) / 1000, [np.nan] * 50])
    assert interval(draws, 10**9) == pytest.approx((0.025, 0.975), abs=1e-6)
    assert np.isnan(interval(np.full(5, np.nan), 9)).all()


def test_an_interval_of_few_people_or_of_a_pick_is_wider():
    draws = np.arange(100_001) / 100_000
    # By hand for 26 people: Student's t is 2.0595, times √(26 / 25) 2.1003, and a normal curve
    # holds 0.0179 beyond; of three comparisons 2.5665 and 2.6173, 0.0044.
    assert interval(draws, 26) == pytest.approx((0.01785, 0.98215), abs=1e-5)
    assert interval(draws, 26, comparisons=3) == pytest.approx((0.00443, 0.99557), abs=1e-5)
    assert interval(draws, 5)[0] == pytest.approx(0.00095, abs=1e-5)


def test_an_end_beyond_all_draws_is_none():
    draws = np.arange(100_000) / 100_000
    # Of eight people and 22 comparisons the ends are at 3e-7 of the draws; of 26 people at 3e-5.
    assert np.isnan(interval(draws, 8, comparisons=22)).all()
    assert np.isfinite(interval(draws, 26, comparisons=22)).all()
    assert np.isnan(interval(draws[::500], 5)).all()  # at 0.1 % of 200 draws


@pytest.mark.parametrize("people", [5, 8, 12, 26])
def test_two_equal_systems_of_few_people_rarely_seem_to_differ(people):
    # Of 400 pairs of systems that are equally good 20 may seem different. By plain percentiles
    # it is 64 with five people, 42 with eight, 35 with twelve and 26 with twenty-six.
    rng = np.random.default_rng(people)
    weights = resample(people, 2000)
    seemed, plainly = 0, 0
    for _ in range(400):
        right = rng.binomial(8, rng.beta(6, 4, (2, people)))  # of 8 clips of each
        one, other = right @ weights.T / (8 * people)
        low, high = interval(one - other, people)
        seemed += low > 0 or high < 0
        low, high = np.quantile(one - other, [0.025, 0.975])
        plainly += low > 0 or high < 0
    assert 8 <= seemed <= 40
    assert seemed < plainly


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    # People differ: 40 of them, 10 clips each, everyone with a success rate of their own
    # from Beta(6, 4), so the truth is 0.6. Of 200 such studies about 190 should hold it;
    # an interval over clips instead of people holds it in about 170.
    rng = np.random.default_rng(0)
    weights = resample(40, 400)
    held = 0
    for _ in range(200):
        right = rng.binomial(10, rng.beta(6, 4, 40))
        tables = np.zeros((1, 40, 2, 2), np.int64)
        tables[0, :, 0, 0], tables[0, :, 0, 1] = right, 10 - right
        counts = Counts(tuple(map(str, range(40))), (0,), tables)
        low, high = interval(counts.draws(weights)["accuracy", None], 40)
        held += low <= 0.6 <= high
    assert 178 <= held <= 199


def test_difference_is_paired_and_the_mean_over_seeds(predict):
    rng = np.random.default_rng(3)
    one = predict(rng, 8, 12, seeds=2, sharp=1.5)
    other = predict(rng, 8, 12, seeds=3, sharp=0.5, true=one["true_label"][:96].tolist())
    found = difference(one, other, CLASSES, resamples=200)
    assert np.isfinite([found.low, found.high]).all()
    assert found.value == pytest.approx(macro_f1(one) - macro_f1(other))
    people = sorted(one["subject"].unique())
    slow = [
        macro_f1(drawn(one, people, weight)) - macro_f1(drawn(other, people, weight))
        for weight in resample(8, 200)
    ]
    assert (found.low, found.high) == pytest.approx(
        interval(np.array(slow), Counts.of(one, CLASSES).people("macro_f1"))
    )


def test_a_system_differs_from_itself_by_nothing(predict):
    table = predict(np.random.default_rng(4), 8, 6, seeds=2)
    shuffled = table.sample(frac=1, random_state=0)
    found = difference(table, shuffled, CLASSES)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_only_answers_to_the_same_recordings_are_compared(predict):
    table = predict(np.random.default_rng(5), 6, 3)
    others = [
        table.iloc[1:],
        table.assign(subject=table["subject"] + "x"),
        table.assign(true_label=table["true_label"].replace({"NP": "LP", "LP": "NP"})),
    ]
    for other in others:
        with pytest.raises(UsageError, match="different recordings"):
            difference(table, other, CLASSES)
        with pytest.raises(UsageError, match="different recordings"):
            skill(table, other, table, CLASSES)
    with pytest.raises(UsageError, match=r"unknown metric 'f1'.*macro_f1"):
        difference(table, table, CLASSES, metric="f1")


def two_class(answers: str, people: int = 8) -> pd.DataFrame:
    """One calm and one pain clip per person, always answered as told: ``"CP"`` is right."""
    names = {"C": "calm", "P": "pain"}
    return pd.DataFrame(
        [
            {
                "recording": f"r{person}-{true}",
                "subject": f"s{person}",
                "seed": 0,
                "true_label": names[true],
                "predicted_label": names[answer],
            }
            for person in range(people)
            for true, answer in zip("CP", answers, strict=True)
        ]
    )


def test_skill_by_hand():
    classes = ("calm", "pain")
    right, constant = two_class("CP"), two_class("CC")
    # Half of the people are answered rightly, the others calm always: calm F1 = 2·8/(8+12),
    # pain F1 = 2·4/(8+4), macro 11/15. The constant: calm 2/3, pain 0, macro 1/3; oracle: 1.
    half = pd.concat([right.iloc[:8], constant.iloc[8:]])
    found = skill(half, right, constant, classes)
    assert found.value == pytest.approx((11 / 15 - 1 / 3) / (1 - 1 / 3))
    assert 0 <= found.low < found.value < found.high <= 1
    assert skill(right, right, constant, classes).value == 1
    assert skill(constant, right, constant, classes).value == 0


def test_skill_begins_at_a_constant_answer_also_where_the_majority_is_always_wrong():
    # Held out one by one from a balanced set, everybody stands against the majority of the others.
    right, wrong = two_class("CP"), two_class("PC")
    found = skill(two_class("CC"), right, wrong, ("calm", "pain"))
    assert found.value == pytest.approx(0)


def test_skill_is_undefined_where_the_oracle_has_none():
    constant = two_class("CC")
    found = skill(two_class("CP"), constant, constant, ("calm", "pain"))
    assert np.isnan([found.value, found.low, found.high]).all()


@pytest.mark.filterwarnings("error")
def test_who_has_no_value_is_left_out_of_the_mean_over_people():
    subjects = [f"s{k // 2}" for k in range(14)]
    values = np.random.default_rng(6).normal(size=(14, 3))
    values[:2, 1] = values[:10, 2] = values[5, 0] = np.nan
    found = over_people(np.column_stack([values, np.full(14, np.nan)]), subjects)
    own = [values[4, 0] if k == 2 else values[2 * k : 2 * k + 2, 0].mean() for k in range(7)]
    assert found[0].value == pytest.approx(np.mean(own))
    [without] = over_people(values[2:, 1], subjects[2:])
    assert found[1].value == pytest.approx(without.value)
    assert found[1].low < found[1].value < found[1].high
    assert np.isfinite(found[2].value)
    assert np.isnan([found[2].low, found[2].high]).all()  # of two people there is no interval
    assert np.isnan(found[3].value)


def test_too_few_people_have_no_interval():
    classes = ("calm", "pain")
    for people in (1, FEWEST_SUBJECTS - 1, FEWEST_SUBJECTS):
        right, constant = two_class("CP", people), two_class("CC", people)
        for found in (difference(right, constant, classes), skill(right, right, constant, classes)):
            assert found.value > 0.5
            assert np.isnan([found.low, found.high]).all() == (people < FEWEST_SUBJECTS)
