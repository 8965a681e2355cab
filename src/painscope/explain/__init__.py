"""Looking into trained networks: where they look, and what they have concepts of."""

import lazy_loader

# The names are in __init__.pyi; loaded when asked for, since torch and captum are heavy.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
