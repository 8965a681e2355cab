"""The command line: a thin shell over the Python API, a file per command."""

from painscope.cli.app import main

__all__ = ["main"]
