"""MediaPipe's landmarker: its model, its download, and what it must not do to the process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import CheckpointError, UsageError
from painscope.face import make_locator
from painscope.face.locators import mediapipe as mediapipe_module


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
