"""How networks are fitted."""

from painscope.training.fit import History, fit
from painscope.training.people import PeopleSplit, split_people
from painscope.training.source import PUBLISHED, train_source

__all__ = ["PUBLISHED", "History", "PeopleSplit", "fit", "split_people", "train_source"]
