from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.classifiers.making import MakeClips, make

from painscope.errors import UsageError
from painscope.features import join_sequences


def test_late_fusion_is_the_mean_of_its_members(make_clips: MakeClips) -> None:
    sequences, labels, groups = make_clips(4, 2)
    other = [replace(s, values=s.values[:, ::-1].copy()) for s in sequences]
    joined = [join_sequences({"a": s, "b": o}) for s, o in zip(sequences, other, strict=True)]
    fused = make("late-fusion", ("NP", "LP", "HP")).fit(joined, labels, groups=groups)
    alone = [
        make("logistic-regression", ("NP", "LP", "HP"))
        .fit(part, labels, groups=groups)
        .predict_proba(part)
        for part in (sequences, other)
    ]
    np.testing.assert_allclose(fused.predict_proba(joined), np.mean(alone, axis=0))


@pytest.mark.parametrize("member", ["chance", "majority", "late-fusion"])
def test_what_reads_no_block_is_no_member(make_clips: MakeClips, member: str) -> None:
    sequences, labels, groups = make_clips(2, 1)
    fused = make("late-fusion", ("NP", "LP", "HP"), member=member)
    with pytest.raises(UsageError, match=f"{member} is no member of late-fusion. .*svm"):
        fused.fit(sequences, labels, groups=groups)
