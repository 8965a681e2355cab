from __future__ import annotations

import numpy as np
import pytest
from tests.classifiers.making import MakeClips, fit, make

from painscope.classifiers.ann import vote


def test_a_majority_wins_against_any_sum() -> None:
    frames = np.array([[0.51, 0.49], [0.51, 0.49], [0.0, 1.0]])
    assert frames.sum(axis=0).argmax() == 1
    assert vote(frames).argmax() == 0


def test_a_tie_goes_to_the_highest_summed_probability() -> None:
    frames = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.3, 0.3, 0.4]])
    assert frames.argmax(axis=1).tolist() == [0, 2, 0, 2]
    assert frames.sum(axis=0).argmax() == 2
    assert vote(frames).argmax() == 2
    assert vote(frames[:, ::-1]).argmax() == 0


def test_shares_are_votes_and_one_voter_of_mean_probability() -> None:
    frames = np.array([[0.6, 0.4], [0.6, 0.4], [0.2, 0.8]])
    mean = frames.mean(axis=0)
    np.testing.assert_allclose(vote(frames), [(2 + mean[0]) / 4, (1 + mean[1]) / 4])


@pytest.mark.parametrize("seed", range(20))
def test_never_turns_a_majority(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = rng.dirichlet(np.full(3, 0.2), size=int(rng.integers(1, 12)))
    votes = np.bincount(frames.argmax(axis=1), minlength=3)
    best = vote(frames).argmax()
    assert votes[best] == votes.max()
    tied = votes == votes.max()
    assert frames.sum(axis=0)[best] == pytest.approx(frames.sum(axis=0)[tied].max())
    assert vote(frames).sum() == pytest.approx(1)


def test_ann_answers_by_the_votes_of_its_frames(make_clips: MakeClips) -> None:
    classifier = fit(make("ann-vote"), make_clips(3, 2))
    for clip in make_clips(2, 1, prefix="t", seed=4)[0]:
        votes = np.bincount(classifier.frame_proba(clip).argmax(axis=1), minlength=3)
        assert votes[classifier.predict_proba([clip])[0].argmax()] == votes.max()
