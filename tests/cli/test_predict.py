"""Answers that a user waits for: each is said, drawn and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from painscope.experiments import Answer


class _Model:
    """Answers for every video but one, at which the user stops it."""

    @classmethod
    def load(cls, run: Path, *, classifier: str | None) -> _Model:
        return cls()

    def predict(self, video: Path) -> Answer:
        if video.name == "stop.mp4":
            raise KeyboardInterrupt
        return Answer(video, label="none", probabilities={"none": 1.0})

    def faces(self, video: Path) -> None:
        return None


def test_predict_keeps_every_answer_and_every_picture(
    painscope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr("painscope.experiments.Predictor", _Model)
    monkeypatch.setattr(
        "painscope.report.save_timeline", lambda one, path, faces: drawn.append(path)
    )
    videos = ["a/clip.mp4", "b/Clip.mp4", "other.mp4", "stop.mp4"]
    call = ["predict", *videos, "--model", "run", "--out", "lines"]
    done = painscope(*call, cwd=tmp_path)
    assert done.returncode == 130
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == videos[:3]
    assert [path.name for path in drawn] == ["001-clip.png", "002-Clip.png", "other.png"]
    told = json.loads(painscope(*call, "--json", cwd=tmp_path).stdout)
    assert [answer["video"] for answer in told] == videos[:3]
