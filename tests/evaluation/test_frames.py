"""Networks on single frames of people they have not seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.evaluation.colours import CLASSES, network, seen

from painscope.errors import LeakageError
from painscope.evaluation import frame_features, predict_frames


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


@pytest.mark.parametrize("field", ["subjects", "validation_subjects"])
def test_people_the_network_has_seen_are_not_tested(question, field) -> None:
    leaky = seen(network(), field, colours=("p12", "p1"))
    with pytest.raises(LeakageError, match=r"seen people of colours .*: p12\. "):
        predict_frames(leaky, question.test, dataset="colours")
    predict_frames(leaky, question.test, dataset="others")  # other people of the same names
