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


def test_a_layer_that_knows_only_the_place_in_each_face_does_not(scores):
    seeing, control = scores["seeing"].iou()[:, 1], scores["control"].iou()[:, 1]
    assert seeing.min() > 0.2  # it paints the place in every picture, and half of them show it
    assert abs(seeing - control).max() < 0.1


def test_controls_keep_how_often():
    *_, shown = made_up(1.0)
    other = random_concepts(shown, 3)
    np.testing.assert_array_equal(other.sum(axis=0), shown.sum(axis=0))
    assert (other != shown).any(axis=0).all()


def test_everyone_is_tested_once_per_seed(scores):
    _, regions, shown = made_up(3.0)
    found = scores["seeing"]
    assert found.subjects == tuple(sorted(set(SUBJECTS)))
    masks = regions & shown[..., None, None]
    assert (found.union >= masks.reshape(6, 8, 2, -1).sum(axis=(1, 3))).all()


def test_it_is_counted_who_shows_a_concept():
    activations, regions, shown = made_up(3.0)
    shown[8:, 1] = False
    shown[0, 1] = True
    found = concept_scores(activations, regions, shown, SUBJECTS, ("AU4", "AU12"), seeds=1)
    assert found.showing == (6, 1)


def test_what_does_not_belong_together_is_refused():
    activations, regions, shown = made_up(1.0)
    with pytest.raises(UsageError, match="do not belong"):
        concept_scores(activations, regions[:-1], shown, SUBJECTS, ("AU4", "AU12"))
    with pytest.raises(UsageError, match="do not belong"):
        concept_scores(activations, regions, shown[:, :1], SUBJECTS, ("AU4", "AU12"))
    with pytest.raises(UsageError, match="cannot be divided"):
        concept_scores(activations, regions, shown, ["one"] * 48, ("AU4", "AU12"))
