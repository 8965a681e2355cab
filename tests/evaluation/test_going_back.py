"""Back from pain to emotions: what a network kept, and what it lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.metrics import recall_score
from tests.evaluation.colours import CLASSES, network, seen

from painscope.errors import LeakageError, UsageError
from painscope.evaluation import go_back, predict_frames
from painscope.evaluation.going_back import BEFORE, OWN
from painscope.networks import Checkpoint


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
    return emotion, stages, go_back(emotion, stages, question, seeds=(0, 1), resamples=2000)


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


@pytest.mark.parametrize("field", ["subjects", "validation_subjects"])
def test_people_the_network_has_seen_are_not_tested(back, question, field) -> None:
    emotion, stages, _ = back
    leaky = seen(stages["fc"], field, colours=("p12", "p1"))
    with pytest.raises(LeakageError, match=r"seen people of colours .*: p12\. "):
        go_back(emotion, {"fc": leaky}, question, seeds=(0,))


def test_people_the_network_was_fitted_on_do_not_stop_the_output_layers(back, question) -> None:
    emotion, stages, _ = back
    fitted = seen(emotion, "subjects", colours=("p9", "p1"))
    with pytest.raises(LeakageError, match=r"to stop the output layers: p9\. "):
        go_back(fitted, stages, question, seeds=(0,))


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
