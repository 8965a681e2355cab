"""Card: what a network was trained on, and how its pictures must be prepared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

import painscope
from painscope.recording import VIRTUAL_PREFIX

__all__ = [
    "FACE_MEAN",
    "IMAGENET_MEAN",
    "Card",
    "Preprocessing",
    "around",
    "prepare",
]

Triple = tuple[float, float, float]

#: Mean colours in RGB that networks were trained around: ImageNet's as Caffe's releases have it
#: (and Keras' `preprocess_input` in caffe mode), and VGG-Face's average face as released.
IMAGENET_MEAN: Triple = (123.68, 116.779, 103.939)
FACE_MEAN: Triple = (129.1863, 104.7624, 93.5940)


class Preprocessing(BaseModel):
    """How an RGB picture of 0–255 becomes the network's input: ``(x * scale - mean) / std``.

    Attributes
    ----------
    channels : {"rgb", "bgr"}
        The order the network wants; `mean` and `std` are in this order.
    scale : float
    mean, std : tuple of three floats
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: Literal["rgb", "bgr"] = "rgb"
    scale: float = Field(default=1 / 255, gt=0)
    mean: Triple = (0.5, 0.5, 0.5)
    std: Triple = (0.25, 0.25, 0.25)


def around(mean: Triple, channels: Literal["rgb", "bgr"] = "rgb") -> Preprocessing:
    """Return the preparation that takes a mean colour (in RGB, 0–255) away, and nothing else."""
    own = mean if channels == "rgb" else mean[::-1]
    return Preprocessing(channels=channels, scale=1, mean=own, std=(1, 1, 1))


def prepare(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Turn RGB pictures into a network's input.

    Parameters
    ----------
    images : uint8 or float [B, H, W, 3]
        RGB, 0–255, already of the network's input size.
    preprocessing : Preprocessing

    Returns
    -------
    float32 [B, 3, H, W]
        Channels last in memory.
    """
    if preprocessing.channels == "bgr":
        images = images.flip(-1)
    mean, std = (
        torch.tensor(values, dtype=torch.float32, device=images.device)
        for values in (preprocessing.mean, preprocessing.std)
    )
    # One multiplication and one addition, in place, over the whole batch.
    values = images.float().mul(preprocessing.scale / std).sub_(mean / std)
    return values.permute(0, 3, 1, 2)


class Card(BaseModel):
    """What a user must know about a checkpoint's weights; it travels inside the file.

    Attributes
    ----------
    title : str
        What the network is, in one line.
    architecture : {"vgg16-gap"}
    width : float
        Factor on the convolutions' channels.
    feature_size : int
    input_size : int
        Edge of the square picture, pixels.
    classes : tuple of str
        Meaning of the prediction layer's outputs, in order.
    preprocessing : Preprocessing
    crop : mapping
        How the training faces were cut: ``margin`` and ``locator`` (its provenance).
    subjects : mapping of str to tuple of str
        People the weights were fitted on, by dataset (`painscope.datasets.Dataset.population`).
    validation_subjects : mapping of str to tuple of str
        People who decided when training stopped; they shaped the weights too.
    test_subjects : mapping of str to tuple of str
        People whose scores are in `metrics`; the weights owe them nothing.
    untrained : tuple of str
        Layers that hold random numbers: ``"trunk"``, ``"dense"``, ``"head"``.
    parent : str or None
        sha256 of the weights that training began from.
    settings : mapping
        The training's settings.
    metrics : mapping of str to float
        Scores on `test_subjects`; those called ``validation_…`` flatter.
    licence, citation : str
    painscope : str
        The version that wrote the card.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    architecture: Literal["vgg16-gap"] = "vgg16-gap"
    width: float = Field(default=1.0, gt=0)
    feature_size: int = Field(default=1024, gt=0)
    input_size: int = Field(default=224, ge=16)
    classes: tuple[str, ...] = Field(default=("no-pain", "high-pain"), min_length=2)
    preprocessing: Preprocessing = Preprocessing()
    crop: Mapping[str, Any] = {}
    subjects: Mapping[str, tuple[str, ...]] = {}
    validation_subjects: Mapping[str, tuple[str, ...]] = {}
    test_subjects: Mapping[str, tuple[str, ...]] = {}
    untrained: tuple[Literal["trunk", "dense", "head"], ...] = ()
    parent: str | None = None
    settings: Mapping[str, Any] = {}
    metrics: Mapping[str, float] = {}
    licence: str = ""
    citation: str = ""
    painscope: str = painscope.__version__

    @model_validator(mode="after")
    def _different_classes(self) -> Card:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes are named twice: {list(self.classes)}")
        return self

    @property
    def virtual(self) -> tuple[str, ...]:
        """The datasets of virtual people who shaped the weights, under the real ones' names."""
        names = dict.fromkeys((*self.subjects, *self.validation_subjects))
        return tuple(
            name.removeprefix(VIRTUAL_PREFIX) for name in names if name.startswith(VIRTUAL_PREFIX)
        )

    def seen(self, dataset: str) -> frozenset[str]:
        """Return the people of `dataset` (`Dataset.population`) who shaped the weights.

        Older cards list virtual people like real ones, so of virtual people both count.
        """
        return self.fitted_on(dataset) | _people(self.validation_subjects, dataset)

    def namesakes(self, dataset: str, people: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return who of `people` is called as somebody of another dataset who shaped the weights.

        By that dataset: they may be the same people. A virtual person is no real one, whatever the
        name.
        """
        virtual = dataset.startswith(VIRTUAL_PREFIX)
        others = [
            other
            for other in dict.fromkeys((*self.subjects, *self.validation_subjects))
            if other != dataset and virtual == other.startswith(VIRTUAL_PREFIX)
        ]
        called = {other: tuple(sorted(self.seen(other).intersection(people))) for other in others}
        return {other: names for other, names in called.items() if names}

    def fitted_on(self, dataset: str) -> frozenset[str]:
        """Return whom the weights were fitted on: `seen` without who only stopped the training."""
        return _people(self.subjects, dataset)


def _people(told: Mapping[str, tuple[str, ...]], dataset: str) -> frozenset[str]:
    names = (dataset, dataset.removeprefix(VIRTUAL_PREFIX))
    return frozenset(who for name in names for who in told.get(name, ()))
