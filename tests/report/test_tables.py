from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from painscope.report.published import FACES_OF_EXPERIMENTAL_PAIN, PUBLISHED
from painscope.report.results import load_results
from painscope.report.tables import (
    class_table,
    constant_answers,
    pooling_notes,
    published_tables,
    results_table,
)


@pytest.mark.parametrize("split", ["test", "validation"])
def test_results_are_the_scores(full_run: Path, split: str) -> None:
    results = load_results(full_run)
    table = results_table(results, split)
    assert table.header == ("Macro-F1", "Balanced accuracy", "Accuracy", "Spread over seeds")
    assert [row.title for row in table.rows] == [f.title for f in results.facts.classifiers]
    for row, facts in zip(table.rows, results.facts.classifiers, strict=True):
        for cell, metric in zip(
            row.cells, ("macro_f1", "balanced_accuracy", "accuracy"), strict=False
        ):
            score = results.score(split, facts.name, metric)
            assert cell.text == f"{score['value']:.2f}"
            assert cell.small == f"{score['low']:.2f}–{score['high']:.2f}"
    assert table.rows[0].cells[-1].text != "–"
    assert table.rows[-1].cells[-1].text == "–"  # one seed has no spread


def test_an_auc_over_folds_is_told_apart_from_one_of_a_single_fold(full_run: Path) -> None:
    results = load_results(full_run)
    assert pooling_notes(results, "test") == ()
    person = results.predictions["subject"]
    folds = replace(results, predictions=results.predictions.assign(fold=person))
    (note,) = pooling_notes(folds, "test")
    assert note.startswith("The AUC ranks the recordings of all 12 folds together")


def test_every_class_has_its_three_numbers(full_run: Path) -> None:
    results = load_results(full_run)
    table = class_table(results, "test")
    assert table.groups == (("Precision", 3), ("Recall", 3), ("F1", 3))
    assert table.header == ("NP", "LP", "HP") * 3
    lstm = next(row for row in table.rows if row.title == "LSTM")
    assert lstm.cells[5].text == f"{results.score('test', 'lstm', 'recall', 'HP')['value']:.2f}"


def test_published_rows_stand_beside_ours(full_run: Path) -> None:
    results = load_results(full_run)
    one, two = published_tables(results, PUBLISHED["faces-of-experimental-pain"])
    assert one.groups == (("Precision", 4), ("Recall", 4), ("F1", 4), ("", 1))
    assert one.header == (*("NP", "LP", "HP", "Average") * 3, "Accuracy")
    kinds = [row.kind for row in one.rows]
    assert kinds[:5] == ["published"] * 5
    assert "baseline" in kinds[5:]  # majority and chance stand in every table
    published = {row.title: row for row in one.rows if row.kind == "published"}
    assert [cell.text for cell in published["LSTM"].cells][-2:] == ["0.51", "0.60"]
    assert published["Baseline (fNIRS)"].cells[0].text == "–"
    ours = next(row for row in one.rows if row.title == "LSTM" and row.kind == "model")
    score = results.score("validation", "lstm", "macro_f1")
    assert ours.cells[11][:2] == (
        f"{score['value']:.2f}",
        f"{score['low']:.2f}–{score['high']:.2f}",
    )
    assert {row.title: row.cells[0].text for row in two.rows[:5]}["Simple ANN + Voting"] == "0.49"


def test_without_test_labels_table_two_says_so(bare_run: Path) -> None:
    results = load_results(bare_run)
    _, two = published_tables(results, FACES_OF_EXPERIMENTAL_PAIN)
    assert {row.kind for row in two.rows} == {"published"}
    assert any("no labels for the test split" in note for note in two.notes)


def test_a_protocol_without_the_papers_split_says_so(full_run: Path) -> None:
    results = load_results(full_run)
    tested = results.predictions["split"] == "test"
    scored = results.scores["split"] == "test"
    folds = replace(results, predictions=results.predictions[tested], scores=results.scores[scored])
    one, two = published_tables(folds, FACES_OF_EXPERIMENTAL_PAIN)
    assert "This run has no validation split, so no rows of its own here." in one.notes
    assert "model" in {row.kind for row in two.rows}


def test_constant_answers_score_as_scikit_learn_says() -> None:
    truth = pd.Series(["NP"] * 12 + ["LP"] * 144 + ["HP"] * 144)
    answers = {one.label: one for one in constant_answers(truth, ("NP", "LP", "HP"))}
    assert round(answers["LP"].accuracy, 2) == 0.48  # REFERENCE, Traps
    for label, one in answers.items():
        constant = [label] * len(truth)
        assert one.accuracy == pytest.approx(accuracy_score(truth, constant))
        assert one.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, constant))
        assert one.macro_f1 == pytest.approx(f1_score(truth, constant, average="macro"))


def test_other_data_have_nothing_to_be_put_beside(full_run: Path) -> None:
    results = load_results(full_run)
    target = results.facts.target.model_copy(update={"name": "manifest"})
    others = [one for one in results.facts.datasets if one.role != "target"]
    facts = results.facts.model_copy(update={"datasets": (*others, target)})
    assert published_tables(replace(results, facts=facts), FACES_OF_EXPERIMENTAL_PAIN) == []
