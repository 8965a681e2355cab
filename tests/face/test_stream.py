"""FaceStream over really encoded videos: synthetic ones with known truth, and real faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from painscope.errors import UsageError, VideoError
from painscope.face import CropBatch, FaceStream, crop_face, crop_provenance, make_locator
from painscope.recording import Recording
from painscope.video import FrameReader

REAL = {  # video: frames at 10 per second, smallest share of frames with a face per locator
    "single_face.mp4": (24, {"mediapipe": 1.0, "lbp-cascade": 1.0}),
    "small_face.mkv": (22, {"mediapipe": 1.0, "lbp-cascade": 0.95}),
    "no_face.mp4": (40, {"mediapipe": 0.0, "lbp-cascade": 0.0}),
}


def spots(centres: list[tuple[int, int] | None], side: int = 24) -> np.ndarray:
    """Pictures of 160×96 with a bright square at each centre, or without one."""
    frames = np.full((len(centres), 96, 160, 3), 16, np.uint8)
    for frame, centre in zip(frames, centres, strict=True):
        if centre is not None:
            x, y = centre
            frame[y - side // 2 : y + side // 2, x - side // 2 : x + side // 2] = 235
    return frames


def recording(video: Path, **part: float) -> Recording:
    return Recording(id="r", subject="s", label=None, split=None, video=video, **part)


@pytest.fixture
def blinking(make_video, tmp_path) -> Path:
    """A spot that moves, hides for 10 frames, moves on, and hides for 20 frames."""
    centres: list = [(40 + k, 48) for k in range(70)]
    centres[20:30] = [None] * 10
    centres[45:65] = [None] * 20
    return make_video(tmp_path / "blinking.mp4", spots(centres))


def test_every_frame_is_a_row_and_only_short_gaps_are_bridged(blinking, bright_spot, track_of):
    stream = FaceStream(recording(blinking), bright_spot, size=32)
    track = track_of(stream)
    np.testing.assert_allclose(track.time_s, np.arange(70) / 30)
    hidden = np.zeros(70, bool)
    hidden[20:30] = hidden[45:65] = True
    np.testing.assert_array_equal(track.found, ~hidden)
    hidden[20:30] = False
    np.testing.assert_array_equal(track.has_box, ~hidden)
    truth = 40 + np.arange(70.0)[~hidden]
    centre = (track.box[~hidden, 0] + track.box[~hidden, 2]) / 2
    assert np.abs(centre - truth).max() <= 1.0
    assert np.isnan(track.landmarks[hidden]).all()
    assert np.isnan(track.blendshapes[hidden]).all()
    assert not track.confidence[~track.found].any()
    assert stream.damage is None


def test_crops_are_cut_from_their_own_frames(blinking, bright_spot):
    stream = FaceStream(blinking, bright_spot, size=32, margin=0.5, batch_size=16)
    batches = list(stream)
    assert [len(batch) for batch in batches] == [16, 16, 16, 16, 6]
    images = np.concatenate([batch.images for batch in FrameReader(blinking)])
    first = 0
    for batch in batches:
        assert isinstance(batch, CropBatch)
        assert batch.crops.dtype == np.uint8
        assert batch.crops.shape[1:] == (32, 32, 3)
        for k, crop in enumerate(batch.crops):
            if not batch.track.has_box[k]:
                assert not crop.any()
                continue
            box = batch.track.box[k]
            wanted = crop_face(images[first + k], box, margin=0.5, size=32)
            np.testing.assert_array_equal(crop, wanted)
        first += len(batch)


@pytest.mark.parametrize("batch_size", [1, 7, 70, 100])
def test_the_rows_do_not_depend_on_the_batch(blinking, bright_spot, track_of, batch_size):
    whole = track_of(FaceStream(blinking, bright_spot, size=16))
    parts = track_of(FaceStream(blinking, bright_spot, size=16, batch_size=batch_size))
    for name in whole.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_only_the_recordings_part_is_read(blinking, bright_spot, track_of):
    track = track_of(FaceStream(recording(blinking, start_s=1.0, stop_s=1.5), bright_spot, size=16))
    assert len(track) == 15
    assert track.time_s[0] == 0.0
    assert (track.box[0, 0] + track.box[0, 2]) / 2 == pytest.approx(70, abs=1.0)


def test_a_repeated_picture_is_searched_once(make_video, tmp_path, bright_spot, track_of):
    slow = make_video(tmp_path / "slow.mp4", spots([(40 + 3 * k, 48) for k in range(20)]), rate=10)
    assert len(track_of(FaceStream(slow, bright_spot, size=16))) == 60
    assert bright_spot.calls == 20


def test_precropped_frames_are_kept_whole(make_video, tmp_path):
    frames = np.random.default_rng(1).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    video = make_video(tmp_path / "face.mp4", frames)
    [batch] = FaceStream(video, make_locator("precropped"), size=64)
    [read] = FrameReader(video)
    np.testing.assert_array_equal(batch.crops, read.images)


def test_impossible_settings_are_refused_at_once(blinking, bright_spot):
    for settings in ({"margin": -0.1}, {"size": 2}, {"batch_size": 0}, {"rate": 0}):
        with pytest.raises(UsageError):
            FaceStream(blinking, bright_spot, **settings)


def test_a_video_that_cannot_be_read_is_named(tmp_path, bright_spot):
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(VideoError, match=r"text\.mp4"):
        list(FaceStream(tmp_path / "text.mp4", bright_spot))


def test_provenance_changes_with_everything_that_changes_the_rows(bright_spot):
    plain = crop_provenance(bright_spot, rate=30)
    assert plain == crop_provenance(bright_spot, rate=30.0, margin=0.1, size=224)
    others = [
        crop_provenance(bright_spot, rate=25),
        crop_provenance(bright_spot, rate=30, margin=0.2),
        crop_provenance(bright_spot, rate=30, size=112),
        crop_provenance(make_locator("precropped"), rate=30),
    ]
    assert all(other != plain for other in others)


# -- real faces ---------------------------------------------------------------------------


@pytest.fixture(params=["mediapipe", "lbp-cascade"])
def real_locator(request):
    if request.param == "mediapipe":
        return request.getfixturevalue("mediapipe_locator")
    return make_locator("lbp-cascade")


@pytest.mark.parametrize("video", sorted(REAL))
def test_real_faces_are_found_twice_alike(assets, real_locator, track_of, video):
    path = assets / "videos" / video
    first = track_of(FaceStream(path, real_locator, rate=10, size=16))
    frames, shares = REAL[video]
    assert len(first) == frames
    share = shares[real_locator.name]
    assert first.found.mean() >= share if share else not first.has_box.any()
    again = track_of(FaceStream(path, real_locator, rate=10, size=16))
    for name in first.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))


def test_a_face_that_goes_away_is_gone(assets, mediapipe_locator, track_of):
    path = assets / "videos" / "face_then_none.mov"
    track = track_of(FaceStream(path, mediapipe_locator, rate=15, size=16))
    last = int(np.flatnonzero(track.found).max())
    assert 0.3 < (last + 1) / len(track) < 0.45
    assert track.found[: last + 1].all()
    assert not track.has_box[last + 1 :].any()


def test_of_two_people_one_is_followed(assets, real_locator, track_of):
    path = assets / "videos" / "two_faces.mp4"
    track = track_of(FaceStream(path, real_locator, rate=12.5, size=16))
    assert track.found.mean() > 0.95
    centre = (track.box[:, 0] + track.box[:, 2]) / 2
    side = track.box[:, 2] - track.box[:, 0]
    assert (centre < 240).all() or (centre > 240).all()
    assert np.abs(np.diff(centre)).max() < 0.3 * side.min()


@pytest.mark.slow
def test_strong_expressions_and_a_hand_do_not_lose_the_face(assets, real_locator, track_of):
    path = assets / "videos" / "expressions_pexels.mp4"
    track = track_of(FaceStream(path, real_locator, size=16))
    assert track.has_box.all()
    assert track.found.mean() > {"mediapipe": 0.99, "lbp-cascade": 0.93}[real_locator.name]


def test_locating_less_often_moves_the_face_on_a_straight_line(blinking, bright_spot, track_of):
    every = track_of(FaceStream(blinking, bright_spot, size=32))
    looked = []

    class Counting(type(bright_spot)):
        def locate(self, image):
            looked.append(image)
            return super().locate(image)

    rare = track_of(FaceStream(blinking, Counting(), size=32, locate_every=3))
    assert len(looked) == 16, "every third of 70 frames, but for 8 that are like the one before"
    np.testing.assert_array_equal(rare.time_s, every.time_s)
    both = rare.has_box & every.has_box
    assert np.abs(rare.box - every.box)[both].max() <= 1.0
    np.testing.assert_array_equal(rare.has_box[:43], every.has_box[:43])
    assert rare.found[:18].all(), "seen before and after is found"
    assert not rare.found[20:30].any()
    assert not rare.has_box[46:63].any(), "no face is invented in a long gap"
    np.testing.assert_array_equal(rare.confidence > 0, rare.found)


def test_the_last_frame_is_always_searched(make_video, bright_spot, track_of, tmp_path):
    for n in range(1, 9):
        video = make_video(tmp_path / f"{n}.mp4", spots([(40 + 3 * k, 48) for k in range(n)]))
        track = track_of(FaceStream(video, bright_spot, size=32, locate_every=4))
        assert len(track) == n
        assert track.found.all()
        centre = (track.box[:, 0] + track.box[:, 2]) / 2
        assert np.abs(centre - (40 + 3 * np.arange(n))).max() <= 1.0


def test_locating_less_often_is_another_provenance(bright_spot):
    often = crop_provenance(bright_spot, rate=30)
    assert crop_provenance(bright_spot, rate=30, locate_every=1) == often
    assert crop_provenance(bright_spot, rate=30, locate_every=3) == {**often, "locate_every": 3}
    for wrong in (0, -1, 11):
        with pytest.raises(UsageError, match=r"1 \(every frame\) to 10"):
            FaceStream("a.mp4", bright_spot, locate_every=wrong)
