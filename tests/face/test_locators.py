"""One contract for every locator, and what is each one's own."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import CheckpointError, UsageError
from painscope.face import LOCATORS, Face, Locator, make_locator
from painscope.face.locators import LBPCascade, MediaPipeLandmarker
from painscope.face.locators import mediapipe as mediapipe_module

FAKE_FACE_ALIGNMENT = '''
"""Stands in for the real package: one face where the image is not black, or none."""
import enum
import numpy as np

class LandmarksType(enum.Enum):
    TWO_D = 1

class FaceAlignment:
    def __init__(self, landmarks_type, device="cuda", face_detector="sfd"):
        assert landmarks_type is LandmarksType.TWO_D
        assert (device, face_detector) == ("cpu", "sfd")

    def get_landmarks_from_image(self, image, return_bboxes=False):
        assert return_bboxes
        if not image.any():
            return None, None, None
        ring = np.linspace(0, 2 * np.pi, 68, endpoint=False)
        points = np.stack([250 + 60 * np.cos(ring), 130 + 80 * np.sin(ring)], axis=1)
        small = points / 4
        detection = np.array([200.0, 60, 300, 200, 0.97])
        return [small, points], None, [detection / 4, detection]
'''


@pytest.fixture
def fake_face_alignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a tiny package named face-alignment for one test."""
    (tmp_path / "face_alignment").mkdir()
    (tmp_path / "face_alignment" / "__init__.py").write_text(FAKE_FACE_ALIGNMENT)
    info = tmp_path / "face_alignment-1.4.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: face-alignment\nVersion: 1.4.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    import sys

    sys.modules.pop("face_alignment", None)


@pytest.fixture(params=sorted(LOCATORS))
def locator(request: pytest.FixtureRequest) -> Locator:
    if request.param == "mediapipe":
        return request.getfixturevalue("mediapipe_locator")
    if request.param == "face-alignment":
        request.getfixturevalue("fake_face_alignment")
    return make_locator(request.param)


def same(first: list[Face], second: list[Face]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(a.box, b.box)
        and np.array_equal(a.landmarks, b.landmarks)
        and np.array_equal(a.blendshapes, b.blendshapes)
        and a.confidence == b.confidence
        for a, b in zip(first, second, strict=True)
    )


def test_finds_the_face_with_the_shapes_it_promises(locator, portrait):
    faces = locator.locate(portrait)
    assert faces
    for face in faces:
        assert face.box.shape == (4,)
        assert face.box.dtype == np.float32
        assert (face.box[2:] > face.box[:2]).all()
        assert face.landmarks.shape == (locator.landmark_count, 2)
        assert face.landmarks.dtype == np.float32
        assert face.blendshapes.shape == (len(locator.blendshape_names),)
        assert 0 < face.confidence <= 1
    x, y = (faces[0].box[:2] + faces[0].box[2:]) / 2
    assert 180 < x < 300
    assert 60 < y < 300
    assert [face.area for face in faces] == sorted((f.area for f in faces), reverse=True)


def test_the_same_image_gives_the_same_faces_whatever_came_before(locator, portrait):
    first = locator.locate(portrait)
    locator.locate(portrait[::-1].copy())
    locator.locate(np.zeros_like(portrait))
    assert same(first, locator.locate(portrait))


def test_accepts_small_odd_and_not_contiguous_images(locator, portrait):
    for image in (portrait[:33, :17], portrait[::-1], portrait[:, 3:, :], np.zeros_like(portrait)):
        assert isinstance(locator.locate(image), list)


def test_says_who_it_is_in_plain_values(locator):
    import json

    assert isinstance(locator, Locator)
    assert LOCATORS[locator.name] is type(locator)
    provenance = dict(locator.provenance)
    assert provenance["name"] == locator.name
    assert json.loads(json.dumps(provenance)) == provenance
    assert len(set(locator.blendshape_names)) == len(locator.blendshape_names)
    assert 0 <= locator.default_margin < 1
    assert locator.smoothing_s >= 0


