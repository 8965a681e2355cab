"""From a sequence to a vector: every number against numpy and scipy, named as it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from painscope.classifiers import STATISTICS, summarise, summary_names
from painscope.classifiers.summary import _Kept, check_statistics, summaries
from painscope.errors import UsageError

ROWS = np.random.default_rng(0).normal(size=(31, 4))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean", np.mean(ROWS, axis=0)),
        ("std", np.std(ROWS, axis=0)),
        ("min", np.min(ROWS, axis=0)),
        ("max", np.max(ROWS, axis=0)),
        ("q0", np.min(ROWS, axis=0)),
        ("q35", np.percentile(ROWS, 35, axis=0)),
        ("q100", np.max(ROWS, axis=0)),
        ("slope", [30 * linregress(np.arange(31), column).slope for column in ROWS.T]),
        ("step-mean", np.mean(np.abs(ROWS[1:] - ROWS[:-1]), axis=0)),
        ("step-std", np.std(ROWS[1:] - ROWS[:-1], axis=0)),
        ("step-max", np.max(np.abs(ROWS[1:] - ROWS[:-1]), axis=0)),
    ],
)
def test_against_numpy_and_scipy(name: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(summarise(ROWS, [name]), expected)


def test_names_say_what_stands_where() -> None:
    names = summary_names(("a", "b", "c", "d"), ("q90", "mean"), segments=2)
    vector = summarise(ROWS, ("q90", "mean"), segments=2)
    assert len(names) == len(vector) == 16
    assert vector[names.index("c|mean|1")] == pytest.approx(ROWS[:15, 2].mean())
    assert vector[names.index("d|q90|2")] == pytest.approx(np.quantile(ROWS[15:, 3], 0.9))
    assert summary_names(("a",), ("mean",)) == ("a|mean",)


@pytest.mark.parametrize("length", range(1, 8))
@pytest.mark.parametrize("segments", range(1, 6))
def test_every_row_is_in_a_part_and_every_part_has_rows(length: int, segments: int) -> None:
    rows = np.arange(length, dtype=float)[:, None]
    low = summarise(rows, ["min"], segments)
    high = summarise(rows, ["max"], segments)
    assert len(low) == segments
    assert (low <= high).all()
    seen = {row for a, b in zip(low, high, strict=True) for row in range(int(a), int(b) + 1)}
    assert seen == set(range(length))
    if length >= segments:
        assert (low[1:] > high[:-1]).all()


def test_one_row_is_described_without_steps() -> None:
    names = [*STATISTICS, "q50"]
    vector = dict(zip(names, summarise(np.array([[3.0]]), names), strict=True))
    assert vector["mean"] == vector["q50"] == vector["max"] == 3
    assert vector["std"] == vector["slope"] == vector["step-max"] == 0


@pytest.mark.parametrize(
    ("statistics", "segments", "said"),
    [
        (["mean", "q101"], 1, "unknown statistic 'q101'"),
        (["median"], 1, "quantiles such as q90"),
        ("mean", 1, "describe nothing"),
        ([], 1, "describe nothing"),
        (["mean"], 0, "over 0 segments"),
    ],
)
def test_unknown_statistics_are_named(statistics: list[str], segments: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_statistics(statistics, segments)


def test_what_is_kept_is_found_by_its_content_alone() -> None:
    clip = ROWS.copy()
    first = summaries([clip], ["mean"])[0]
    clip += 1  # the same array with other numbers
    np.testing.assert_allclose(summaries([clip], ["mean"])[0], first + 1)
    kept = _Kept(3 * 4 * 8)
    for shift in range(5):
        np.testing.assert_array_equal(
            kept.find(ROWS + shift, ("max",), 1), (ROWS + shift).max(axis=0)
        )
    assert len(kept.vectors) == 3
    assert kept.held == 3 * 4 * 8
