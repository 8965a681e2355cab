"""A whole way tied together from a recipe, and answers for new videos."""

import lazy_loader

# The names are in __init__.pyi; loaded when asked for: recipes are read without what runs them.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
