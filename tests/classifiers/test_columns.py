from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_selection import f_classif
from tests.classifiers.making import Clips, MakeClips, make

from painscope.classifiers.columns import Columns
from painscope.features import join_sequences

RNG = np.random.default_rng(0)


class TestColumns:
    ROWS = RNG.normal(size=(40, 6)) * [1, 10, 0, 5, 1, 1] + [0, 100, 3, 0, 0, 0]
    TARGETS = np.arange(40) % 2

    def test_scales_every_column_and_leaves_constant_ones_out(self) -> None:
        columns = Columns(("",) * 6).fit(self.ROWS, self.TARGETS)
        out = columns.transform(self.ROWS)
        assert columns.kept_.tolist() == [0, 1, 3, 4, 5]
        assert columns.constant_ == 1
        np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(out.std(axis=0), 1)

    def test_keeps_the_most_telling_columns_of_each_block(self) -> None:
        rows = self.ROWS.copy()
        rows[:, 3] += 50 * self.TARGETS
        blocks = ("a", "a", "a", "b", "b", "b")
        kept = Columns(blocks, keep=1).fit(rows, self.TARGETS).kept_
        ratio = f_classif(rows[:, :2], self.TARGETS)[0]
        assert kept.tolist() == [int(np.argmax(ratio)), 3]

    def test_blocks_weigh_the_same_whatever_their_width(self) -> None:
        rows = RNG.normal(size=(50, 105)) * RNG.uniform(1, 100, size=105)
        columns = Columns(("deep",) * 100 + ("few",) * 5).fit(rows, np.arange(50) % 2)
        variance = columns.transform(rows).var(axis=0)
        assert variance[:100].sum() == pytest.approx(variance[100:].sum())
        assert variance.sum() == pytest.approx(105)


def test_a_wide_block_of_noise_does_not_drown_a_narrow_one(make_clips: MakeClips) -> None:
    """With and without names of blocks, on the same numbers."""

    def joined(people: int, prefix: str, seed: int) -> Clips:
        sequences, labels, groups = make_clips(people, 3, prefix=prefix, seed=seed, features=2)
        rng = np.random.default_rng(seed)
        noise = [
            replace(
                s,
                values=rng.normal(size=(len(s), 400)).astype(np.float32),
                names=tuple(f"n{k}" for k in range(400)),
            )
            for s in sequences
        ]
        both = [
            join_sequences({"few": s, "deep": n}) for s, n in zip(sequences, noise, strict=True)
        ]
        return both, labels, groups

    train, asked = joined(6, "p", 0), joined(6, "t", 1)
    told = {}
    for blocks in (True, False):
        parts = [
            part if blocks else [replace(s, names=tuple(map(str, range(402)))) for s in part]
            for part in (train[0], asked[0])
        ]
        fitted = make("k-nearest-neighbours", ("NP", "LP", "HP"), keep=None)
        fitted.fit(parts[0], train[1], groups=train[2])
        told[blocks] = np.mean(fitted.predict(parts[1]) == np.array(asked[1]))
    assert told[True] > told[False] + 0.1
