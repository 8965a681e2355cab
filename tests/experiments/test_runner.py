"""A recipe on real videos, from files to a run folder; stopped, continued, refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from painscope.errors import CheckpointError, LeakageError, UsageError
from painscope.experiments import Predictor, RunFolder, load_recipe, run
from painscope.files import Claims
from painscope.networks import load_checkpoint, random_checkpoint, save_checkpoint

NAME = "faces-of-experimental-pain"
RECORDINGS = 7 * 3
#: For runs of which only the end is asked: fewer faces to find, one thing to fit.
COARSE = ["face.rate=1", "segment_frames=3", "rows=[{classifier: mean-logistic}]"]


def test_every_held_out_recording_has_a_prediction(finished: RunFolder) -> None:
    table = finished.table("predictions")
    for name, part in table.groupby("classifier"):
        seeds = part["seed"].nunique()
        assert len(part) == 4 * 3 * seeds, name
        assert set(part["subject"]) == {"1", "2", "6", "15"}
    flags = table.set_index("recording")["flag"]
    assert set(flags["15_Pain_HIGH_1"]) == {"could not be read"}
    assert set(flags["6_Baseline"]) == {"no frame with a face"}
    assert set(flags["1_Pain_LOW_0"]) == {""}


def test_a_broken_video_is_a_row_and_not_the_end(finished: RunFolder) -> None:
    status = finished.table("status").set_index("recording")
    assert len(status) == RECORDINGS
    assert list(status.index[status["status"] == "failed"]) == ["15_Pain_HIGH_1"]
    assert "not a video" in status.loc["15_Pain_HIGH_1", "reason"]


def test_baselines_stand_beside(finished: RunFolder) -> None:
    scores = finished.table("scores")
    wanted = {"ann-vote", "lstm", "mean-logistic", "majority", "chance"}
    assert wanted <= set(scores["classifier"])
    assert {"macro_f1", "accuracy", "balanced_accuracy", "recall"} <= set(scores["metric"])


def test_rows_that_cannot_be_had_are_left_out_openly(finished: RunFolder) -> None:
    assert set(finished.facts.left_out) == {"mediapipe-blendshapes", "true-action-units"}
    assert not finished.facts.virtual


def test_facts_count_the_clips(finished: RunFolder) -> None:
    train = next(part for part in finished.facts.segments if part.split == "train")
    assert (train.recordings, train.segments) == (9, 12)  # two_faces.mp4 gives two clips
    assert train.short > 0


def test_data_lie_at_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a video names its path, and the page leaves out whole ones only."""
    roots: list[Path] = []

    def load(_: str, root: Path, **__: object) -> None:
        roots.append(root)
        raise InterruptedError

    monkeypatch.setattr("painscope.experiments.runner.load_dataset", load)
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe("faces-of-experimental-pain", ["source.checkpoint=n.safetensors"])
    with pytest.raises(InterruptedError):
        run(recipe, {"ai4pain-2024": "anna/ai4pain"}, tmp_path / "run")
    assert roots == [tmp_path / "anna" / "ai4pain"]


def test_the_same_call_on_a_finished_run_does_nothing(
    finished: RunFolder, real_tree: Path, settings: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.path.rglob("*.parquet")}
    run(load_recipe(NAME, settings), {"ai4pain-2024": real_tree}, finished.path)
    assert caplog.messages[-1].startswith("But 1 recording could not be read. To try again name")
    assert caplog.messages[-1].endswith(
        f"--store {finished.path / 'store'}, which keeps what is extracted."
    )
    assert {path: path.stat().st_mtime_ns for path in finished.path.rglob("*.parquet")} == before


