"""The neonatal recipe, small: real videos in iCOPEvid's layout, a network that never learned."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.experiments import Predictor, RunFolder, load_recipe, run
from painscope.report import write_report

PEOPLE = 5
#: Which asset plays which clip; nobody in them was recorded in pain, the labels are made up.
PLAYED = {"Pain": "single_face.mp4", "Nopain": "small_face.mkv"}
SETTINGS = [
    "face.locator=lbp-cascade",
    "face.rate=1",
    "features.cnn-m.extractor=cnn-f",  # the smallest
    "features.cnn-m.settings.weights=random",
    "features.handcrafted.settings.families=[hog]",
    "cross.features=[handcrafted,vgg-face,cnn-m,cnn-m + handcrafted,source-network]",
    "cross.classifiers=[logistic-regression,naive-bayes]",
    "bootstrap=2000",
]


@pytest.fixture(scope="module")
def tree(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("icope")
    for label, asset in PLAYED.items():
        (root / label).mkdir()
        for person in range(PEOPLE):
            name = f"S{person + 1:03d}_{'Pain' if label == 'Pain' else 'Rest'}_1_[0]_20s.mp4"
            shutil.copyfile(assets / "videos" / asset, root / label / name)
    return root


@pytest.fixture(scope="module")
def neonatal(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    out = tmp_path_factory.mktemp("run") / "run"
    return run(load_recipe("neonatal-transfer", SETTINGS), {"icope-video": tree}, out, workers=1)


def test_every_features_meet_every_classifier(neonatal: RunFolder) -> None:
    scores = neonatal.table("scores")
    rows = {
        f"{kind} on {features}"
        for kind in ("logistic-regression", "naive-bayes")
        for features in ("handcrafted", "cnn-m", "cnn-m + handcrafted")
    } | {"late-fusion on cnn-m + handcrafted", "majority", "chance"}
    assert set(scores["classifier"]) == rows
    assert {"auc", "accuracy", "balanced_accuracy"} <= set(scores["metric"])
    tested = neonatal.table("predictions").query("classifier == 'naive-bayes on cnn-m'")
    assert sorted(tested["subject"].unique()) == [f"S{k + 1:03d}" for k in range(PEOPLE)]
    assert tested["recording"].is_unique


def test_what_has_no_weights_is_left_out_openly(neonatal: RunFolder) -> None:
    why = neonatal.facts.left_out
    assert set(why) == {"vgg-face", "source-network"}
    assert "features.vgg-face.settings.weights=FILE" in why["vgg-face"]
    assert "source.checkpoint=FILE" in why["source-network"]


def test_nobody_is_set_apart_where_no_training_stops_early(neonatal: RunFolder) -> None:
    parts = {part.split: part.recordings for part in neonatal.facts.segments}
    assert parts == {"train": PEOPLE * 2 * (PEOPLE - 1), "test": PEOPLE * 2}


def test_features_are_tested_pair_by_pair(neonatal: RunFolder) -> None:
    table = neonatal.table("differences")
    assert len(table) == 3 * 2 * 3  # pairs, classifiers, metrics
    scores = neonatal.table("scores").set_index(["classifier", "metric"])["value"]
    for row in table.itertuples():
        apart = scores[row.first, row.metric] - scores[row.second, row.metric]
        assert row.value == pytest.approx(apart)
        assert row.low <= row.value <= row.high


def test_the_page_shows_the_cross_the_tests_and_the_paper(neonatal: RunFolder) -> None:
    page = write_report(neonatal.path).read_text(encoding="utf-8")
    for text in (
        "Features by classifiers",
        "cnn-m + handcrafted − handcrafted",
        "AUC: how much the first is ahead",
        "Deep and handcrafted features",
        "92.71 % and 0.948",
        "The network behind cnn-m has random weights",
        f"The AUC ranks the recordings of all {PEOPLE} folds together",
    ):
        assert text in page


def test_an_answer_from_features_side_by_side(neonatal: RunFolder, assets: Path) -> None:
    predictor = Predictor.load(
        neonatal.path, classifier="logistic-regression on cnn-m + handcrafted"
    )
    answer = predictor.predict(assets / "videos" / "single_face.mp4")
    assert answer.error is None
    assert np.isclose(sum(answer.probabilities.values()), 1)


def test_a_run_with_nothing_to_fit_says_so(tree: Path, tmp_path: Path) -> None:
    recipe = load_recipe("neonatal-transfer", [*SETTINGS, "cross.features=[vgg-face]", "rows=[]"])
    with pytest.raises(UsageError, match="every row is left out"):
        run(recipe, {"icope-video": tree}, tmp_path / "run")
