from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from painscope.errors import UsageError
from painscope.evaluation import CLASS_METRICS, METRICS, confusion, metrics

CLASSES = ("NP", "LP", "HP")


@pytest.mark.parametrize("classes", [CLASSES, CLASSES[:2], (*CLASSES, "severe", "worst")])
@pytest.mark.parametrize("seed", range(6))
def test_every_metric_is_scikit_learns(classes, seed):
    rng = np.random.default_rng(seed)
    had = classes[: len(classes) - seed % 2]  # every other table has nobody in the last class
    answered = classes[: max(1, len(classes) - seed // 2)]  # or no such answer
    true, predicted = rng.choice(had, 40), rng.choice(answered, 40)
    counts = confusion(true, predicted, classes)
    assert np.array_equal(counts, sk.confusion_matrix(true, predicted, labels=classes))

    values = metrics(counts)
    about = {"labels": classes, "zero_division": 0}
    macro = sk.precision_recall_fscore_support(true, predicted, average="macro", **about)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an answer that is nobody's class
        balanced = sk.balanced_accuracy_score(true, predicted)
    expected = [sk.accuracy_score(true, predicted), balanced, *macro[:3]]
    assert [values[name, None] for name in METRICS] == pytest.approx(expected)
    each = sk.precision_recall_fscore_support(true, predicted, **about)
    for name, of_classes in zip(CLASS_METRICS, each, strict=False):
        assert [values[name, k] for k in range(len(classes))] == pytest.approx(of_classes)


def test_a_stack_of_tables_is_worked_out_table_by_table():
    stack = np.random.default_rng(0).integers(0, 4, (5, 2, 3, 3))
    together = metrics(stack)
    for place in np.ndindex(5, 2):
        for name, value in metrics(stack[place]).items():
            assert together[name][place] == value


def test_a_constant_answer_scores_high_accuracy_and_low_macro_f1():
    # REFERENCE: 12 NP, 144 LP, 144 HP, and LP answered always.
    true = ["NP"] * 12 + ["LP"] * 144 + ["HP"] * 144
    values = metrics(confusion(true, ["LP"] * 300, CLASSES))
    assert values["accuracy", None] == pytest.approx(0.48)
    assert values["balanced_accuracy", None] == pytest.approx(1 / 3)
    assert values["macro_f1", None] == pytest.approx(2 * 0.48 / 1.48 / 3)


def test_an_unknown_label_is_named():
    with pytest.raises(UsageError, match="'pain' is none of the classes NP, LP, HP"):
        confusion(["NP", "pain"], ["NP", "NP"], CLASSES)
