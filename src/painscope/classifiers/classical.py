"""ClassicalClassifier: a clip becomes a vector, and a model of scikit-learn reads it."""

from __future__ import annotations

import zipfile
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from painscope.classifiers.base import Examples, SequenceClassifier
from painscope.classifiers.calibration import Calibration
from painscope.classifiers.columns import Columns
from painscope.classifiers.inner import grouped_folds, search
from painscope.classifiers.summary import check_statistics, summaries
from painscope.errors import UsageError
from painscope.features.sequence import block_names
from painscope.files import memory

__all__ = ["DEFAULT_STATISTICS", "ClassicalClassifier", "expand"]

#: The level, the spread, the peak without the odd frame, the trend, and how lively it is.
DEFAULT_STATISTICS = ("mean", "std", "min", "max", "q10", "q50", "q90", "slope", "step-mean",
                      "step-std")  # fmt: skip
Grid = Mapping[str, Sequence[Any]]

#: Types beyond skops' own list that a saved model may hold; they carry numbers, no code.
_TRUSTED = ["sklearn.tree._tree.Tree"]


class ClassicalClassifier(SequenceClassifier):
    """Summary, scaling, selection of columns, a model, calibration: all fitted on training people.

    1. A clip's features become one vector (`painscope.classifiers.summary`).
    2. Columns are scaled, each block to the same weight, and the telling ones kept (`Columns`).
    3. The model's hyper-parameters are those with the lowest log loss on people held out
       within the training people (grouped folds); 1 and 2 are done anew for each fold.
    4. The same held-out answers calibrate the probabilities (`Calibration`).

    Classes weigh the same however many clips they have: probabilities are those for a person
    who is as likely to be in one class as in another. A class that no training clip has gets
    probability 0. With fewer people than folds there are fewer folds; where some fold would
    learn without one of the classes there are none, the first hyper-parameters of the grid
    serve, and probabilities are the model's own. Either stands in `notes_`.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`.
    statistics : sequence of str
        See `painscope.classifiers.summary`.
    segments : int
        Equal parts of the clip that are described one by one.
    keep : int or None
        Columns kept of each block, None for all.
    folds : int
        Of training people, for steps 3 and 4; 0 leaves both out.
    grid : mapping of str to sequence, optional
        Hyper-parameters to choose from, by scikit-learn's names; by default the class's `GRID`.

    Attributes
    ----------
    chosen_ : dict
        The hyper-parameters chosen.
    columns_ : Columns
    calibration_ : Calibration
    model_ : scikit-learn estimator, or None if there was one class only
    present_ : int64 [K]
        Numbers of the classes that the training clips have.
    """

    #: Hyper-parameters to choose from; the first ones serve where there is no choosing.
    GRID: ClassVar[Grid]
    deterministic: ClassVar[bool] = True

    def __init__(
        self,
        classes: tuple[str, ...],
        seed: int = 0,
        statistics: Sequence[str] = DEFAULT_STATISTICS,
        segments: int = 1,
        keep: int | None = 500,
        folds: int = 5,
        grid: Grid | None = None,
    ) -> None:
        super().__init__(classes, seed)
        self.statistics = statistics
        self.segments = segments
        self.keep = keep
        self.folds = folds
        self.grid = grid

    @abstractmethod
    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        """Return an unfitted estimator of scikit-learn for these class numbers [N]."""

    def _fit(self, train: Examples, validation: Examples | None) -> None:
        check_statistics(self.statistics, self.segments)
        _check_memory(train.rows, len(self.statistics) * self.segments, self.name)
        rows = summaries(train.rows, self.statistics, self.segments)
        self.present_, targets = np.unique(train.targets, return_inverse=True)
        self.model_, self.calibration_ = None, Calibration.none(len(self.present_))
        self.columns_ = self._columns(len(rows[0])).fit(rows, targets)
        self._tell_columns(len(rows[0]))
        choices = expand(self.GRID if self.grid is None else self.grid)
        self.chosen_ = choices[0]
        if len(self.present_) < 2 or not len(self.columns_.kept_):
            return
        if self.folds and (splits := self._folds(targets, train.groups)):
            self.chosen_, self.calibration_ = search(
                choices, self._model, self._columns(len(rows[0])), rows, targets, splits
            )
        self.model_ = self._model(targets, **self.chosen_)
        self.model_.fit(self.columns_.transform(rows), targets)

    def _columns(self, width: int) -> Columns:
        blocks = block_names(self.names_)
        return Columns(blocks * (width // len(blocks)), self.keep)

    def _folds(self, targets: np.ndarray, groups: tuple[str, ...] | None) -> list:
        if groups is None:
            self._note(
                "nobody says who is who (groups), so nothing is searched or calibrated on "
                "people held out"
            )
            return []
        splits, note = grouped_folds(targets, groups, self.folds)
        if note:
            self._note(note)
        return splits

    def _tell_columns(self, width: int) -> None:
        if self.columns_.constant_ == width:
            self._note(f"none of {width} columns varies, so it answers the class frequencies")
        elif self.columns_.constant_:
            self._note(f"{self.columns_.constant_} of {width} columns never vary: left out")

    def _proba(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        answer = np.zeros((len(rows), len(self.classes)))
        if self.model_ is None:
            answer[:] = self.prior_
            return answer
        vectors = self.columns_.transform(summaries(rows, self.statistics, self.segments))
        answer[:, self.present_] = self.calibration_.proba(self.model_, vectors)
        return answer

    def _arrays(self) -> Mapping[str, np.ndarray]:
        arrays = {
            "kept": self.columns_.kept_,
            "center": self.columns_.center_,
            "scale": self.columns_.scale_,
            "present": self.present_,
            "slope": np.array([self.calibration_.slope]),
            "offsets": self.calibration_.offsets,
            "width": np.array([len(self.columns_.blocks)]),
        }
        if self.model_ is not None:
            from skops.io import dumps

            content = dumps(self.model_, compression=zipfile.ZIP_DEFLATED)
            arrays["model"] = np.frombuffer(content, np.uint8)
        return arrays

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        width = len(self.statistics) * self.segments * len(self.names_)
        if arrays["width"].item() != width:
            raise ValueError("width")
        self.columns_ = self._columns(width)
        self.columns_.kept_ = arrays["kept"]
        self.columns_.center_, self.columns_.scale_ = arrays["center"], arrays["scale"]
        self.present_ = arrays["present"]
        self.calibration_ = Calibration(arrays["slope"].item(), arrays["offsets"])
        self.model_ = _read_model(arrays["model"]) if "model" in arrays else None
        if self.model_ is not None and self.model_.n_features_in_ != len(self.columns_.kept_):
            raise ValueError("columns")


def expand(grid: Grid) -> list[dict[str, Any]]:
    """Return every combination of a grid's values, the first of each first."""
    from itertools import product

    empty = [name for name, values in grid.items() if isinstance(values, str) or not len(values)]
    if empty:
        raise UsageError(f"grid: {empty[0]} needs a list of values")
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def _check_memory(rows: Sequence[np.ndarray], factor: int, name: str) -> None:
    """Refuse vectors that together, with their copies in scaling, need more than there is."""
    needed = 3 * 8 * len(rows) * factor * rows[0].shape[1]
    there = memory()
    if there is not None and needed > there:
        raise UsageError(
            f"{name}: {len(rows)} clips of {factor * rows[0].shape[1]:,} columns need about "
            f"{needed / 2**30:,.0f} GiB, this machine has {there / 2**30:,.0f}",
            hint="Ask for fewer statistics or segments, or for features with fewer columns.",
        )


def _read_model(content: np.ndarray) -> Any:
    from skops.io import loads
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return loads(content.tobytes(), trusted=_TRUSTED)
    except (UntrustedTypesFoundException, zipfile.BadZipFile, TypeError, AttributeError) as error:
        raise ValueError("model") from error
