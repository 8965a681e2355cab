from __future__ import annotations

import numpy as np

from painscope.virtual.anatomy import (
    BLOCK_ROWS,
    COLUMNS,
    EYE_ROW,
    MOUTH_ROW,
    ROWS,
    skin_triangles,
)


def test_a_skin_of_mixed_detail_has_no_cracks():
    fine = np.random.default_rng(0).random((len(BLOCK_ROWS), (COLUMNS - 1) // 2)) < 0.4
    triangles = skin_triangles(fine)
    directed = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed)
    # An edge that only one triangle has lies on the skin's rim or along a slit.
    twins = {tuple(edge) for edge in directed[:, ::-1]}
    single = np.array([edge for edge in directed if tuple(edge) not in twins])
    row, column = single // COLUMNS, single % COLUMNS
    rims = [0, MOUTH_ROW, MOUTH_ROW + 1, EYE_ROW, EYE_ROW + 1, ROWS - 1]
    along = (row[:, 0] == row[:, 1]) & np.isin(row[:, 0], rims)
    assert (along | np.isin(column, [0, COLUMNS - 1]).all(axis=1)).all()