def test_can_be_sent_to_another_process(locator, portrait):
    before = locator.locate(portrait)  # an opened model must not hinder it
    there = pickle.loads(pickle.dumps(locator))
    assert there.provenance == locator.provenance
    assert same(before, there.locate(portrait))


def test_another_process_finds_the_same(portrait):
    locator = make_locator("lbp-cascade")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        assert same(locator.locate(portrait), pool.submit(locator.locate, portrait).result())


def test_an_unknown_locator_or_setting_is_named():
    with pytest.raises(UsageError, match=r"unknown locator 'dlib'. There are: auto, mediapipe"):
        make_locator("dlib")
    with pytest.raises(UsageError, match=r"lbp-cascade: .*'colour'"):
        make_locator("lbp-cascade", colour=3)
    with pytest.raises(UsageError, match="auto takes no settings, not detail"):
        make_locator("auto", detail=300)
    with pytest.raises(UsageError, match="detail 10"):
        make_locator("lbp-cascade", detail=10)


# -- auto ---------------------------------------------------------------------------------


def test_auto_without_a_model_takes_the_cascade_and_says_how_to_get_better(caplog):
    with caplog.at_level(logging.INFO, "painscope"):
        assert isinstance(make_locator("auto"), LBPCascade)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "lbp-cascade" in record.message
    assert "painscope download" in record.message


@pytest.mark.parametrize("where", ["home", "assets"])
def test_auto_takes_mediapipe_where_its_model_lies(where, assets, empty_home, monkeypatch, caplog):
    if where == "assets":
        monkeypatch.setenv("PAINSCOPE_ASSETS", str(assets))
    else:
        (empty_home / "models").mkdir(parents=True)
        model = (assets / "models" / "face_landmarker.task").read_bytes()
        (empty_home / "models" / "face_landmarker.task").write_bytes(model)
    with caplog.at_level(logging.INFO, "painscope"):
        assert isinstance(make_locator("auto"), MediaPipeLandmarker)
    assert "mediapipe" in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


# -- mediapipe ----------------------------------------------------------------------------


def test_mediapipe_without_a_model_says_how_to_get_it(empty_home):
    with pytest.raises(UsageError, match="painscope download") as caught:
        make_locator("mediapipe")
    assert str(empty_home) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_mediapipe_refuses_a_file_it_does_not_know(tmp_path):
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(b"something else")
    with pytest.raises(CheckpointError, match="is not the face landmarker that painscope knows"):
        make_locator("mediapipe", model=path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        make_locator("mediapipe", model=tmp_path / "none.task")


def test_mediapipe_blendshapes_are_named_as_the_model_names_them(mediapipe_locator, portrait):
    import mediapipe

    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=portrait)
    [shapes] = mediapipe_locator._landmarker.detect(image).face_blendshapes
    assert mediapipe_locator.blendshape_names == tuple(shape.category_name for shape in shapes)


