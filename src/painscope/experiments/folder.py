"""RunFolder: everything one run leaves behind, and nothing half-written."""

from __future__ import annotations

import json
import logging
import os
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from painscope.errors import RunError, UsageError
from painscope.experiments.facts import AGAIN, RunFacts, read_facts
from painscope.experiments.recipe import AnyRecipe, Recipe, load_recipe
from painscope.files import (
    atomic_path,
    remove_abandoned,
    storage_errors,
    whole_path,
    write_text,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["RunFolder"]

_PACKAGES = ("painscope", "torch", "lightning", "numpy", "scikit-learn", "scikit-image",
             "mediapipe", "av", "pandas")  # fmt: skip
#: What is there before anything has been done.
_BEGUN = {"recipe.yaml", "environment.json", "log.txt"}


class RunFolder:
    """The folder of one run.

    It holds ``recipe.yaml`` (as resolved), ``run.json`` (what was done, in numbers),
    ``environment.json``, tables (each ``.parquet`` and ``.csv``; of a transfer recipe
    ``predictions``, ``scores``, ``differences``, ``status``, ``histories``, ``skill`` and
    ``submission``), ``models/``, ``examples/``, ``figures/``, ``report.html``,
    ``log.txt``, and ``store/`` unless another store was named.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = whole_path(path)

    @classmethod
    def begin(
        cls, path: Path | str, recipe: AnyRecipe, data: Mapping[str, Path], *, content: str = ""
    ) -> RunFolder:
        """Make a new run folder, or continue one of the same recipe and data.

        Where nothing has been done yet, other settings begin anew. `content` is a digest of what
        the data hold: recordings, people, labels and splits.

        Raises
        ------
        UsageError
            If the folder holds something else, or a run of another recipe.
        """
        folder = cls(path)
        called = {name: str(Path(root).resolve()) for name, root in sorted(data.items())}
        if folder.path.is_file():
            raise UsageError("this is a file, not a folder", path=path, hint="Name another --out.")
        if folder._file("recipe.yaml").is_file():
            models = (place for place in folder.models.rglob("*") if place.is_dir())
            for place in (folder.path, folder.examples, folder.models, *models):
                remove_abandoned(place)
        there = {file.name for file in folder.path.iterdir()} if folder.path.exists() else set()
        if there and "recipe.yaml" not in there:
            raise UsageError(
                "this folder is not empty and not a run", path=path, hint="Name another --out."
            )
        if there - _BEGUN and (folder.recipe != recipe or folder.environment.get("data") != called):
            raise UsageError(
                "holds a run with other settings or other data",
                path=path,
                hint="Name another --out, or call it as before to continue it.",
            )
        before = folder.environment.get("content") if there - _BEGUN else ""
        if before and before != content:  # older runs tell none
            raise UsageError(
                "the recordings, people, labels or splits of the data have changed since it began",
                path=path,
                hint="Name another --out; a --store keeps what is extracted.",
            )
        with storage_errors(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        if not folder.finished:  # else it would speak of a call that made none of the numbers
            write_text(folder._file("recipe.yaml"), recipe.to_yaml())
            environment = json.dumps(_environment(called) | {"content": content}, indent=2)
            write_text(folder._file("environment.json"), environment + "\n")
        return folder

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Open a finished run.

        Raises
        ------
        RunError
            If `path` is no run folder, of another format, or not finished.
        """
        folder = cls(path)
        read_facts(folder.path)
        return folder

    @property
    def recipe(self) -> AnyRecipe:
        """The recipe as resolved."""
        return load_recipe(self._file("recipe.yaml"))

    @property
    def transfer(self) -> Recipe:
        """The recipe of a run that classifies people.

        Raises
        ------
        RunError
            If the run is of another kind.
        """
        recipe = self.recipe
        if not isinstance(recipe, Recipe):
            raise RunError(
                f"is a run of {recipe.kind}, which classifies nobody",
                path=self.path,
                hint="Give a run of a transfer recipe.",
            )
        return recipe

    @property
    def facts(self) -> RunFacts:
        """What a transfer recipe's run did, in numbers (``run.json``)."""
        return RunFacts.read(self.path)

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end: ``run.json`` is written last."""
        return self._file("run.json").is_file()

    @property
    def environment(self) -> dict[str, Any]:
        """Versions and machine (``environment.json``)."""
        return self._read_json("environment.json")

    @property
    def models(self) -> Path:
        """Folder of the source network and the fitted classifiers."""
        return self.path.absolute() / "models"

    @property
    def examples(self) -> Path:
        """Folder of a few recordings' timelines and face crops."""
        return self.path / "examples"

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table as CSV and as Parquet; the latter last, as it says that both are there."""
        with atomic_path(self._file(f"{name}.csv")) as temporary:
            table.to_csv(temporary, index=False)
        with atomic_path(self._file(f"{name}.parquet")) as temporary:
            table.to_parquet(temporary, index=False)

    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame:
        """Read one of the run's tables.

        Parameters
        ----------
        name : str
        columns : sequence of str
            What it must have; it may have more.

        Raises
        ------
        RunError
            If the table is missing or damaged, or has no such column.
        """
        import pandas as pd

        path = self._file(f"{name}.parquet")
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise RunError(
                f"cannot be read ({type(error).__name__})",
                path=path,
                hint=AGAIN,
            ) from None
        if missing := [column for column in columns if column not in table.columns]:
            raise RunError(f"has no column {missing[0]!r}", path=path, hint=AGAIN)
        return table

    def has_table(self, name: str) -> bool:
        """Whether the run left this table."""
        return self._file(f"{name}.parquet").is_file()

    def has_arrays(self, name: str) -> bool:
        """Whether the run left these arrays."""
        return (self.examples / f"{name}.npz").is_file()

    def write_arrays(self, name: str, **arrays: np.ndarray) -> None:
        """Write arrays as one compressed file in ``examples/``."""
        import numpy as np

        with atomic_path(self.examples / f"{name}.npz") as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Read arrays that `write_arrays` wrote.

        Raises
        ------
        RunError
            If the file is missing or damaged.
        """
        import numpy as np

        path = self.examples / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise RunError(
                f"cannot be read ({type(error).__name__})",
                path=path,
                hint=AGAIN,
            ) from None

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Copy painscope's log into ``log.txt`` while the block runs."""
        handler = logging.FileHandler(self._file("log.txt"), encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = logging.getLogger("painscope")
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            handler.close()

    def _file(self, name: str) -> Path:
        return self.path / name

    def _read_json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads(self._file(name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                f"cannot be read ({type(error).__name__})",
                path=self._file(name),
                hint="Run the recipe again into a new folder.",
            ) from None
        if not isinstance(content, dict):
            raise RunError("is not a table of facts", path=self._file(name))
        return content


def _environment(data: Mapping[str, str]) -> dict[str, Any]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "data": dict(data),
        "packages": versions,
    }
