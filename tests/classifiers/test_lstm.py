from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.classifiers.making import MakeClips, fit, make

from painscope.classifiers import make_classifier


def test_timeline_of_the_lstm_is_its_answer_so_far(make_clips: MakeClips) -> None:
    classifier = fit(make("lstm"), make_clips(3, 2))
    clip = make_clips(1, 1, prefix="t")[0][2]
    timeline = classifier.frame_proba(clip)
    for length in (1, 8, len(clip)):
        np.testing.assert_allclose(
            timeline[length - 1], classifier.predict_proba([clip.cut(0, length)])[0], rtol=1e-5
        )


def test_weights_file_holds_plain_arrays(make_clips: MakeClips, tmp_path: Path) -> None:
    fit(make("lstm"), make_clips(1, 1)).save(tmp_path)
    arrays = load_file(tmp_path / "weights.safetensors")
    assert arrays["lstm1.recurrent.weight"].shape == (128, 32)
    assert arrays["prior"].tolist() == pytest.approx([1 / 3] * 3)


def test_the_lstm_s_defaults_are_the_paper_s() -> None:
    settings = make_classifier("lstm", classes=("a", "b")).get_params()
    assert (settings["learning_rate"], settings["batch_size"]) == (1.0, 32)
    assert (settings["max_epochs"], settings["patience"], settings["dropout"]) == (100, 5, 0.3)
