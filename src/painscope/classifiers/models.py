"""The classical models by name: what each is, and what is searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from painscope.classifiers.classical import ClassicalClassifier, Grid

__all__ = [
    "GradientBoosting",
    "KNearestNeighbours",
    "LinearSVM",
    "LogisticRegression",
    "MeanLogistic",
    "NaiveBayes",
    "RBFSVM",
    "RandomForest",
    "StatisticsLogistic",
]


class LogisticRegression(ClassicalClassifier):
    """Logistic regression with an L2 penalty; parameters as of `ClassicalClassifier`."""

    name: ClassVar[str] = "logistic-regression"
    title: ClassVar[str] = "Logistic regression"
    GRID: ClassVar[Grid] = {"C": (0.01, 0.001, 0.1, 1.0)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(class_weight="balanced", max_iter=1000, **parameters)


class MeanLogistic(LogisticRegression):
    """Logistic regression on a clip's mean feature: the plain model a network must beat.

    Nothing is searched, so that it costs next to nothing.

    Parameters
    ----------
    classes, seed
        See `SequenceClassifier`; nothing is drawn at random.
    C : float
        Inverse strength of the L2 penalty, as in scikit-learn. The default is strong,
        because features are often more than clips.
    """

    name: ClassVar[str] = "mean-logistic"
    title: ClassVar[str] = "Logistic regression on the mean"
    statistics: Sequence[str] = ("mean",)
    segments, keep, folds, grid = 1, None, 0, None

    def __init__(self, classes: tuple[str, ...], seed: int = 0, C: float = 0.01) -> None:
        self.classes = classes
        self.seed = seed
        self.C = C

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        return super()._model(targets, C=self.C)


class StatisticsLogistic(MeanLogistic):
    """Logistic regression on a clip's mean, deviation and quantiles of every feature.

    For features that have a meaning of their own and are few: blendshapes, action units.
    Unlike `MeanLogistic` it sees a short strong expression in a long calm clip.

    Parameters
    ----------
    classes, seed, C
        See `MeanLogistic`.
    """

    name: ClassVar[str] = "statistics-logistic"
    title: ClassVar[str] = "Logistic regression on statistics"
    statistics = ("mean", "std", "q10", "q50", "q90")


class LinearSVM(ClassicalClassifier):
    """A support vector machine with a plane for a boundary; as `ClassicalClassifier`."""

    name: ClassVar[str] = "linear-svm"
    title: ClassVar[str] = "Linear SVM"
    GRID: ClassVar[Grid] = {"C": (0.001, 0.0001, 0.01, 0.1)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.svm import LinearSVC

        # With the seed fixed it is the same plane every time: its draws only order the work.
        return LinearSVC(class_weight="balanced", max_iter=5000, random_state=0, **parameters)


class RBFSVM(ClassicalClassifier):
    """A support vector machine with Gaussian kernels; as `ClassicalClassifier`.

    The kernels are as wide as the clips are far apart (scikit-learn's ``gamma="scale"``). It keeps
    the vectors of the training clips at the border (its support vectors), in its file too.
    """

    name: ClassVar[str] = "rbf-svm"
    title: ClassVar[str] = "RBF SVM"
    GRID: ClassVar[Grid] = {"C": (1.0, 0.1, 10.0)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.svm import SVC

        return SVC(**{"class_weight": "balanced", "gamma": "scale", **parameters})


class KNearestNeighbours(ClassicalClassifier):
    """The nearest training clips decide, near ones more; as `ClassicalClassifier`.

    It keeps its training clips' vectors, in its file too.
    """

    name: ClassVar[str] = "k-nearest-neighbours"
    title: ClassVar[str] = "k nearest neighbours"
    GRID: ClassVar[Grid] = {"n_neighbors": (5, 1, 3, 9, 15)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.neighbors import KNeighborsClassifier

        # The trees that speed a search among few columns are no numbers, and cannot be saved.
        wanted = {"n_neighbors": 5, "weights": "distance", **parameters, "algorithm": "brute"}
        wanted["n_neighbors"] = min(wanted["n_neighbors"], len(targets))
        return KNeighborsClassifier(**wanted)


class NaiveBayes(ClassicalClassifier):
    """A Gaussian per class and column, as if columns knew nothing of each other.

    Parameters as of `ClassicalClassifier`; `var_smoothing` is the share of the widest
    column's variance that is added to all.
    """

    name: ClassVar[str] = "naive-bayes"
    title: ClassVar[str] = "Naive Bayes"
    GRID: ClassVar[Grid] = {"var_smoothing": (1e-2, 1e-4, 1e-1, 1.0)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.naive_bayes import GaussianNB

        classes = len(np.unique(targets))
        return GaussianNB(priors=np.full(classes, 1 / classes), **parameters)


class RandomForest(ClassicalClassifier):
    """100 trees that each saw other clips and columns; as `ClassicalClassifier`."""

    name: ClassVar[str] = "random-forest"
    title: ClassVar[str] = "Random forest"
    deterministic: ClassVar[bool] = False
    GRID: ClassVar[Grid] = {"min_samples_leaf": (2, 5)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.ensemble import RandomForestClassifier

        settings = {"n_estimators": 100, "class_weight": "balanced", **parameters}
        return RandomForestClassifier(random_state=self.seed, **settings)


class GradientBoosting(ClassicalClassifier):
    """Shallow trees, each mending what the ones before it got wrong; as `ClassicalClassifier`.

    Each tree sees seven in ten of the clips and a tenth of the columns, at random.
    """

    name: ClassVar[str] = "gradient-boosting"
    title: ClassVar[str] = "Gradient boosting"
    deterministic: ClassVar[bool] = False
    GRID: ClassVar[Grid] = {"max_depth": (2, 1), "n_estimators": (100,)}

    def _model(self, targets: np.ndarray, **parameters: Any) -> Any:
        from sklearn.ensemble import GradientBoostingClassifier

        settings = {"subsample": 0.7, "max_features": 0.1, **parameters}
        return GradientBoostingClassifier(random_state=self.seed, **settings)
