"""Networks on single frames: going back, and from dataset to dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score

from painscope.errors import LeakageError, UsageError
from painscope.evaluation import cross_dataset, frame_features, go_back, predict_frames
from painscope.evaluation.going_back import BEFORE, OWN
from painscope.networks import Checkpoint, random_checkpoint
from painscope.recording import Recording
from painscope.training import FrameSet, Question

COLOURS = {"calm": (200, 60, 60), "glad": (60, 200, 60), "sad": (60, 60, 200)}
CLASSES = tuple(COLOURS)


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., FrameSet]:
    """A function that draws coloured noise, two frames of each class per person."""
    root = tmp_path_factory.mktemp("colours")

    def build(people: range, classes: tuple[str, ...] = CLASSES, noise: float = 40) -> FrameSet:
        paths, recordings = [], []
        for person in people:
            rng = np.random.default_rng(person)
            for label, colour in zip(classes, COLOURS.values(), strict=False):
                recording = Recording(f"p{person}-{label}", f"p{person}", label, None, Path("x"))
                recordings.append(recording)
                for k in range(2):
                    path = root / recording.id / f"{k:06d}.jpg"
                    path.parent.mkdir(exist_ok=True)
                    picture = np.array(colour) + rng.normal(0, noise, (32, 32, 3))
                    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)
                    paths.append(path)
        clip = np.repeat(np.arange(len(recordings)), 2)
        target = np.array([classes.index(str(recordings[k].label)) for k in clip])
        return FrameSet(tuple(paths), clip, target, tuple(recordings), classes)

    return build


@pytest.fixture(scope="session")
def question(frames) -> Question:
    parts = (frames(range(8)), frames(range(8, 11)), frames(range(11, 18)))
    return Question("colours", CLASSES, *parts, crop={}, settings={})


def network(**settings) -> Checkpoint:
    return random_checkpoint(width=1 / 16, input_size=32, **({"classes": CLASSES} | settings))


def tuned_from(parent: Checkpoint, change: Callable[[torch.nn.Module], None]) -> Checkpoint:
    """Return a network for pain with another prediction layer, changed by hand."""
    child = network(classes=("no-pain", "pain"), seed=1)
    state = {k: v for k, v in parent.network.state_dict().items() if not k.startswith("head.")}
    child.network.load_state_dict(child.network.state_dict() | state)
    with torch.no_grad():
        change(child.network)
    return Checkpoint(
        child.network, child.card.model_copy(update={"parent": parent.sha256, "untrained": ()})
    )


def forget(module: torch.nn.Module) -> None:
    """Silence the features: the same for every picture."""
    module.dense.weight.zero_()


@pytest.fixture(scope="session")
def back(question):
    emotion = network()
    stages = {"fc": tuned_from(emotion, lambda _: None), "all": tuned_from(emotion, forget)}
    return emotion, stages, go_back(emotion, stages, question, seeds=(0, 1), resamples=200)


def test_features_are_the_networks(question) -> None:
    one = network()
    features = frame_features(one, question.test, precision="fp32")
    assert features.shape == (len(question.test), 1024)
    told = predict_frames(one, question.test, dataset="colours", precision="fp32")
    with torch.inference_mode():
        logits = one.network.head(torch.from_numpy(features))
    columns = [f"p_{label}" for label in CLASSES]
    np.testing.assert_allclose(told[columns], logits.softmax(1).numpy(), rtol=1e-4, atol=1e-6)
    assert list(told["frame"][:2]) == [0, 1]
    assert (told["recording"] == told["subject"] + "-" + told["true_label"]).all()


def test_what_is_kept_and_what_is_lost(back) -> None:
    _, _, found = back
    scores = found.scores.query("metric == 'accuracy'").set_index("stage")["value"]
    assert scores[BEFORE] == scores["fc"] > 0.9, "colours show through random filters"
    assert scores["all"] == pytest.approx(1 / 3)
    changes = found.changes.set_index(["stage", "metric", "class"])
    assert set(changes.index.get_level_values("class")) == {"", *CLASSES}
    assert (changes.loc["fc"][["value", "low", "high"]] == 0).all(axis=None)
    lost = changes.loc[("all", "accuracy", "")]
    assert lost["value"] == pytest.approx(1 / 3 - scores[BEFORE])
    assert lost["low"] <= lost["value"] <= lost["high"] < 0


def test_scores_agree_with_scikit_learn(back, question) -> None:
    _, _, found = back
    assert set(found.predictions["stage"]) == {OWN, BEFORE, "fc", "all"}
    table = found.predictions.query("stage == 'fc'")
    assert len(table) == 2 * len(question.test)
    recalls = [
        recall_score(part["true_label"], part["predicted_label"], labels=CLASSES, average=None)
        for _, part in table.groupby("seed")
    ]
    rows = found.scores.query("stage == 'fc' and metric == 'recall'").set_index("class")
    np.testing.assert_allclose(rows.loc[list(CLASSES), "value"], np.mean(recalls, axis=0))
    assert (rows["n"] == len(question.test)).all()


def test_the_flipped_samples_are_those_that_the_returned_networks_flip(back, question) -> None:
    _, _, found = back
    assert set(found.networks) == {BEFORE, "fc", "all"}
    told = {
        stage: predict_frames(one, question.test, dataset="colours")
        for stage, one in found.networks.items()
    }
    before, after = told[BEFORE], told["all"]
    lost = (before["predicted_label"] == before["true_label"]) & (
        after["predicted_label"] != after["true_label"]
    )
    assert set(found.flipped["stage"]) == {"all"}
    columns = ["recording", "frame"]
    expected = set(after.loc[lost, columns].itertuples(index=False, name=None))
    assert set(found.flipped[columns].itertuples(index=False, name=None)) == expected
    assert len(expected) >= len(question.test) / 2
    drop = found.flipped["p_before"] - found.flipped["p_after"]
    assert drop.is_monotonic_decreasing
    assert (found.flipped["answer"] != found.flipped["true_label"]).all()
    card = found.networks["all"].card
    assert card.classes == CLASSES


def test_only_the_output_layer_is_new(back) -> None:
    _, stages, found = back
    for stage, one in stages.items():
        old, new = one.network.state_dict(), found.networks[stage].network.state_dict()
        for name in old:
            assert name.startswith("head.") or torch.equal(old[name], new[name])


def seen(checkpoint: Checkpoint, field: str, **people: tuple[str, ...]) -> Checkpoint:
    return Checkpoint(checkpoint.network, checkpoint.card.model_copy(update={field: people}))


@pytest.mark.parametrize("field", ["subjects", "validation_subjects"])
def test_people_the_network_has_seen_are_not_tested(back, question, field) -> None:
    emotion, stages, _ = back
    leaky = seen(stages["fc"], field, colours=("p12", "p1"))
    with pytest.raises(LeakageError, match=r"seen people of colours .*: p12\. "):
        go_back(emotion, {"fc": leaky}, question, seeds=(0,))
    with pytest.raises(LeakageError, match=r": p12\. "):
        predict_frames(leaky, question.test, dataset="colours")
    with pytest.raises(LeakageError, match=r": p12\. "):
        cross_dataset({"colours": leaky}, {"colours": question.test})
    predict_frames(leaky, question.test, dataset="others")  # other people of the same names


def test_the_order_of_the_classes_is_the_networks_own(question) -> None:
    emotion = network(classes=CLASSES[::-1])
    stages = {"fc": tuned_from(emotion, lambda _: None)}
    found = go_back(emotion, stages, question, seeds=(0,), resamples=20)
    own = found.predictions.query("stage == @OWN")
    told = predict_frames(emotion, question.test, dataset="colours")
    assert own["predicted_label"].tolist() == told["predicted_label"].tolist()
    assert found.networks[BEFORE].card.classes == CLASSES


def test_wrong_calls(back, question) -> None:
    emotion, stages, _ = back
    with pytest.raises(UsageError, match="answers no-pain, pain, the question is calm, glad, sad"):
        go_back(stages["fc"], {}, question)
    with pytest.raises(UsageError, match="stage fc was not fine-tuned from"):
        go_back(network(seed=5), stages, question)
    with pytest.raises(UsageError, match="needs a stage and a seed"):
        go_back(emotion, stages, question, seeds=())
    with pytest.raises(UsageError, match="needs a network and a dataset"):
        cross_dataset({}, {"a": question.test})


def test_the_matrix_agrees_with_scikit_learn(question, frames) -> None:
    """Three classes on one side, two on the other: all come down to pain or none."""
    networks = {"two": network(classes=("none", "heat"), seed=2), "three": network(seed=3)}
    tests = {"colours": question.test, "shoulder": frames(range(20, 26), ("no-pain", "pain"), 90)}
    table = cross_dataset(networks, tests, resamples=200)
    assert len(table.groupby(["trained_on", "dataset"])) == 4
    for (trained_on, dataset), cell in table.groupby(["trained_on", "dataset"]):
        test, one = tests[dataset], networks[trained_on]
        told = predict_frames(one, test, dataset=dataset)
        p = 1 - told[f"p_{one.card.classes[0]}"]
        truth = test.target > 0
        got = cell.set_index(["metric", "class"])
        assert got.loc[("auc", ""), "value"] == pytest.approx(roc_auc_score(truth, p))
        assert got.loc[("accuracy", ""), "value"] == pytest.approx(accuracy_score(truth, p > 0.5))
        assert got.loc[("f1", "pain"), "value"] == pytest.approx(
            f1_score(truth, p > 0.5, zero_division=0)
        )
        assert (got["n"] == len(test)).all()
        assert (got["people"] == len(test.subjects)).all()
        suffering = {test.recordings[k].subject for k in np.asarray(test.clip)[truth]}
        assert (got["in_pain"] == len(suffering)).all()
        auc = got.loc[("auc", "")]
        assert auc["low"] <= auc["value"] <= auc["high"]


def test_the_diagonal_takes_new_people_and_the_rest_takes_anybody(question) -> None:
    trained = seen(network(seed=4), "subjects", colours=question.train.subjects)
    table = cross_dataset({"colours": trained}, {"colours": question.test}, resamples=50)
    assert isinstance(table, pd.DataFrame)
    with pytest.raises(LeakageError, match="colours"):
        cross_dataset({"colours": trained}, {"colours": question.train})
    cross_dataset({"colours": trained}, {"elsewhere": question.train}, resamples=50)


def test_a_question_with_a_person_in_two_parts(question) -> None:
    with pytest.raises(LeakageError, match="p0"):
        replace(question, test=question.train)
