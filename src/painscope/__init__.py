"""painscope reads pain from recordings of a person, above all from the face."""

__version__ = "0.1.0"
