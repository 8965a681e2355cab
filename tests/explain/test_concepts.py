from __future__ import annotations

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.explain import (
    ConceptScores,
    concept_scores,
    holm,
    lost_attention,
    random_concepts,
)

SUBJECTS = [f"p{k // 8}" for k in range(48)]


def made_up(signal: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Feature maps in which filter 2 sees the first concept; nothing sees the second."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((48, 2, 16, 16), bool)
    for picture, concept in np.argwhere(rng.random((48, 2)) < 0.5):
        masks[picture, concept, 4:8, 4 + 4 * concept : 10 + 4 * concept] = True
    activations = rng.exponential(0.3, (48, 6, 8, 8)).astype(np.float32)
    activations[:, 2] += signal * masks[:, 0, ::2, ::2]
    return activations, masks


@pytest.fixture(scope="module")
def scores() -> dict[str, ConceptScores]:
    activations, masks = made_up(3.0)
    blind, _ = made_up(0.0)
    two = {"seeds": 2, "epochs": 15}
    names = ("AU4", "AU12")
    return {
        "seeing": concept_scores(activations, masks, SUBJECTS, names, **two),
        "control": concept_scores(activations, masks, SUBJECTS, names, control=True, **two),
        "blind": concept_scores(blind, masks, SUBJECTS, names, **two),
    }


def test_a_concept_that_is_there_beats_its_random_controls(scores):
    seeing, control = scores["seeing"].iou(), scores["control"].iou()
    assert seeing.shape == (2, 2)
    assert seeing[:, 0].min() > control[:, 0].max() + 0.2


def test_a_concept_that_is_not_there_does_not(scores):
    assert abs(scores["seeing"].iou()[:, 1] - scores["control"].iou()[:, 1]).max() < 0.1


def test_lost_attention_is_found_where_it_was_lost_only(scores):
    table = lost_attention(scores["seeing"], scores["blind"]).set_index("concept")
    assert table.loc["AU4", "change"] < -0.2
    assert table.loc["AU4", "high"] < 0
    assert table.loc["AU4", "p_holm"] < 0.05
    assert table.loc["AU12", "p_holm"] > 0.05
    back = lost_attention(scores["blind"], scores["seeing"]).set_index("concept")
    assert back.loc["AU4", "p_holm"] > 0.5


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


def test_holm_is_what_holm_says():
    found = holm(np.array([0.01, 0.04, np.nan, 0.03, 0.005]))
    np.testing.assert_allclose(found, [0.03, 0.06, np.nan, 0.06, 0.02])


def test_what_does_not_belong_together_is_refused(scores):
    activations, masks = made_up(1.0)
    with pytest.raises(UsageError, match="do not belong"):
        concept_scores(activations, masks[:-1], SUBJECTS, ("AU4", "AU12"))
    with pytest.raises(UsageError, match="cannot be divided"):
        concept_scores(activations, masks, ["one"] * 48, ("AU4", "AU12"))
    other = ConceptScores(("AU1", "AU2"), *[getattr(scores["blind"], n)
                          for n in ("subjects", "intersection", "union")])  # fmt: skip
    with pytest.raises(UsageError, match="same people"):
        lost_attention(scores["seeing"], other)
