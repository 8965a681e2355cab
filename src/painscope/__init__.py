"""painscope reads pain from recordings of a person, above all from the face.

The names in ``__init__.pyi`` are the way from recordings to predictions; each room offers
more. They are imported when first used, so that ``import painscope`` costs nothing.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
