from __future__ import annotations

import numpy as np
import pytest
from tests.explain.feature_maps import SUBJECTS, made_up

from painscope.errors import UsageError
from painscope.explain import (
    concept_scores,
    random_concepts,
)


def test_a_concept_that_is_there_beats_its_random_controls(scores):
    seeing, control = scores["seeing"].iou(), scores["control"].iou()
    assert seeing.shape == (2, 2)
    assert seeing[:, 0].min() > control[:, 0].max() + 0.2


def test_a_concept_that_is_not_there_does_not(scores):
    assert abs(scores["seeing"].iou()[:, 1] - scores["control"].iou()[:, 1]).max() < 0.1


def test_controls_keep_how_often_and_where():
    _, masks = made_up(1.0)
    other = random_concepts(masks, 3)
    np.testing.assert_array_equal(other.sum(axis=0), masks.sum(axis=0))
    assert (other != masks).any()


def test_everyone_is_tested_once_per_seed(scores):
    _, masks = made_up(3.0)
    found = scores["seeing"]
    assert found.subjects == tuple(sorted(set(SUBJECTS)))
    truth = masks.reshape(6, 8, 2, -1).sum(axis=(1, 3))
    assert (found.union >= truth).all()


def test_what_does_not_belong_together_is_refused():
    activations, masks = made_up(1.0)
    with pytest.raises(UsageError, match="do not belong"):
        concept_scores(activations, masks[:-1], SUBJECTS, ("AU4", "AU12"))
    with pytest.raises(UsageError, match="cannot be divided"):
        concept_scores(activations, masks, ["one"] * 48, ("AU4", "AU12"))
