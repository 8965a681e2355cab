"""What every classifier keeps to, one test for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupKFold, cross_val_score
from tests.classifiers.making import CLASSES, TRAINED, MakeClips, fit, make

from painscope.classifiers import (
    CLASSIFIERS,
    ClassicalClassifier,
    SequenceClassifier,
)
from painscope.errors import CheckpointError, DatasetError, LeakageError, RunError, UsageError
from painscope.features import FeatureSequence

CLASSICAL = [name for name, kind in CLASSIFIERS.items() if issubclass(kind, ClassicalClassifier)]

every = pytest.mark.parametrize("name", list(CLASSIFIERS))


@every
def test_probabilities_answer_every_recording(name: str, make_clips: MakeClips) -> None:
    classifier = fit(make(name), make_clips(), make_clips(2, prefix="v", seed=1))
    asked = make_clips(3, prefix="t", seed=2)[0]
    proba = classifier.predict_proba(asked)
    assert proba.shape == (len(asked), 3)
    assert proba.dtype == np.float64
    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert classifier.predict(asked).tolist() == [CLASSES[k] for k in proba.argmax(axis=1)]
    assert classifier.predict_proba([]).shape == (0, 3)


@every
def test_keeps_scikit_learn_s_contract(name: str, make_clips: MakeClips) -> None:
    classifier = make(name, seed=7)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    assert copy.set_params(seed=8).seed == 8
    with pytest.raises(NotFittedError, match=name):
        classifier.predict_proba(make_clips(1)[0])
    assert fit(classifier, make_clips(2, 1)) is classifier
    assert not hasattr(clone(classifier), "prior_")


@every
def test_readers_have_a_name_for_it_alone(name: str) -> None:
    titles = [kind.title for kind in CLASSIFIERS.values()]
    assert titles.count(CLASSIFIERS[name].title) == 1


@every
def test_same_seed_same_answers(name: str, make_clips: MakeClips) -> None:
    train, validation = make_clips(3, 2), make_clips(2, 1, prefix="v", seed=1)
    asked = make_clips(2, prefix="t", seed=2)[0]
    answers = [fit(make(name, seed=3), train, validation).predict_proba(asked) for _ in range(2)]
    np.testing.assert_array_equal(*answers)
    if not make(name).deterministic:
        other = fit(make(name, seed=4), train, validation).predict_proba(asked)
        assert not np.array_equal(other, answers[0])
    else:
        other = fit(make(name, seed=4), train, validation).predict_proba(asked)
        np.testing.assert_array_equal(other, answers[0])


@every
def test_saved_and_loaded_answers_the_same(
    name: str, make_clips: MakeClips, tmp_path: Path
) -> None:
    classifier = fit(make(name, seed=5), make_clips(3, 1))
    asked = make_clips(2, prefix="t", seed=2)[0]
    classifier.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"classifier.json", "weights.safetensors"}
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1  # others may read both
    for loaded in (SequenceClassifier.load(tmp_path), CLASSIFIERS[name].load(tmp_path)):
        assert type(loaded) is CLASSIFIERS[name]
        assert loaded.get_params() == classifier.get_params()
        assert loaded.history_ == classifier.history_
        np.testing.assert_array_equal(loaded.predict_proba(asked), classifier.predict_proba(asked))
        timelines = [each.frame_proba(asked[0]) for each in (loaded, classifier)]
        if timelines[1] is None:
            assert timelines[0] is None
        else:
            np.testing.assert_array_equal(*timelines)


@every
def test_frames_without_values_do_not_count(
    name: str, make_clips: MakeClips, make_sequence: Callable[..., FeatureSequence]
) -> None:
    classifier = fit(make(name), make_clips(3, 2))
    whole = make_clips(1, 1, prefix="t", seed=2)[0][2]
    holed = np.full((2 * len(whole) + 1, 8), np.nan, np.float32)
    holed[1::2] = whole.values
    holed[0, :4] = 1.0  # half a row is no row
    gaps = make_sequence(whole.recording, holed)
    np.testing.assert_allclose(
        classifier.predict_proba([gaps]), classifier.predict_proba([whole]), rtol=1e-5
    )
    timeline = classifier.frame_proba(gaps)
    if timeline is not None:
        assert np.isnan(timeline[::2]).all()
        np.testing.assert_allclose(timeline[1::2].sum(axis=1), 1)
        np.testing.assert_allclose(timeline[1::2], classifier.frame_proba(whole), rtol=1e-4)


@every
def test_nothing_seen_is_answered_by_the_prior(
    name: str, make_clips: MakeClips, make_sequence: Callable[..., FeatureSequence]
) -> None:
    sequences, labels, groups = make_clips(4, 1, labels=("NP", "LP", "LP", "HP"))
    blind = make_sequence("blind", np.full((20, 8), np.nan, np.float32))
    empty = make_sequence("empty", np.zeros((0, 8), np.float32))
    # Recordings without a face are no obstacle to learning from the others.
    classifier = make(name).fit(
        [*sequences, blind], [*labels, "HP"], groups=[*groups, "p0"], validation=None
    )
    answers = classifier.predict_proba([blind, sequences[0], empty])
    if name == "chance":
        assert set(answers.ravel()) == {0.0, 1.0}
    else:
        np.testing.assert_allclose(answers[[0, 2]], [[4 / 17, 8 / 17, 5 / 17]] * 2)
    timeline = classifier.frame_proba(blind)
    assert timeline is None or np.isnan(timeline).all()
    assert timeline is None or timeline.shape == (20, 3)


@every
def test_a_class_missing_from_training_is_never_answered(name: str, make_clips: MakeClips) -> None:
    classifier = fit(
        make(name, max_epochs=30) if name in TRAINED else make(name),
        make_clips(3, 2, labels=("NP", "HP")),
    )
    answers = classifier.predict(make_clips(3, prefix="t", seed=2)[0])
    assert set(answers) <= {"NP", "HP"}


@every
def test_one_recording_is_enough_to_fit(name: str, make_clips: MakeClips) -> None:
    classifier = fit(make(name), make_clips(1, 1, labels=("LP",)))
    proba = classifier.predict_proba(make_clips(1, 1, prefix="t")[0])
    assert np.isfinite(proba).all()


@every
def test_sequences_of_any_length(name: str, make_sequence: Callable[..., FeatureSequence]) -> None:
    rng = np.random.default_rng(0)
    lengths = (1, 2, 30, 7, 1, 19)
    sequences = [
        make_sequence(f"r{k}", rng.normal(size=(n, 4)).astype(np.float32))
        for k, n in enumerate(lengths)
    ]
    labels, groups = ["NP", "LP", "HP"] * 2, list("abcdef")
    classifier = make(name).fit(sequences, labels, groups=groups)
    together = classifier.predict_proba(sequences)
    alone = np.concatenate([classifier.predict_proba([each]) for each in sequences])
    np.testing.assert_allclose(together, alone, rtol=1e-4)


@every
def test_two_classes(name: str, make_clips: MakeClips) -> None:
    classes = ("no", "yes")
    classifier = fit(make(name, classes), make_clips(3, 2, classes=classes))
    assert classifier.predict_proba(make_clips(1, 1, classes=classes)[0]).shape == (2, 2)


@every
def test_bad_input_is_told_in_one_line(
    name: str, make_clips: MakeClips, make_sequence: Callable[..., FeatureSequence]
) -> None:
    sequences, labels, groups = make_clips(2, 1)
    with pytest.raises(DatasetError, match=r"unknown label 'XP'\. Labels are: NP, LP, HP\."):
        make(name).fit(sequences, ["XP", *labels[1:]], groups=groups)
    with pytest.raises(LeakageError, match="p1"):
        fit(make(name), (sequences, labels, groups), (sequences[3:], labels[3:], groups[3:]))
    blind = make_sequence("blind", np.full((5, 8), np.nan, np.float32))
    for nothing in ([], [blind]):
        with pytest.raises(DatasetError, match="frame with a face"):
            make(name).fit(nothing, ["NP"] * len(nothing), groups=["p"] * len(nothing))
    with pytest.raises(ValueError, match="6 sequences, 5 labels"):
        make(name).fit(sequences, labels[:5], groups=groups)
    other = make_sequence("other", np.zeros((5, 9), np.float32))
    with pytest.raises(UsageError, match="other: 9 features that differ from the 8"):
        make(name).fit([*sequences, other], [*labels, "NP"], groups=[*groups, "q"])
    if name != "chance":
        with pytest.raises(UsageError, match="same extractor"):
            fit(make(name), (sequences, labels, groups)).predict_proba([other])


@every
def test_a_folder_that_is_no_such_classifier(
    name: str, make_clips: MakeClips, tmp_path: Path
) -> None:
    kind = CLASSIFIERS[name]
    with pytest.raises(RunError, match=r"classifier\.json is missing"):
        SequenceClassifier.load(tmp_path)
    fit(make(name), make_clips(1, 1)).save(tmp_path)
    facts, weights = tmp_path / "classifier.json", tmp_path / "weights.safetensors"
    good, whole = facts.read_text(), weights.read_bytes()

    other = next(each for each in CLASSIFIERS.values() if not issubclass(kind, each))
    with pytest.raises(CheckpointError, match=f"holds '{name}', not {other.name}"):
        other.load(tmp_path)
    facts.write_text(json.dumps({**json.loads(good), "format": 99}))
    with pytest.raises(RunError, match="format 99, this painscope reads 1"):
        kind.load(tmp_path)
    for broken in ("{", "[]", json.dumps({**json.loads(good), "settings": {"x": 1}})):
        facts.write_text(broken)
        with pytest.raises(CheckpointError, match="damaged"):
            kind.load(tmp_path)
    facts.write_text(json.dumps({**json.loads(good), "classifier": "oracle-of-delphi"}))
    with pytest.raises(CheckpointError, match="holds 'oracle-of-delphi'"):
        SequenceClassifier.load(tmp_path)
    facts.write_text(good)

    for broken_weights in (whole[: len(whole) // 2], b"", b"\x80\x04K\x01."):
        weights.write_bytes(broken_weights)
        with pytest.raises(CheckpointError, match="damaged"):
            kind.load(tmp_path)
    weights.unlink()
    with pytest.raises(RunError, match="weights are missing"):
        kind.load(tmp_path)
    weights.write_bytes(whole)
    assert kind.load(tmp_path).classes == CLASSES


@pytest.mark.parametrize("name", [n for n in CLASSIFIERS if n not in ("majority", "chance")])
def test_weights_of_another_size_are_refused(
    name: str, make_clips: MakeClips, tmp_path: Path
) -> None:
    for features in (8, 9):
        fit(make(name), make_clips(1, 1, features=features)).save(tmp_path / str(features))
    (tmp_path / "8" / "weights.safetensors").replace(tmp_path / "9" / "weights.safetensors")
    with pytest.raises(CheckpointError, match=f"not the weights of this {name}"):
        SequenceClassifier.load(tmp_path / "9")


@pytest.mark.parametrize("name", [*CLASSICAL, "late-fusion", *TRAINED])
def test_learns_what_shows(name: str, make_clips: MakeClips) -> None:
    settings = {"max_epochs": 40} if name in TRAINED else {}
    classifier = fit(make(name, **settings), make_clips(8, 4), make_clips(3, prefix="v", seed=1))
    asked, labels, _ = make_clips(6, prefix="t", seed=2)
    assert np.mean(classifier.predict(asked) == labels) > 0.7  # a third by chance


def test_validation_without_groups_is_refused(make_clips: MakeClips) -> None:
    sequences, labels, _ = make_clips(2, 1)
    with pytest.raises(LeakageError, match="Give groups"):
        make("lstm", ("NP", "LP", "HP")).fit(
            sequences, labels, validation=make_clips(1, 1, prefix="v")
        )


@pytest.mark.parametrize("name", list(CLASSIFIERS))
class TestScikitLearn:
    def test_cross_val_score_with_groups(self, name: str, make_clips: MakeClips) -> None:
        """Plain, and with the groups passed on to the inner folds."""
        classes = ("no", "yes")
        sequences, labels, groups = make_clips(4, 2, classes=classes)
        ours = make(name, classes)
        for scoring in (None, "balanced_accuracy", "roc_auc"):
            values = cross_val_score(
                ours, sequences, labels, groups=groups, cv=GroupKFold(2), scoring=scoring,
                params={"groups": groups}, error_score="raise",
            )  # fmt: skip
            assert values.shape == (2,)
            assert ((values >= 0) & (values <= 1)).all()
        plain = cross_val_score(
            ours, sequences, labels, groups=groups, cv=GroupKFold(2), error_score="raise"
        )
        assert np.isfinite(plain).all()

    def test_classes_out_of_order_are_not_misread(self, name: str, make_clips: MakeClips) -> None:
        with pytest.raises(AttributeError, match="give the classifier its classes sorted"):
            _ = make(name, ("yes", "no")).classes_
