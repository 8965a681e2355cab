"""The command line, called as its users call it."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from painscope.cli import main


@dataclass(frozen=True)
class Done:
    """How a call ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(name="painscope")
def command_line() -> Callable[..., Done]:
    """A function that calls the command line."""
    return call


def call(*words: str | Path, cwd: Path | None = None) -> Done:
    """Call the command line in this process: starting one for each call costs seconds."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", ["painscope", *map(str, words)])
        if cwd is not None:
            patch.chdir(cwd)
        main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Give painscope's logger back as it was: the command line sets it up for a process."""
    logger = logging.getLogger("painscope")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], level, logger.propagate = before
    logger.setLevel(level)
