from __future__ import annotations

from typing import Any

import numpy as np
from tests.classifiers.making import MakeClips, make

from painscope.classifiers import SequenceClassifier


def test_neighbours_in_few_columns_can_be_saved(make_clips: MakeClips, tmp_path: Any) -> None:
    sequences, labels, groups = make_clips(6, 3)
    fitted = make("k-nearest-neighbours", ("NP", "LP", "HP"), keep=5)
    fitted.fit(sequences, labels, groups=groups).save(tmp_path)
    again = SequenceClassifier.load(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(sequences), fitted.predict_proba(sequences))
