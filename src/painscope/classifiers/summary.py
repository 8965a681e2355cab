"""From a sequence to a vector: what a clip's features do over time, in a few numbers each."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from painscope.errors import UsageError

__all__ = ["STATISTICS", "check_statistics", "summaries", "summarise", "summary_names"]

Statistic = Callable[[np.ndarray], np.ndarray]


def _slope(rows: np.ndarray) -> np.ndarray:
    """Return the least-squares change of each column from the first row to the last."""
    place = np.linspace(0.0, 1.0, len(rows))
    place -= place.mean()
    spread = place @ place
    return place @ rows / spread if spread else np.zeros(rows.shape[1])


def _steps(of: Statistic) -> Statistic:
    """Return a statistic of the first differences; a single row has none, so 0."""

    def measure(rows: np.ndarray) -> np.ndarray:
        return of(np.diff(rows, axis=0)) if len(rows) > 1 else np.zeros(rows.shape[1])

    return measure


STATISTICS: dict[str, Statistic] = {
    "mean": lambda rows: rows.mean(axis=0),
    "std": lambda rows: rows.std(axis=0),
    "min": lambda rows: rows.min(axis=0),
    "max": lambda rows: rows.max(axis=0),
    "slope": _slope,
    "step-mean": _steps(lambda steps: np.abs(steps).mean(axis=0)),
    "step-std": _steps(lambda steps: steps.std(axis=0)),
    "step-max": _steps(lambda steps: np.abs(steps).max(axis=0)),
}
"""By name: float64 [T, D] → [D]. ``q0`` to ``q100`` (quantiles in per cent) are known too;
``step-…`` are of the differences between neighbouring rows, all but the spread of their size."""

_QUANTILE = re.compile(r"q(\d{1,3})")


def summarise(rows: np.ndarray, statistics: Sequence[str], segments: int = 1) -> np.ndarray:
    """Describe a clip by one vector.

    Parameters
    ----------
    rows : float [T, D]
        The usable frames, at least one.
    statistics : sequence of str
        Names of `STATISTICS`, or quantiles such as ``"q90"``.
    segments : int
        Equal parts of the clip, each described by itself; where there are fewer rows than
        parts, neighbouring parts share rows.

    Returns
    -------
    float64 [segments * len(statistics) * D]
        Ordered as `summary_names` says.

    Examples
    --------
    >>> summarise(np.array([[0.0], [1.0], [2.0]]), ["mean", "q50", "slope"])
    array([1., 1., 2.])
    """
    rows = np.asarray(rows, np.float64)
    return np.concatenate([_describe(part, statistics) for part in _parts(rows, segments)])


def summaries(
    clips: Sequence[np.ndarray], statistics: Sequence[str], segments: int = 1
) -> np.ndarray:
    """Describe many clips, float64 [N, segments * len(statistics) * D]; see `summarise`.

    With one person left out after the other, the same clips are described for every fold
    and model: the latest vectors are kept, found again by a digest of what they describe.
    """
    return np.stack([_KEPT.find(rows, tuple(statistics), segments) for rows in clips])


class _Kept:
    """The latest vectors, up to a size in bytes."""

    def __init__(self, size: int) -> None:
        self.size, self.held = size, 0
        self.vectors: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def find(self, rows: np.ndarray, statistics: tuple[str, ...], segments: int) -> np.ndarray:
        digest = hashlib.sha256(repr((rows.shape, rows.dtype, statistics, segments)).encode())
        digest.update(np.ascontiguousarray(rows).data)
        key = digest.digest()
        if key in self.vectors:
            self.vectors.move_to_end(key)
            return self.vectors[key]
        vector = summarise(rows, statistics, segments)
        self.vectors[key] = vector
        self.held += vector.nbytes
        while self.held > self.size:
            self.held -= self.vectors.popitem(last=False)[1].nbytes
        return vector


_KEPT = _Kept(512 * 2**20)


def summary_names(
    names: Sequence[str], statistics: Sequence[str], segments: int = 1
) -> tuple[str, ...]:
    """Return the names of what `summarise` gives: ``column|statistic``, ``|2`` for a part."""
    return tuple(
        f"{name}|{statistic}" + (f"|{part + 1}" if segments > 1 else "")
        for part in range(segments)
        for statistic in statistics
        for name in names
    )


def check_statistics(statistics: Sequence[str], segments: int) -> None:
    """Refuse unknown statistics.

    Raises
    ------
    UsageError
        If a name is unknown, or there is nothing to compute.
    """
    if isinstance(statistics, str) or not statistics or segments < 1:
        raise UsageError(
            f"statistics {statistics!r} over {segments} segments describe nothing",
            hint="Give a list of names, and at least one segment.",
        )
    for name in statistics:
        if name not in STATISTICS and _quantile(name) is None:
            raise UsageError(
                f"unknown statistic {name!r}",
                hint=f"There are: {', '.join(STATISTICS)}, and quantiles such as q90.",
            )


def _describe(rows: np.ndarray, statistics: Sequence[str]) -> np.ndarray:
    shares = [share for name in statistics if (share := _quantile(name)) is not None]
    quantiles = iter(np.quantile(rows, shares, axis=0) if shares else ())
    return np.concatenate(
        [STATISTICS[name](rows) if name in STATISTICS else next(quantiles) for name in statistics]
    )


def _parts(rows: np.ndarray, segments: int) -> list[np.ndarray]:
    edges = np.linspace(0, len(rows), segments + 1)
    starts = np.minimum(edges[:-1].astype(int), len(rows) - 1)
    stops = np.maximum(np.ceil(edges[1:] - 1e-9).astype(int), starts + 1)
    if len(rows) >= segments:
        stops = np.append(starts[1:], len(rows))
    return [rows[start:stop] for start, stop in zip(starts, stops, strict=True)]


def _quantile(name: str) -> float | None:
    match = _QUANTILE.fullmatch(name)
    return int(match[1]) / 100 if match and int(match[1]) <= 100 else None
