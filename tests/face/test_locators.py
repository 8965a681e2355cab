"""One contract for every locator, and which of them is taken."""

from __future__ import annotations

import logging
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.face import LOCATORS, Face, Locator, make_locator
from painscope.face.locators import LBPCascade, MediaPipeLandmarker


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
