"""What the networks among the classifiers share: their training, and what it leaves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.classifiers.making import CLASSES, TRAINED, MakeClips, fit, make

from painscope.errors import RunError
from painscope.features import FeatureSequence


@pytest.mark.parametrize("name", TRAINED)
def test_the_learning_curve_is_kept_and_stops_early(name: str, make_clips: MakeClips) -> None:
    train = make_clips(4, 2)
    sequences, labels, groups = make_clips(2, 2, prefix="v", seed=1)
    upside_down = [CLASSES[2 - CLASSES.index(label)] for label in labels]
    classifier = fit(make(name, max_epochs=50, patience=2), train, (sequences, upside_down, groups))
    curve = classifier.history_
    assert [row["epoch"] for row in curve] == list(range(1, len(curve) + 1))
    assert all(np.isfinite([row["train_loss"], row["validation_loss"]]).all() for row in curve)
    # People who answer the other way round stop the training when they get worse.
    losses = [row["validation_loss"] for row in curve]
    assert len(losses) == int(np.argmin(losses)) + 1 + 2 < 50


@pytest.mark.parametrize("name", TRAINED)
def test_the_best_weights_are_kept_not_the_last(name: str, make_clips: MakeClips) -> None:
    """The kept network has the lowest validation loss of the curve, computed anew."""
    train, validation = make_clips(3, 2), make_clips(3, 2, prefix="v", seed=1)
    upside_down = [CLASSES[2 - CLASSES.index(label)] for label in validation[1]]
    classifier = fit(
        make(name, max_epochs=8, patience=8), train, (validation[0], upside_down, validation[2])
    )
    if name == "lstm":
        proba = classifier.predict_proba(validation[0])
    else:  # the loss is over frames, evenly spaced: 20 * k // 16
        picked = np.arange(16) * 20 // 16
        frames = [classifier.frame_proba(each)[picked] for each in validation[0]]
        proba = np.concatenate(frames)
    truth = np.repeat([CLASSES.index(label) for label in upside_down], len(proba) // 18)
    loss = -np.log(proba[np.arange(len(proba)), truth]).mean()
    assert loss == pytest.approx(min(row["validation_loss"] for row in classifier.history_), 1e-4)
    assert loss < classifier.history_[-1]["validation_loss"]


@pytest.mark.parametrize("name", TRAINED)
def test_classes_weigh_the_same_in_training(name: str, make_clips: MakeClips) -> None:
    """With nothing to see, weights keep the rare class as likely as the frequent one."""
    sequences, labels, groups = make_clips(8, 1, labels=("NP", "HP", "HP", "HP", "HP"))
    rng = np.random.default_rng(0)
    noise = [
        FeatureSequence(
            each.recording,
            rng.normal(size=each.values.shape).astype(np.float32),
            each.time_s,
            each.found,
            each.names,
        )
        for each in sequences
    ]
    classifier = make(name, max_epochs=3).fit(noise, labels, groups=groups)
    timelines = np.concatenate([classifier.frame_proba(each) for each in noise])
    assert timelines.mean(axis=0)[0] > 0.35  # a fifth of the clips


def test_a_network_that_diverged_is_told(make_clips: MakeClips) -> None:
    sequences, labels, groups = make_clips(3, 2)
    fitted = make("ann-vote", ("NP", "LP", "HP")).fit(sequences, labels, groups=groups)
    with torch.no_grad():
        fitted.network_[0].weight.fill_(float("nan"))
    with pytest.raises(RunError, match="its training diverged"):
        fitted.predict_proba(sequences)
