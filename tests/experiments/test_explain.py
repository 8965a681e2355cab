from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from painscope.errors import CheckpointError, UsageError, VideoError
from painscope.experiments.explain import Eye, explain_video, load_eye, overlay
from painscope.explain import ACTION_UNITS, Explainer
from painscope.face import make_locator
from painscope.networks import load_checkpoint
from painscope.report.explanation import save_explanation
from painscope.video import FrameReader


@pytest.fixture
def eye(source: Path) -> Eye:
    return Eye(load_checkpoint(source), make_locator("lbp-cascade"), None)


def test_a_video_is_explained_frame_by_frame(
    assets: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PAINSCOPE_ASSETS", str(assets))
    eye = load_eye(source, "mediapipe")
    found = explain_video(
        assets / "videos" / "single_face.mp4", eye, Explainer(eye.checkpoint), tmp_path
    )
    assert len(found.frames) == 12
    assert found.frames["found"].all()
    shares = pd.read_csv(tmp_path / "shares.csv")
    assert set(shares["region"]) == {*ACTION_UNITS, "face"}
    assert shares["share"].between(0, 1).all()
    maps = sorted((tmp_path / "maps").iterdir())
    assert len(maps) == 12
    total = [np.load(path).sum(dtype=float) for path in maps]
    np.testing.assert_allclose(total, found.frames["score"] - found.frames["absorbed"], atol=1e-4)
    pictures = sum(len(batch) for batch in FrameReader(tmp_path / "overlay.mp4", rate=5))
    assert pictures == 12
    save_explanation(found, tmp_path)
    assert {"explanation.pdf", "explanation.svg", "explanation.png"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_frames_without_a_face_have_a_row_and_no_map(assets: Path, eye: Eye, tmp_path: Path):
    video = assets / "videos" / "face_then_none.mov"
    found = explain_video(video, eye, Explainer(eye.checkpoint), tmp_path, rate=3)
    seen = found.frames["score"].notna()
    assert seen.any()
    assert not seen.all()
    assert len(list((tmp_path / "maps").iterdir())) == seen.sum()
    # The cascade gives no landmarks, so no region's share is known.
    assert found.shares["share"].isna().all()
    save_explanation(found, tmp_path)


def test_maps_of_an_earlier_call_do_not_stay_among_the_new_ones(
    assets: Path, eye: Eye, tmp_path: Path
):
    video = assets / "videos" / "single_face.mp4"
    for rate in (3, 1):
        found = explain_video(video, eye, Explainer(eye.checkpoint), tmp_path, rate=rate)
        assert len(list((tmp_path / "maps").iterdir())) == found.frames["score"].notna().sum()
    assert found.unit == "log odds"


def test_tables_are_written_with_the_ends_of_lines_of_the_system(
    assets: Path, eye: Eye, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    r"""On Windows, text that already ended its lines so got ``\r\r\n``: rows of nothing."""
    monkeypatch.setattr("os.linesep", "\r\n")

    def write(path: Path, text: str) -> None:
        path.write_bytes(text.replace("\n", "\r\n").encode())

    monkeypatch.setattr("painscope.experiments.explain.write_text", write, raising=False)
    video = assets / "videos" / "single_face.mp4"
    found = explain_video(video, eye, Explainer(eye.checkpoint), tmp_path, rate=1)
    for name, table in (("frames", found.frames), ("shares", found.shares)):
        lines = (tmp_path / f"{name}.csv").read_bytes().split(b"\r\n")
        assert len(lines) == 1 + len(table) + 1
        assert b"\r" not in b"".join(lines)


def test_a_video_without_a_face_is_an_error(assets: Path, eye: Eye, tmp_path: Path):
    with pytest.raises(VideoError, match="no frame shows a face"):
        explain_video(
            assets / "videos" / "no_face.mp4", eye, Explainer(eye.checkpoint), tmp_path, rate=2
        )
    assert not (tmp_path / "overlay.mp4").exists()


def test_a_missing_model_is_named(tmp_path: Path):
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_eye(tmp_path / "nothing.safetensors", "lbp-cascade")


def test_the_overlay_is_orange_for_and_blue_against():
    crop = np.full((32, 32, 3), 128, np.uint8)
    values = np.zeros((32, 32))
    values[:16], values[16:] = 1, -1
    picture = overlay(crop, values)[:, 320:]
    assert picture[80, 160, 0] > 200 > picture[80, 160, 2]
    assert picture[240, 160, 2] > 150 > picture[240, 160, 0]
    plain = overlay(crop, np.full((32, 32), np.nan))
    assert (plain == 128).all()


def test_the_input_is_never_overwritten(eye: Eye, tmp_path: Path):
    with pytest.raises(UsageError, match="overwritten"):
        explain_video(tmp_path / "overlay.mp4", eye, Explainer(eye.checkpoint), tmp_path)
