"""What the classical classifiers share: notes, refusals and files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.classifiers.making import MakeClips, make

from painscope.classifiers import SequenceClassifier
from painscope.errors import UsageError
from painscope.features import FeatureSequence


class TestHandledOpenly:
    def test_notes_say_what_was_done_otherwise(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(3, 2)
        still = [_with(each, 3, 7.0) for each in sequences]
        fitted = make("logistic-regression", ("NP", "LP", "HP")).fit(still, labels, groups=groups)
        assert fitted.notes_ == [
            "10 of 80 columns never vary: left out",
            "3 inner folds, not 5, of 3 people",
        ]
        alone = make("logistic-regression", ("NP", "LP", "HP")).fit(sequences, labels)
        assert "nobody says who is who" in alone.notes_[0]

    def test_features_that_never_vary_answer_the_frequencies(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(3, 2, labels=("NP", "NP", "HP"))
        dead = [replace(each, values=np.ones_like(each.values)) for each in sequences]
        fitted = make("linear-svm", ("NP", "LP", "HP")).fit(dead, labels, groups=groups)
        assert "none of 80 columns varies" in fitted.notes_[0]
        np.testing.assert_allclose(fitted.predict_proba(dead[:1]), [[2 / 3, 0, 1 / 3]])

    def test_missing_columns_are_named(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(2, 1)
        fitted = make("naive-bayes", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)
        cut = replace(sequences[0], values=sequences[0].values[:, :6], names=sequences[0].names[:6])
        with pytest.raises(UsageError, match="2 are missing, the first is f6"):
            fitted.predict_proba([cut])

    def test_more_columns_than_memory(
        self, make_clips: MakeClips, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sequences, labels, groups = make_clips(2, 1)
        monkeypatch.setattr("os.sysconf", lambda name: 100)
        with pytest.raises(UsageError, match=r"6 clips of 80 columns need about .* GiB"):
            make("rbf-svm", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)

    def test_a_system_that_does_not_tell_its_memory(
        self, make_clips: MakeClips, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sequences, labels, groups = make_clips(2, 1)
        monkeypatch.delattr("os.sysconf")  # as on Windows
        fitted = make("rbf-svm", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)
        assert fitted.predict_proba(sequences).shape == (6, 3)

    def test_an_empty_grid_is_refused(self, make_clips: MakeClips) -> None:
        sequences, labels, groups = make_clips(2, 1)
        with pytest.raises(UsageError, match="grid: C needs a list"):
            make("linear-svm", ("NP", "LP", "HP"), grid={"C": ()}).fit(
                sequences, labels, groups=groups
            )


def _with(sequence: FeatureSequence, column: int, value: float) -> FeatureSequence:
    values = sequence.values.copy()
    values[:, column] = value
    return replace(sequence, values=values)


def test_a_saved_model_carries_no_code(make_clips: MakeClips, tmp_path: Any) -> None:
    """A file that asks for anything but scikit-learn's own types is refused, not run."""
    import pickle

    from safetensors.numpy import load_file, save_file

    from painscope.errors import CheckpointError

    sequences, labels, groups = make_clips(2, 2)
    make("linear-svm", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups).save(tmp_path)
    path = tmp_path / "weights.safetensors"
    arrays = load_file(path)
    for content in (pickle.dumps(print), _skops_of_a_function()):
        save_file({**arrays, "model": np.frombuffer(content, np.uint8)}, path)
        with pytest.raises(CheckpointError, match="damaged, or not the weights"):
            SequenceClassifier.load(tmp_path)
    assert "notes" in json.loads((tmp_path / "classifier.json").read_text())


def _skops_of_a_function() -> bytes:
    from sklearn.preprocessing import FunctionTransformer
    from skops.io import dumps

    return dumps(FunctionTransformer(func=json.dumps))
