from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import DatasetError, StorageError, UsageError
from painscope.face import CropBatch, FaceStream, make_locator
from painscope.features import (
    BlendshapeFeatures,
    FeatureStore,
    TrueActionUnits,
    VGGFeatures,
    fill_store,
    make_extractor,
    open_store,
)
from painscope.recording import Recording

MakeRecording = Callable[..., Recording]


class Times:
    """An extractor that needs no face; one recording it cannot describe."""

    name = "times"
    names = ("time_s_again",)
    crop_size = None
    reach = 0
    provenance: Mapping[str, object] = {"name": "times"}

    def extract(self, batch: CropBatch, recording: Recording) -> np.ndarray:
        if recording.id == "untold":
            raise DatasetError("no truth beside this recording", path=recording.video)
        return batch.track.time_s[:, None].astype(np.float32)


def test_features_are_those_of_the_stream(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    recording = make_recording("a", 70)  # two full batches and a rest
    store = open_store(tmp_path, tiny, locator=precropped)
    summary = fill_store([recording], tiny, store, locator=precropped)
    assert summary.extracted == ("a",)
    assert summary.n_frames == 70
    got = store.read("a")
    batches = list(FaceStream(recording, precropped, size=32))
    expected = np.concatenate([tiny.extract(batch, recording) for batch in batches])
    np.testing.assert_array_equal(got.values, expected)
    np.testing.assert_allclose(got.time_s, np.arange(70) / 30)
    assert got.found.all()


def test_two_extractions_are_identical_to_the_bit(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    recording = make_recording("a", 45)
    files = []
    for root in ("one", "two"):
        store = open_store(tmp_path / root, tiny, locator=precropped)
        fill_store([recording], tiny, store, locator=precropped)
        files.append((store.folder / "features" / "a.parquet").read_bytes())
    assert files[0] == files[1]


def test_a_second_call_keeps_what_is_there(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    recordings = [make_recording(name) for name in "abc"]
    store = open_store(tmp_path, tiny, locator=precropped)
    fill_store(recordings[:2], tiny, store, locator=precropped)
    told: list[tuple[int, int]] = []
    again = fill_store(
        recordings, tiny, store, locator=precropped, progress=lambda *done: told.append(done)
    )
    assert again.kept == ("a", "b")
    assert again.extracted == ("c",)
    assert told == [(1, 3), (2, 3), (3, 3)]
    path = store.folder / "features" / "a.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    assert fill_store(recordings, tiny, store, locator=precropped).extracted == ("a",)


def test_a_changed_recording_is_extracted_again(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    whole = make_recording("a", 40)
    part = replace(whole, start_s=0.5, stop_s=1.0)
    store = open_store(tmp_path, tiny, locator=precropped)
    for recording, frames in ((whole, 40), (part, 15), (part, 15), (whole, 40)):
        fill_store([recording], tiny, store, locator=precropped)
        assert len(store.read("a")) == frames


def test_a_video_that_is_away_keeps_its_features(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    recording = make_recording("a", 40)
    store = open_store(tmp_path, tiny, locator=precropped)
    fill_store([recording], tiny, store, locator=precropped)
    recording.video.rename(tmp_path / "away")
    assert fill_store([recording], tiny, store, locator=precropped).kept == ("a",)
    assert len(store.read("a")) == 40
    part = replace(recording, start_s=0.5)
    assert "no such file" in fill_store([part], tiny, store, locator=precropped).failed["a"]


def test_frames_without_a_face_are_rows_of_nan(
    tmp_path: Path, make_recording: MakeRecording, grey, tiny: VGGFeatures
) -> None:
    bright, dark = np.full((40, 48, 64, 3), 200, np.uint8), np.zeros((40, 48, 64, 3), np.uint8)
    recording = make_recording("a", np.concatenate([bright, dark]))
    store = open_store(tmp_path, tiny, locator=grey)
    fill_store([recording], tiny, store, locator=grey)
    got = store.read("a")
    assert len(got) == 80
    assert got.usable[:40].all()
    assert not got.usable[60:].any()
    assert np.isnan(got.values[60:]).all()
    assert got.found.sum() == 40
    assert store.status["found_share"][0] == 0.5


def test_bad_videos_are_rows_and_not_the_end(
    tmp_path: Path, make_recording: MakeRecording, precropped, tiny: VGGFeatures
) -> None:
    good = make_recording("good")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a video\n" * 100)
    bad = [replace(good, id=n, video=tmp_path / f"{n}.mp4") for n in ("empty", "text", "absent")]
    bad += [replace(good, id="before", start_s=-1.0), replace(good, id="after", start_s=99.0)]
    store = open_store(tmp_path, tiny, locator=precropped)
    summary = fill_store([*bad, good], tiny, store, locator=precropped)
    assert set(summary.failed) == {"empty", "text", "absent", "before", "after"}
    assert summary.extracted == ("good",)
    status = store.status.set_index("recording")
    assert list(status.loc[["absent", "empty", "text"], "status"]) == ["failed"] * 3
    for name in ("empty", "text", "absent"):
        assert f"{name}.mp4" in status.loc[name, "reason"]
        assert "\n" not in status.loc[name, "reason"]
    assert store.ids() == ["good"]
    assert (store.folder / "status.parquet").exists()

    mended = make_recording("mended")
    (tmp_path / "empty.mp4").write_bytes(mended.video.read_bytes())
    assert fill_store(bad, tiny, store, locator=precropped).extracted == ("empty",)


def test_a_truncated_video_gives_what_could_be_decoded(
    tmp_path: Path, precropped, tiny: VGGFeatures
) -> None:
    import av

    frames = np.random.default_rng(0).integers(0, 255, (60, 64, 64, 3), np.uint8)
    path = tmp_path / "cut.mkv"  # readable up to where it was cut, unlike mp4
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"g": "5"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    store = open_store(tmp_path, tiny, locator=precropped)
    fill_store([Recording("cut", "s", None, None, path)], tiny, store, locator=precropped)
    row = store.status.iloc[0]
    assert row["status"] == "ok"
    assert 10 < row["n_frames"] < 60
    assert isinstance(row["damage"], str)


def test_an_extractor_without_faces_gets_times_and_its_failure_is_a_row(
    tmp_path: Path, make_recording: MakeRecording
) -> None:
    recordings = [make_recording("a", 40), make_recording("untold")]
    store = open_store(tmp_path, Times(), locator=None, rate=15.0)
    summary = fill_store(recordings, Times(), store)
    assert "no truth" in summary.failed["untold"]
    got = store.read("a")
    np.testing.assert_allclose(got.values[:, 0], np.arange(20) / 15, atol=1e-6)
    assert got.found.all()
    assert "crops" not in store.provenance


def test_every_setting_that_shapes_the_numbers_has_its_own_folder(
    tmp_path: Path, precropped, grey, tiny: VGGFeatures
) -> None:
    stores = [
        open_store(tmp_path, tiny, locator=precropped),
        open_store(tmp_path, tiny, locator=precropped, rate=25),
        open_store(tmp_path, tiny, locator=precropped, margin=0.2),
        open_store(tmp_path, tiny, locator=precropped, locate_every=2),
        open_store(tmp_path, tiny, locator=grey),
        open_store(tmp_path, BlendshapeFeatures(), locator=grey),
    ]
    assert len({store.digest for store in stores}) == len(stores)


def test_a_store_of_faces_located_less_often_is_filled_so(
    tmp_path: Path, make_recording: MakeRecording, grey, tiny: VGGFeatures
) -> None:
    recording = make_recording("a", 33)
    store = open_store(tmp_path, tiny, locator=grey, locate_every=4)
    fill_store([recording], tiny, store, locator=grey)
    crops = CropBatch.concatenate(list(FaceStream(recording, grey, size=32, locate_every=4)))
    every = CropBatch.concatenate(list(FaceStream(recording, grey, size=32)))
    got = store.read("a").found
    np.testing.assert_array_equal(got, crops.track.found)
    assert not np.array_equal(got, every.track.found)


def test_wrong_calls(tmp_path: Path, make_recording: MakeRecording, precropped, grey, tiny) -> None:
    with pytest.raises(UsageError, match="needs a locator"):
        open_store(tmp_path, tiny, locator=None)
    with pytest.raises(UsageError, match="frame rate of 300"):
        open_store(tmp_path, tiny, locator=precropped, rate=300)
    with pytest.raises(UsageError, match="frame rate of 300"):
        open_store(tmp_path, TrueActionUnits(), locator=None, rate=300)
    assert not list(tmp_path.iterdir())
    store = open_store(tmp_path, tiny, locator=precropped)
    with pytest.raises(UsageError, match="made in another way"):
        fill_store([make_recording()], tiny, store, locator=grey)
    blendshapes = BlendshapeFeatures()
    store = open_store(tmp_path, blendshapes, locator=precropped)
    with pytest.raises(UsageError, match="gives 0 blendshapes"):
        fill_store([make_recording()], blendshapes, store, locator=precropped)
    assert store.status.empty, "a wrong call is not a recording's failure"


def test_a_full_disk_ends_it_and_keeps_what_was_done(
    tmp_path: Path,
    make_recording: MakeRecording,
    precropped,
    tiny: VGGFeatures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recordings = [make_recording(name) for name in "ab"]
    store = open_store(tmp_path, tiny, locator=precropped)
    writing = FeatureStore.writing

    def full(self: FeatureStore, recording: str, *args, **kwargs):
        if recording == "b":
            raise StorageError("the disk is full", path=self.folder)
        return writing(self, recording, *args, **kwargs)

    monkeypatch.setattr(FeatureStore, "writing", full)
    with pytest.raises(StorageError, match="disk is full"):
        fill_store(recordings, tiny, store, locator=precropped)
    assert store.ids() == ["a"]


@pytest.mark.slow
def test_two_processes_fill_one_store(
    tmp_path: Path, make_recording: MakeRecording, precropped
) -> None:
    recordings = [make_recording(f"r{k}", 20) for k in range(6)]
    code = (
        "from pathlib import Path\n"
        "from painscope.face import make_locator\n"
        "from painscope.features import VGGFeatures, fill_store, open_store\n"
        "from painscope.networks import random_checkpoint\n"
        "from painscope.recording import Recording\n"
        f"root = Path({str(tmp_path)!r})\n"
        "recordings = [Recording(f'r{k}', 's1', None, None, root / 'videos' / f'r{k}.mp4')"
        " for k in range(6)]\n"
        "tiny = VGGFeatures(random_checkpoint(width=1 / 16, input_size=32), precision='fp32')\n"
        "locator = make_locator('precropped')\n"
        "fill_store(recordings, tiny, open_store(root, tiny, locator=locator), locator=locator)\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    from painscope.networks import random_checkpoint

    tiny = VGGFeatures(random_checkpoint(width=1 / 16, input_size=32), precision="fp32")
    store = open_store(tmp_path, tiny, locator=precropped)
    assert all(store.has(recording.id) for recording in recordings)


@pytest.mark.slow
@pytest.mark.parametrize("video", ["single_face.mp4", "face_then_none.mov", "no_face.mp4"])
def test_real_faces(assets: Path, tmp_path: Path, video: str, tiny: VGGFeatures) -> None:
    recording = Recording("a", "s1", None, None, assets / "videos" / video)
    locator = make_locator("mediapipe", model=assets / "models" / "face_landmarker.task")
    for extractor in (tiny, make_extractor("mediapipe-blendshapes")):
        store = open_store(tmp_path, extractor, locator=locator)
        fill_store([recording], extractor, store, locator=locator)
        got = store.read("a")
        share = {"single_face.mp4": (0.99, 1), "face_then_none.mov": (0.1, 0.9)}
        low, high = share.get(video, (0, 0))
        assert low <= got.found.mean() <= high
        assert got.usable[got.found].all()


def test_photographs_and_folders_are_recordings_too(tmp_path: Path, precropped, tiny) -> None:
    from PIL import Image

    (tmp_path / "frames").mkdir()
    for k in range(5):
        Image.new("RGB", (40, 40), (40 * k, 90, 90)).save(tmp_path / "frames" / f"{k}.png")
    Image.new("RGB", (64, 48), (200, 90, 90)).save(tmp_path / "photo.jpg")
    recordings = [
        Recording(name, "s", None, None, tmp_path / file)
        for name, file in (("frames", "frames"), ("photo", "photo.jpg"))
    ]
    store = open_store(tmp_path / "store", tiny, locator=precropped)
    assert not fill_store(recordings, tiny, store, locator=precropped).failed
    assert (len(store.read("frames")), len(store.read("photo"))) == (5, 1)
    assert fill_store(recordings, tiny, store, locator=precropped).kept == ("frames", "photo")
    Image.new("RGB", (40, 40)).save(tmp_path / "frames" / "9.png")
    assert fill_store(recordings, tiny, store, locator=precropped).extracted == ("frames",)
    assert len(store.read("frames")) == 6
