"""RunFacts: what a run says about itself in ``run.json``, beside its tables."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from painscope.errors import RunError
from painscope.files import write_text

__all__ = [
    "AGAIN",
    "RUN_FORMAT",
    "ClassCount",
    "ClassifierFacts",
    "DatasetFacts",
    "FeatureFacts",
    "NetworkFacts",
    "RunFacts",
    "SegmentFacts",
    "StepFacts",
    "StudyFacts",
    "read_facts",
]

#: Version of the run folder's layout; raised whenever an older reader would misread it.
RUN_FORMAT = 1
#: What to do about a damaged file of a finished run: only an unfinished one is gone on with.
AGAIN = "Remove it and run.json, then run the recipe again into this folder."


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClassCount(_Facts):
    """How many recordings of how many people a split holds of one class.

    Attributes
    ----------
    split : str or None
        None if the dataset has no split of its own.
    label : str or None
        Class name; None counts the unlabelled recordings.
    subjects, recordings : int
        People with at least one such recording, and such recordings.
    """

    split: str | None
    label: str | None
    subjects: int
    recordings: int


class DatasetFacts(_Facts):
    """A dataset that the run has read, and what as: ``"source"``, ``"target"`` or another role.

    Attributes
    ----------
    people_known : bool
        Whether it says who is who; else every recording counts as a person of its own.
    """

    name: str
    title: str
    citation: str
    licence: str
    virtual: bool
    role: str
    people_known: bool = True
    n_subjects: int
    n_recordings: int
    counts: tuple[ClassCount, ...] = ()


class ClassifierFacts(_Facts):
    """A row of the tables.

    Attributes
    ----------
    name : str
        As in the column ``classifier`` of predictions and scores.
    title : str
        As people read it.
    role : {"model", "peer", "oracle", "baseline"}
        A system under test; a system of others on the same data; one that is told the
        truth; one that does not look (majority class, chance).
    features : str or None
        Name of the features it reads; None if it reads none.
    """

    name: str
    title: str
    role: Literal["model", "peer", "oracle", "baseline"]
    features: str | None = None


class NetworkFacts(_Facts):
    """A network.

    Attributes
    ----------
    card : dict
        As in its checkpoint, metrics included.
    sha256 : str
        Of its weights.
    virtual : tuple of str
        Datasets whose layout the virtual people are in that it learned from.
    """

    card: dict[str, Any]
    sha256: str
    virtual: tuple[str, ...] = ()


class FeatureFacts(_Facts):
    """A feature store that the run has read: its digest and everything that shaped it.

    Attributes
    ----------
    virtual : tuple of str
        As `NetworkFacts.virtual`, of the network that gave the features.
    namesakes : dict of str to tuple of str
        People tested who are called as people of another dataset whom it learned from, by dataset.
    """

    name: str
    digest: str
    provenance: dict[str, Any]
    virtual: tuple[str, ...] = ()
    namesakes: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class SegmentFacts(_Facts):
    """How a split's recordings became the segments that classifiers read.

    Attributes
    ----------
    short : int
        Segments that were shorter than asked for; they are read as they are.
    """

    split: str
    recordings: int
    segments: int
    short: int = Field(validation_alias=AliasChoices("short", "padded"))  # of older runs


class StepFacts(_Facts):
    """A step of the run: how long it took, and whether earlier work was reused."""

    name: str
    seconds: float
    reused: bool = False


class _AnyFacts(_Facts):
    """What runs of every kind say about themselves.

    Attributes
    ----------
    format : int
        `RUN_FORMAT` of the painscope that wrote the run.
    kind : str
        The recipe's.
    version, command : str
        Of painscope; the command line, or the call, that started the run.
    started : datetime
        With its time zone.
    steps, datasets
        See their classes.
    left_out : dict of str to str
        What was wanted and could not be had, and why.
    sources : str
        Digest of the videos' names and sizes; empty of older runs.
    """

    format: int = RUN_FORMAT
    kind: str
    version: str
    command: str
    started: datetime
    steps: tuple[StepFacts, ...] = ()
    datasets: tuple[DatasetFacts, ...] = Field(min_length=1)
    left_out: dict[str, str] = Field(default_factory=dict)
    sources: str = ""

    @property
    def virtual(self) -> bool:
        """Whether any of the people are virtual, those included whom networks learned from."""
        return bool(self.virtual_people)

    @property
    def all_virtual(self) -> bool:
        """Whether all the people that the run has read are virtual."""
        return all(dataset.virtual for dataset in self.datasets)

    @property
    def virtual_people(self) -> tuple[str, ...]:
        """Whose people are virtual: datasets that were read, and what networks learned from."""
        read = {d.name: d.title for d in self.datasets if d.virtual}
        learned = {
            name: f"what a network learned from ({name})"
            for network in self._learned()
            for name in network.virtual
        }
        return tuple((learned | read).values())

    def _learned(self) -> tuple[NetworkFacts | FeatureFacts, ...]:
        return ()

    def write(self, run: Path) -> None:
        """Write ``run.json`` into the run folder."""
        write_text(run / "run.json", self.model_dump_json(indent=2) + "\n")


class RunFacts(_AnyFacts):
    """What a run of a transfer recipe says about itself.

    Attributes
    ----------
    classes : tuple of str
        Of the target's label scheme, in order.
    classifiers, features, segments
        See their classes. Classifiers stand in the order of the tables.
    source_network : NetworkFacts or None
        None if no row reads a network's features.
    """

    kind: Literal["transfer"] = "transfer"
    classes: tuple[str, ...]
    classifiers: tuple[ClassifierFacts, ...] = Field(min_length=1)
    source_network: NetworkFacts | None = None
    features: tuple[FeatureFacts, ...] = ()
    segments: tuple[SegmentFacts, ...] = ()

    def _learned(self) -> tuple[NetworkFacts | FeatureFacts, ...]:
        return (*([self.source_network] if self.source_network else []), *self.features)

    @property
    def namesakes(self) -> dict[str, tuple[str, ...]]:
        """As of its `features`, together."""
        found: dict[str, set[str]] = {}
        for store in self.features:
            for other, names in store.namesakes.items():
                found.setdefault(other, set()).update(names)
        return {other: tuple(sorted(names)) for other, names in found.items()}

    @property
    def target(self) -> DatasetFacts:
        """The dataset whose people are classified."""
        return next(dataset for dataset in self.datasets if dataset.role == "target")

    @model_validator(mode="after")
    def _one_target(self) -> RunFacts:
        if [dataset.role for dataset in self.datasets].count("target") != 1:
            raise ValueError("a run classifies the people of exactly one target dataset")
        return self

    @classmethod
    def read(cls, run: Path) -> RunFacts:
        """Read the ``run.json`` of a run folder of a transfer recipe.

        Raises
        ------
        RunError
            If the folder is not such a run, its format is another version's, or the file is
            damaged.
        """
        facts = read_facts(run)
        if not isinstance(facts, cls):
            raise RunError(
                f"is a run of {facts.kind}, which classifies nobody",
                path=run,
                hint="Give a run of a transfer recipe.",
            )
        return facts


class StudyFacts(_AnyFacts):
    """What a run says about itself that looks into networks.

    Attributes
    ----------
    networks : dict of str to NetworkFacts
        By the names they have in the tables.
    """

    networks: dict[str, NetworkFacts]

    def _learned(self) -> tuple[NetworkFacts | FeatureFacts, ...]:
        return tuple(self.networks.values())


def read_facts(run: Path) -> RunFacts | StudyFacts:
    """Read a run folder's ``run.json``, of whatever kind.

    Raises
    ------
    RunError
        If the folder is not a run, its format is another version's, or the file is
        damaged.
    """
    path = run / "run.json"
    if not run.is_dir():
        what = "this is a file, not a run folder" if run.exists() else "no such run folder"
        raise RunError(what, path=run, hint=_FILLED)
    if not path.is_file():
        if (run / "recipe.yaml").is_file():
            raise RunError(
                "this run is not finished, it has no run.json",
                path=run,
                hint="The call that began it continues it.",
            )
        if below := sorted(run.glob("*/run.json")):
            raise RunError("is no run folder", path=run, hint=f"Did you mean {below[0].parent}?")
        raise RunError(
            "not a finished run folder, it has no run.json",
            path=run,
            hint=_FILLED,
        )
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        tree = None
    if not isinstance(tree, dict):
        raise RunError("damaged, cannot be read", path=path, hint=_ANEW)
    if tree.get("format") != RUN_FORMAT:
        raise RunError(
            f"run format {tree.get('format')!r}, this painscope reads {RUN_FORMAT}",
            path=path,
            hint=f"painscope {tree.get('version', '?')} wrote it: use that, or run it again.",
        )
    model = RunFacts if tree.get("kind", "transfer") == "transfer" else StudyFacts
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "its datasets"
        raise RunError(f"damaged at {where}: {first['msg']}", path=path, hint=_ANEW) from None


_FILLED = "Give a folder that `painscope run … --out` has filled."
_ANEW = "Remove it, then run the recipe again into this folder."
