"""Steps of a run: timed, and left out where an earlier call has done them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from painscope.experiments.facts import StepFacts
from painscope.experiments.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["StepProgress", "Steps"]

log = logging.getLogger("painscope")

#: Called with a step's name, how much is done and how much there is.
StepProgress = Callable[[str, int, int], None]


class Steps:
    """The steps of one call.

    Parameters
    ----------
    folder : RunFolder
    store : Path
        Folder of crops and features.
    progress : callable
        Called with a step's name, how much is done and how much there is.
    on : str, optional
        The cluster that helps: ``ray`` or ``ray://HOST:PORT``.

    Attributes
    ----------
    started : datetime
    done : list of StepFacts
        What was done, how long it took, and what was found done.
    """

    def __init__(
        self, folder: RunFolder, store: Path, progress: StepProgress, on: str | None = None
    ) -> None:
        self.folder, self.store, self.progress, self.on = folder, store, progress, on
        self.started = datetime.now(UTC)
        self.done: list[StepFacts] = []

    @contextmanager
    def step(self, name: str, *, reused: bool = False) -> Iterator[None]:
        """Do a step; its time is noted at the end."""
        log.info("%s …", name)
        begin = time.perf_counter()
        yield
        seconds = time.perf_counter() - begin
        self.done.append(StepFacts(name=name, seconds=seconds, reused=reused))

    def tables(
        self,
        name: str,
        wanted: tuple[str, ...],
        work: Callable[[], Mapping[str, pd.DataFrame]],
        *,
        arrays: str | None = None,
    ) -> None:
        """Do a step that leaves tables, unless all of them are there.

        Parameters
        ----------
        name : str
        wanted : tuple of str
            The tables. Other files that the step leaves must be written before it returns.
        work : callable
            Returns them by name.
        arrays : str, optional
            Name of the arrays that it writes, if it does.
        """
        there = all(self.folder.has_table(table) for table in wanted)
        there = there and (arrays is None or self.folder.has_arrays(arrays))
        with self.step(name, reused=there):
            if not there:
                found = work()
                for table in wanted:
                    self.folder.write_table(table, found[table])