def test_mediapipe_s_profiler_cannot_end_the_process():
    # In a process of its own: in this one MediaPipe may have begun to send the signal.
    script = """
import signal
from painscope.face.locators.mediapipe import _ignore_profiling_signal as ignore
ignore()
signal.raise_signal(signal.SIGPROF)  # ends a process that does not expect it
signal.signal(signal.SIGPROF, lambda *_: print("mine"))
ignore()
signal.raise_signal(signal.SIGPROF)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "mine\n")


def test_mediapipe_draws_the_box_around_the_landmarks(mediapipe_locator, portrait):
    [face] = mediapipe_locator.locate(portrait)
    np.testing.assert_array_equal(face.box[:2], face.landmarks.min(axis=0))
    np.testing.assert_array_equal(face.box[2:], face.landmarks.max(axis=0))


def test_the_download_refuses_what_is_not_googles_file(empty_home, tmp_path, monkeypatch):
    impostor = tmp_path / "impostor.task"
    impostor.write_bytes(b"x" * 100)
    calls = []

    def fetch(url, output_file, pooch):
        calls.append(url)
        Path(output_file).write_bytes(impostor.read_bytes())

    import pooch.core

    monkeypatch.setattr(pooch.core, "choose_downloader", lambda *a, **k: fetch)
    with pytest.raises(CheckpointError, match="could not be downloaded"):
        mediapipe_module.download_face_landmarker()
    assert calls == [mediapipe_module.MODEL_URL]
    assert not list(empty_home.rglob("*.task"))


def test_the_download_says_so_when_there_is_no_network(empty_home, monkeypatch):
    import pooch.core
    import requests

    def fetch(url, output_file, pooch):
        raise requests.ConnectionError("no route")

    monkeypatch.setattr(pooch.core, "choose_downloader", lambda *a, **k: fetch)
    with pytest.raises(CheckpointError, match=r"could not be downloaded .*\(ConnectionError\)"):
        mediapipe_module.download_face_landmarker()


# -- lbp-cascade --------------------------------------------------------------------------


@pytest.mark.parametrize("tilt", [-30, -15, 15, 30])
def test_the_cascade_finds_a_tilted_face_where_it_is(portrait, tilt):
    import cv2

    turn = cv2.getRotationMatrix2D((222, 120), tilt, 1.0)
    turned = cv2.warpAffine(portrait, turn, portrait.shape[1::-1])
    [upright, *_] = LBPCascade().locate(portrait)
    [face, *_] = LBPCascade().locate(turned)
    centres = [(box[:2] + box[2:]) / 2 for box in (upright.box, face.box)]
    assert np.linalg.norm(centres[0] - centres[1]) < 0.35 * (upright.box[3] - upright.box[1])


def test_more_detail_finds_a_smaller_face(portrait):
    import cv2

    small = np.full((720, 1280, 3), 127, np.uint8)
    small[200:400, 600:800] = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    assert not LBPCascade().locate(small)
    [face] = LBPCascade(detail=1280).locate(small)
    assert 600 < (face.box[0] + face.box[2]) / 2 < 800


def test_the_cascades_box_is_like_the_one_around_landmarks(mediapipe_locator, portrait):
    from painscope.face.tracker import overlap

    [landmarks] = mediapipe_locator.locate(portrait)
    cascade = LBPCascade().locate(portrait)[0]
    assert overlap([landmarks.box], [cascade.box])[0, 0] > 0.75


# -- face-alignment -----------------------------------------------------------------------


def test_face_alignment_absent_gives_the_pip_command():
    with pytest.raises(UsageError, match=r'pip install "painscope\[face-alignment\]"') as caught:
        make_locator("face-alignment")
    assert "\n" not in str(caught.value)


def test_face_alignment_draws_the_box_around_the_landmarks(fake_face_alignment, portrait):
    locator = make_locator("face-alignment")
    face, smaller = locator.locate(portrait)
    np.testing.assert_allclose(face.box, [190, 50, 310, 210], atol=0.1)
    assert smaller.area == pytest.approx(face.area / 16, rel=1e-3)
    assert face.confidence == pytest.approx(0.97)
    assert locator.locate(np.zeros_like(portrait)) == []
    assert locator.provenance["library"] == "face-alignment 1.4.1"


# -- precropped ---------------------------------------------------------------------------


def test_precropped_takes_the_whole_frame():
    [face] = make_locator("precropped").locate(np.zeros((40, 30, 3), np.uint8))
    assert face.box.tolist() == [0, 0, 30, 40]


def test_threads_that_start_together_leave_the_terminal_as_it_was():
    entered, leave = [threading.Event() for _ in "ab"], [threading.Event() for _ in "ab"]

    def hold(entered: threading.Event, leave: threading.Event) -> None:
        with mediapipe_module._silent_stderr():
            entered.set()
            leave.wait(10)

    kept = os.dup(2)
    try:
        threads = [
            threading.Thread(target=hold, args=ends) for ends in zip(entered, leave, strict=True)
        ]
        threads[0].start()
        assert entered[0].wait(10)
        threads[1].start()
        entered[1].wait(0.2)  # it comes in now, or once the first is out
        for thread, event in zip(threads, leave, strict=True):
            event.set()
            thread.join(10)
        assert entered[1].is_set()
        assert os.path.samestat(os.fstat(2), os.fstat(kept))
    finally:
        os.dup2(kept, 2)
        os.close(kept)
