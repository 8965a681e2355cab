"""Answers for videos of anyone, from a run that is there."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import RunError, UsageError
from painscope.experiments import Answer, Predictor, RunFolder

VIDEOS = [
    "expressions_pexels.mp4",
    "face_then_none.mov",
    "no_face.mp4",
    "single_face.mp4",
    "small_face.mkv",
    "two_faces.mp4",
]


@pytest.fixture(scope="module")
def predictor(finished: RunFolder) -> Predictor:
    return Predictor.load(finished.path, classifier="ann-vote")


@pytest.fixture(scope="module")
def answers(predictor: Predictor, assets: Path) -> dict[str, Answer]:
    return {name: predictor.predict(assets / "videos" / name) for name in VIDEOS}


@pytest.mark.parametrize("name", VIDEOS)
def test_every_video_has_an_answer(answers: dict[str, Answer], name: str) -> None:
    answer = answers[name]
    assert answer.error is None
    assert answer.label in (answer.classes if answer.found.any() else (None,))
    assert answer.classifier == "ann-vote"
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert answer.windows[0].start_s == 0
    assert json.loads(json.dumps(answer.to_dict()))["label"] == answer.label


def test_a_row_that_may_only_guess_says_so(
    finished: RunFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(logging.getLogger("painscope"), "propagate", True)
    out = shutil.copytree(finished.path, tmp_path / "run")
    for low, lines in ((0.5, 1), (0.7, 0)):
        scores = finished.table("scores")
        rows = (scores["classifier"] == "mean-logistic") & (scores["metric"] == "macro_f1")
        scores.loc[rows, ["value", "low"]] = 0.8, low
        bars = scores["classifier"].isin(["majority", "chance"])
        scores.loc[bars & (scores["metric"] == "macro_f1"), "value"] = 0.6
        RunFolder(out).write_table("scores", scores)
        caplog.clear()
        Predictor.load(out, classifier="mean-logistic")
        told = [
            r.getMessage() for r in caplog.records if "better than not looking" in r.getMessage()
        ]
        assert len(told) == lines
    Predictor.load(finished.path, classifier="ann-vote")
    assert caplog.messages[-1].startswith("ann-vote reached a macro-F1 of 0.")


def test_an_answer_without_a_face_says_so(answers: dict[str, Answer]) -> None:
    none = answers["no_face.mp4"]
    assert none.found_share == 0
    assert "no face in any frame" in none.flag
    assert none.timeline is not None
    assert np.isnan(none.timeline).all()
    assert "few frames" in answers["face_then_none.mov"].flag
    assert answers["single_face.mp4"].flag == ""


def test_a_part_without_a_face_has_no_label(answers: dict[str, Answer]) -> None:
    answer = answers["face_then_none.mov"]
    assert answer.label is not None
    blind = [window for window in answer.windows if window.found_share == 0]
    assert blind
    for window in answer.windows:
        assert (window.label is None) == (window in blind) == ("no face" in window.summary())
    told = [window["label"] for window in answer.to_dict()["windows"]]
    assert told == [window.label for window in answer.windows]


def test_a_model_that_learned_from_virtual_people_says_so(
    predictor: Predictor, assets: Path
) -> None:
    p = predictor
    virtual = Predictor(p.recipe, p.row, p.extractors, p.locator, p.models, virtual=True)
    answer = virtual.predict(assets / "videos" / "single_face.mp4")
    assert "learned from virtual people" in answer.flag
    assert "learned from virtual people" in answer.summary()


def test_long_videos_are_read_in_windows(answers: dict[str, Answer]) -> None:
    windows = answers["expressions_pexels.mp4"].windows
    assert [window.start_s for window in windows] == [0, 3, 6, 9, 12, 15, 18]
    assert windows[-1].stop_s == pytest.approx(19.7, abs=0.15)


def test_the_timeline_covers_every_video(answers: dict[str, Answer]) -> None:
    for answer in answers.values():
        assert answer.timeline is not None
        assert len(answer.timeline) == len(answer.time_s)
        assert answer.windows[-1].stop_s == pytest.approx(len(answer.time_s) / 4)
    answer = answers["expressions_pexels.mp4"]
    assert answer.timeline is not None
    assert answer.timeline.shape == (len(answer.time_s), 3)
    seen = np.isfinite(answer.timeline).all(axis=1)
    assert np.allclose(answer.timeline[seen].sum(axis=1), 1)


def test_the_same_video_gives_the_same_answer(
    predictor: Predictor, answers: dict[str, Answer], assets: Path
) -> None:
    again = predictor.predict(assets / "videos" / "single_face.mp4")
    assert again.probabilities == answers["single_face.mp4"].probabilities


@pytest.mark.parametrize("content", [None, b"", b"this is no video"])
def test_what_cannot_be_read_is_an_answer_with_its_error(
    predictor: Predictor, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    answer = predictor.predict(path)
    assert answer.label is None
    assert answer.error is not None
    assert "clip.mp4" in answer.error
    assert "\n" not in answer.summary()


def test_by_default_the_best_row_on_validation_people_answers(finished: RunFolder) -> None:
    scores = finished.table("scores").query("metric == 'macro_f1' and split == 'validation'")
    rows = scores[scores["classifier"].isin(["ann-vote", "lstm", "mean-logistic"])]
    best = rows.loc[rows["value"].idxmax(), "classifier"]
    assert Predictor.load(finished.path).row.label == best


def test_an_unknown_row_is_named(finished: RunFolder) -> None:
    # Not the rows that were left out of the run.
    with pytest.raises(UsageError, match=r"There are: ann-vote, lstm, mean-logistic\.$"):
        Predictor.load(finished.path, classifier="svm")


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=str(tmp_path)):
        Predictor.load(tmp_path)
