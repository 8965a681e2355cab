"""How networks are fitted."""

from painscope.training.fit import History, fit

__all__ = ["History", "fit"]
