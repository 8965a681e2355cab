"""What every recipe has, of whatever kind."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from painscope.files import whole_path
from painscope.recording import MAX_RATE

__all__ = [
    "BaseRecipe",
    "DatasetSettings",
    "FaceSettings",
    "GivenFile",
    "NetworkSettings",
    "Settings",
    "TrainingSettings",
]

#: A file that the recipe names; whole, for a run is read from other folders than it was made in.
GivenFile = Annotated[Path, AfterValidator(whole_path)]


class Settings(BaseModel):
    """A table of a recipe: unknown names are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FaceSettings(Settings):
    """How the face is found and cut out.

    Attributes
    ----------
    locator : str
        A name of `painscope.face.LOCATORS`, or ``"auto"``.
    rate : float
        Frames per second that videos are resampled to.
    margin : float or None
        Margin around the face box, as a share of its longer side, on every side; None
        takes the locator's own.
    locate_every : int
        Of features only: every n-th frame is searched for the face, and between it moves on a
        straight line. Faces to train networks on are searched for in every frame.
    """

    locator: str = "auto"
    rate: float = Field(30.0, gt=0, le=MAX_RATE)
    margin: float | None = Field(None, ge=0)
    locate_every: int = Field(1, ge=1, le=10)


class DatasetSettings(Settings):
    """A dataset that a recipe reads.

    Attributes
    ----------
    dataset : str
        Its name; its folder comes with ``--data NAME=DIR``.
    options : dict
        Options of the dataset's adapter.
    """

    dataset: str
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("options")
    @classmethod
    def _only_options(cls, options: dict[str, Any]) -> dict[str, Any]:
        if taken := {"name", "root"} & set(options):
            raise ValueError(f"{min(taken)} is not an option: the folder comes with --data")
        return options


class TrainingSettings(DatasetSettings):
    """Which frames of a dataset a network is trained on, and how.

    Attributes
    ----------
    window_s : (float, float) or None
        The part of each clip whose frames are used, in seconds; None takes all.
    frame_step : int
        Use every n-th frame.
    most : float or None
        At most so many times as many training frames of a class as of the rarest.
    max_epochs, patience, batch_size, learning_rate
        `patience` counts epochs without a better loss on held-out subjects. No learning rate
        means the usual one, from scratch or from given weights.
    seed : int
        Of the split, the initial weights and the order of frames.
    devices, num_nodes, strategy
        Processes on each node that share every batch (one per GPU, or on the processor), nodes
        of a cluster (``--on``), and how Lightning lets them work together.
    """

    window_s: tuple[float, float] | None = None
    frame_step: int = Field(1, ge=1)
    most: float | None = Field(None, ge=1)
    max_epochs: int = Field(30, ge=1)
    patience: int = Field(5, ge=1)
    batch_size: int = Field(64, ge=2)
    learning_rate: float | None = Field(None, gt=0)
    seed: int = 0
    devices: int = Field(1, ge=1)
    num_nodes: int = Field(1, ge=1)
    strategy: str = "auto"

    @field_validator("window_s")
    @classmethod
    def _goes_forward(cls, window: tuple[float, float] | None) -> tuple[float, float] | None:
        if window is not None and not 0 <= window[0] < window[1]:
            raise ValueError("it goes from an earlier second of a clip to a later one")
        return window

    def fitting(self) -> dict[str, Any]:
        """Return the settings of `painscope.training.train_network`."""
        return self.model_dump(
            include={"max_epochs", "patience", "batch_size", "learning_rate", "seed"}
        )

    def sharing(self) -> dict[str, Any]:
        """Return the settings of `painscope.training.train_together`."""
        return self.model_dump(include={"devices", "num_nodes", "strategy"})


class NetworkSettings(TrainingSettings):
    """A network: given, or trained.

    Attributes
    ----------
    checkpoint : Path or None
        A trained painscope checkpoint; None trains one.
    start : Path or None
        Weights to start training from (torchvision's VGG16, VGG-Face, painscope's own);
        None starts from scratch.
    width : float
        Share of VGG16's channels; from `start` it is that network's.
    input_size : int
        Side of the network's input in pixels; from `start` it is that network's.
    """

    checkpoint: GivenFile | None = None
    start: GivenFile | None = None
    width: float = Field(1.0, gt=0)
    input_size: int = Field(224, ge=32)


class BaseRecipe(Settings):
    """What recipes of every kind have in common.

    Attributes
    ----------
    name, title, summary, citation : str
        What the recipe reproduces.
    face : FaceSettings
    bootstrap : int
        Resamples of subjects behind every interval of scores. The interval of five people needs
        1,060, of eight 180: with fewer there is none.
    """

    kind: str
    name: str
    title: str
    summary: str = ""
    citation: str = ""
    face: FaceSettings = FaceSettings()
    bootstrap: int = Field(2000, ge=100)

    def datasets(self) -> dict[str, DatasetSettings]:
        """Return every dataset that recipes of this kind speak of, by its role."""
        raise NotImplementedError

    def needed(self, given: Container[str] = ()) -> dict[str, DatasetSettings]:
        """Return those that this recipe reads, where these are `given`."""
        return self.datasets()

    def to_yaml(self) -> str:
        """Return the recipe as YAML that `load_recipe` reads."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
