"""Classifiers: feature sequences in, a probability per class and recording out."""

from painscope.classifiers.ann import ANNVote
from painscope.classifiers.base import SequenceClassifier
from painscope.classifiers.baselines import MajorityClass, StratifiedChance
from painscope.classifiers.classical import ClassicalClassifier
from painscope.classifiers.late_fusion import LateFusion
from painscope.classifiers.lstm import LSTMClassifier
from painscope.classifiers.models import (
    RBFSVM,
    GradientBoosting,
    KNearestNeighbours,
    LinearSVM,
    LogisticRegression,
    MeanLogistic,
    NaiveBayes,
    RandomForest,
    StatisticsLogistic,
)
from painscope.classifiers.registry import CLASSIFIERS, make_classifier
from painscope.classifiers.segments import (
    SEGMENT_FRAMES,
    Segments,
    evaluation_segments,
    reading_segments,
    training_segments,
)
from painscope.classifiers.summary import STATISTICS, summarise, summary_names

__all__ = [
    "CLASSIFIERS",
    "RBFSVM",
    "SEGMENT_FRAMES",
    "STATISTICS",
    "ANNVote",
    "ClassicalClassifier",
    "GradientBoosting",
    "KNearestNeighbours",
    "LSTMClassifier",
    "LateFusion",
    "LinearSVM",
    "LogisticRegression",
    "MajorityClass",
    "MeanLogistic",
    "NaiveBayes",
    "RandomForest",
    "Segments",
    "SequenceClassifier",
    "StatisticsLogistic",
    "StratifiedChance",
    "evaluation_segments",
    "make_classifier",
    "reading_segments",
    "summarise",
    "summary_names",
    "training_segments",
]