def test_a_finished_run_says_that_a_video_was_replaced(
    finished: RunFolder, real_tree: Path, settings: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    video = next(real_tree.rglob("*Pain_LOW_0.mp4"))
    content = video.read_bytes()
    try:
        video.write_bytes(content + b"more")
        run(load_recipe(NAME, settings), {"ai4pain-2024": real_tree}, finished.path)
    finally:
        video.write_bytes(content)
    told = "But 1 recording could not be read and videos were replaced since, or are out of reach. "
    assert caplog.messages[-1].startswith(told)


def test_a_second_run_gives_the_same_features_and_predictions(
    finished: RunFolder, real_tree: Path, settings: list[str], tmp_path: Path
) -> None:
    """By two processes, where one made the first."""
    recipe, data = load_recipe(NAME, settings), {"ai4pain-2024": real_tree}
    again = run(recipe, data, tmp_path / "again", workers=2)
    for table in ("predictions", "scores", "status"):
        pd.testing.assert_frame_equal(again.table(table), finished.table(table))
    features = sorted((finished.path / "store").rglob("features/*.parquet"))
    assert len(features) == RECORDINGS - 1
    for path in features:
        other = again.path / path.relative_to(finished.path)
        assert other.read_bytes() == path.read_bytes()


def test_a_stopped_run_is_continued(
    real_tree: Path, settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from painscope.experiments import runner

    recipe = load_recipe(NAME, [*settings, *COARSE])
    data, out = {"ai4pain-2024": real_tree}, tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(runner, "judge", _stopped)
        with pytest.raises(KeyboardInterrupt):
            run(recipe, data, out)
    kept = sorted(out.rglob("features/*.parquet"))
    times = [path.stat().st_mtime_ns for path in kept]
    assert len(kept) == RECORDINGS - 1
    run(recipe, data, out, workers=1)
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert RunFolder.open(out).finished


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("protocol", ["leave-one-subject-out", "grouped-k-fold"])
def test_other_protocols_test_everybody_once(
    protocol: str, finished: RunFolder, real_tree: Path, settings: list[str], tmp_path: Path
) -> None:
    recipe = load_recipe(
        NAME, [*settings, f"protocol={protocol}", "folds=3", "rows=[{classifier: mean-logistic}]"]
    )
    store = finished.path / "store"
    done = run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run", store=store, workers=1)
    tested = done.table("predictions").query("classifier == 'mean-logistic'")
    assert len(tested) == RECORDINGS
    assert set(tested["split"]) == {"test"}


class TestRefusals:
    def test_other_settings_in_the_same_folder(
        self, finished: RunFolder, real_tree: Path, settings: list[str]
    ) -> None:
        with pytest.raises(UsageError, match="other settings"):
            run(load_recipe(NAME, [*settings, "seeds=3"]), {"ai4pain-2024": real_tree},
                finished.path)  # fmt: skip

    def test_a_folder_of_something_else(
        self, real_tree: Path, settings: list[str], tmp_path: Path
    ) -> None:
        (tmp_path / "letter.txt").write_text("dear diary")
        recipe, data = load_recipe(NAME, settings), {"ai4pain-2024": real_tree}
        with pytest.raises(UsageError, match="not empty"):
            run(recipe, data, tmp_path)
        with pytest.raises(UsageError, match=r"letter\.txt: this is a file"):
            run(recipe, data, tmp_path / "letter.txt")

    def test_a_dataset_that_is_not_given(self, tmp_path: Path, settings: list[str]) -> None:
        with pytest.raises(UsageError, match="--data ai4pain-2024=DIR"):
            run(load_recipe(NAME, settings), {}, tmp_path / "run")

    def test_what_is_no_cluster_before_anything_is_done(
        self, tmp_path: Path, settings: list[str]
    ) -> None:
        with pytest.raises(UsageError, match=r"'rya' is no cluster\. Use ray or ray://"):
            run(load_recipe(NAME, settings), {}, tmp_path / "run", on="rya")
        assert not (tmp_path / "run").exists()

    def test_a_protocol_that_does_not_fit_before_the_network_is_asked_for(
        self, real_tree: Path, settings: list[str], tmp_path: Path
    ) -> None:
        wrong = ["protocol=grouped-k-fold", "folds=40", "source.checkpoint=nowhere.safetensors"]
        recipe = load_recipe(NAME, [*settings, *wrong])
        with pytest.raises(UsageError, match="40 folds need at least 40 people"):
            run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")
        # Nothing was done, so the folder is free for other settings.
        recipe = load_recipe(NAME, [*settings, "source.checkpoint=nowhere.safetensors"])
        with pytest.raises(CheckpointError, match="nowhere"):
            run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")

    def test_features_that_are_not_there_before_the_network_is_asked_for(
        self, real_tree: Path, settings: list[str], tmp_path: Path
    ) -> None:
        rows = "rows=[{classifier: mean-logistic}, {classifier: mean-logistic, features: hgo}]"
        wrong = [rows, "source.checkpoint=nowhere.safetensors"]
        with pytest.raises(UsageError, match="unknown features 'hgo'"):
            run(load_recipe(NAME, [*settings, *wrong]), {"ai4pain-2024": real_tree},
                tmp_path / "run")  # fmt: skip

    def test_a_mistyped_dataset_is_told_all_that_the_recipe_can_read(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"It reads: biovid-a, icope-video\."):
            run(load_recipe("neonatal-transfer"), {"biovid": tmp_path}, tmp_path / "run")

    def test_a_source_network_that_saw_the_tested_people(
        self, real_tree: Path, settings: list[str], source: Path, tmp_path: Path
    ) -> None:
        network, card = load_checkpoint(source)
        seen = card.model_copy(update={"subjects": {"ai4pain-2024": ("3", "6")}})
        path = tmp_path / "seen.safetensors"
        save_checkpoint(path, network, seen)
        recipe = load_recipe(NAME, [*settings, f"source.checkpoint={path}"])
        with pytest.raises(LeakageError, match=r"tested here: 6\b"):
            run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")

    def test_a_network_of_other_features_that_saw_them(
        self, real_tree: Path, settings: list[str], source: Path, tmp_path: Path
    ) -> None:
        network, card = load_checkpoint(source)
        path = tmp_path / "seen.safetensors"
        own = f"features={{own: {{extractor: vgg16-gap, settings: {{checkpoint: {path}}}}}}}"
        rows = ["rows=[{classifier: mean-logistic, features: own}]", own]
        recipe = load_recipe(NAME, [*settings, *COARSE, *rows])
        seen = {"subjects": {"ai4pain-2024": ("3", "6")}}
        save_checkpoint(path, network, card.model_copy(update=seen))
        with pytest.raises(LeakageError, match=r"features own was trained .* tested here: 6\b"):
            run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")
        seen = {"subjects": {"virtual ai4pain-2024": ("3", "6")}}
        save_checkpoint(path, network, card.model_copy(update=seen))
        folder = run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")
        assert folder.facts.virtual
        assert Predictor.load(folder.path).virtual

    def test_people_of_another_name_who_may_be_the_same_are_asked_about(
        self,
        real_tree: Path,
        settings: list[str],
        source: Path,
        tmp_path: Path,
    ) -> None:
        network, card = load_checkpoint(source)
        path = tmp_path / "seen.safetensors"
        seen = {"subjects": {"manifest": ("6", "7")}}
        save_checkpoint(path, network, card.model_copy(update=seen))
        recipe = load_recipe(NAME, [*settings, *COARSE, f"source.checkpoint={path}"])
        run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run", workers=1)
        told = "The source network learned from people of manifest who are called as people tested"
        assert f"{told} here, such as 6." in (tmp_path / "run/log.txt").read_text()
        assert RunFolder(tmp_path / "run").facts.namesakes == {"manifest": ("6",)}
        seen = {"subjects": {"virtual manifest": ("6", "7")}}
        save_checkpoint(path, network, card.model_copy(update=seen))
        run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "other", store=tmp_path / "run/store")
        assert told not in (tmp_path / "other/log.txt").read_text()
        assert RunFolder(tmp_path / "other").facts.namesakes == {}

    def test_two_processes_on_one_run(
        self, real_tree: Path, settings: list[str], tmp_path: Path
    ) -> None:
        recipe = load_recipe(NAME, settings)
        with Claims(tmp_path / "run") as claims:
            RunFolder.begin(tmp_path / "run", recipe, {"ai4pain-2024": real_tree})
            assert claims.take("run")
            with pytest.raises(UsageError, match="another process is working on this run"):
                run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")

    def test_a_network_whose_features_were_never_trained(
        self, real_tree: Path, settings: list[str], tmp_path: Path
    ) -> None:
        network, card = random_checkpoint(width=0.05, input_size=48)
        path = tmp_path / "random.safetensors"
        save_checkpoint(path, network, card)
        recipe = load_recipe(NAME, [*settings, f"source.checkpoint={path}"])
        with pytest.raises(CheckpointError, match="give it as start"):
            run(recipe, {"ai4pain-2024": real_tree}, tmp_path / "run")
