"""Virtual people: faces and pain whose truth is known, in real datasets' layouts."""

import lazy_loader

# The names are in __init__.pyi; loaded when asked for, since drawing compiles and tables are heavy.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
