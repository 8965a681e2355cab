"""Classifiers: feature sequences in, a probability per class and recording out."""

from painscope.classifiers.ann import ANNVote
from painscope.classifiers.base import SequenceClassifier
from painscope.classifiers.baselines import MajorityClass, StratifiedChance
from painscope.classifiers.lstm import LSTMClassifier
from painscope.classifiers.mean_logistic import MeanLogistic
from painscope.classifiers.registry import CLASSIFIERS, make_classifier
from painscope.classifiers.segments import (
    SEGMENT_FRAMES,
    Segments,
    evaluation_segments,
    reading_segments,
    training_segments,
)
from painscope.classifiers.statistics_logistic import StatisticsLogistic

__all__ = [
    "CLASSIFIERS",
    "SEGMENT_FRAMES",
    "ANNVote",
    "LSTMClassifier",
    "MajorityClass",
    "MeanLogistic",
    "Segments",
    "SequenceClassifier",
    "StatisticsLogistic",
    "StratifiedChance",
    "evaluation_segments",
    "make_classifier",
    "reading_segments",
    "training_segments",
]
