"""Recipe: one published system as a short, validated YAML file; its kind says what is done."""

from __future__ import annotations

import reprlib
from collections.abc import Container, Iterable, Mapping
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from painscope.errors import UsageError, did_you_mean
from painscope.experiments.settings import (
    BaseRecipe,
    DatasetSettings,
    FaceSettings,
    NetworkSettings,
    Settings,
)
from painscope.experiments.studies import StudyRecipe
from painscope.files import whole_path
from painscope.values import read_pair, read_yaml

__all__ = [
    "KINDS",
    "AnyRecipe",
    "CrossSettings",
    "FaceSettings",
    "FeatureSettings",
    "Recipe",
    "Row",
    "SourceSettings",
    "TargetSettings",
    "load_recipe",
    "recipe_names",
]


#: Features that rows may read: the source network's, and those of the same shape with random
#: weights.
SOURCE, RANDOM = "source-network", "random-network"


class SourceSettings(NetworkSettings):
    """The network whose features are transferred, and the middle of the clips it learns from."""

    dataset: str = "biovid-a"
    window_s: tuple[float, float] | None = (2.0, 5.0)
    frame_step: int = Field(5, ge=1)


class TargetSettings(DatasetSettings):
    """The dataset on which people are classified."""

    dataset: str = "ai4pain-2024"


class FeatureSettings(Settings):
    """Features with settings of their own.

    Attributes
    ----------
    extractor : str
        A name of `painscope.features.EXTRACTORS`.
    settings : dict
        Of the extractor. A network's `weights` are a file, or ``random`` for the untrained
        control; rows on a network without any are left out.
    """

    extractor: str
    settings: dict[str, Any] = Field(default_factory=dict)

    @field_validator("settings")
    @classmethod
    def _whole_paths(cls, settings: dict[str, Any]) -> dict[str, Any]:
        files = {
            name: str(whole_path(settings[name]))
            for name in ("weights", "checkpoint")
            if isinstance(settings.get(name), str) and settings[name] != "random"
        }
        return settings | files


class CrossSettings(Settings):
    """Every one of these features under every one of these classifiers.

    What cannot be had is left out, openly. Where features stand side by side and alone too,
    they are tested against each other, pair by pair.

    Attributes
    ----------
    features, classifiers : tuple of str
    settings : dict
        Of each of the classifiers.
    """

    features: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)


class Row(Settings):
    """One row of the result: features and the classifier that reads them.

    Attributes
    ----------
    features : str
        ``"source-network"``, a name of the recipe's own `features`, or of
        `painscope.features.EXTRACTORS`.
    classifier : str
        A name of `painscope.classifiers.CLASSIFIERS`.
    settings : dict
        Of the classifier.
    optional : bool
        Leave the row out, openly, where its features cannot be had: blendshapes
        without MediaPipe's model, true action units of real people.
    """

    features: str = SOURCE
    classifier: str
    settings: dict[str, Any] = Field(default_factory=dict)
    optional: bool = False

    @property
    def label(self) -> str:
        """Name of the row in every table."""
        if self.features == SOURCE:
            return self.classifier
        return f"{self.classifier} on {self.features}"


class Recipe(BaseRecipe):
    """Transfer: a whole way from recordings to scores. See `BaseRecipe` for what all have.

    Attributes
    ----------
    published : str or None
        Name of the published tables that the report shows beside its own rows.
    source, target
        See their classes.
    features : dict of str to FeatureSettings or tuple of str
        Names for features with settings, and for several put side by side.
    cross : CrossSettings
        Rows made of every features and classifier named there.
    rows : list of Row
        What is compared; majority class and stratified chance always stand beside.
    protocol : str
        Which people are held out.
    folds : int
        Of grouped k-fold.
    segment_frames : int
        Length of a clip in frames: longer training clips are cut into such segments,
        others are read up to it.
    seeds : int
        How often each classifier is trained.
    """

    kind: Literal["transfer"] = "transfer"
    published: str | None = None
    source: SourceSettings = SourceSettings()
    target: TargetSettings = TargetSettings()
    features: dict[str, FeatureSettings | tuple[str, ...]] = Field(default_factory=dict)
    cross: CrossSettings = CrossSettings()
    rows: tuple[Row, ...] = ()
    protocol: Literal["predefined", "leave-one-subject-out", "grouped-k-fold"] = "predefined"
    folds: int = Field(5, ge=2)
    segment_frames: int = Field(300, ge=1)
    seeds: int = Field(5, ge=1)

    def datasets(self) -> dict[str, DatasetSettings]:
        """Return what the source network learns from, and whose people are classified."""
        return {"source": self.source, "target": self.target}

    def needed(self, given: Container[str] = ()) -> dict[str, DatasetSettings]:
        """Return the target, and the source where a network is to be trained on it."""
        wanted: dict[str, DatasetSettings] = {"target": self.target}
        if self.source.checkpoint is None and self.reads_network(given):
            wanted["source"] = self.source
        return wanted

    def reads_network(self, given: Container[str]) -> bool:
        """Whether a row reads the source network's features, or its shape.

        Where all that do are optional, only if there is a checkpoint, or if the dataset to
        train it on is among those `given`.
        """
        rows = [row for row in self.all_rows if {SOURCE, RANDOM} & set(self.blocks(row.features))]
        there = self.source.checkpoint is not None or self.source.dataset in given
        return any(there or not row.optional for row in rows)

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """The rows that `cross` stands for, then the others."""
        return (*(self.crossed(f, c) for f in self.cross.features for c in self.cross.classifiers),
                *self.rows)  # fmt: skip

    def crossed(self, features: str, classifier: str) -> Row:
        """Return one row of the cross."""
        settings = self.cross.settings
        return Row(features=features, classifier=classifier, settings=settings, optional=True)

    def blocks(self, features: str) -> tuple[str, ...]:
        """Return what stands side by side under a name: several names, or itself alone."""
        own = self.features.get(features)
        return own if isinstance(own, tuple) else (features,)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Crossed features that are tested against each other: both and each, and these."""
        crossed = self.cross.features
        pairs = [
            pair
            for both in crossed
            if len(self.blocks(both)) > 1
            for pair in combinations((both, *self.blocks(both)), 2)
        ]
        return tuple(dict.fromkeys(pair for pair in pairs if set(pair) <= set(crossed)))

    @model_validator(mode="after")
    def _parts_are_single(self) -> Recipe:
        for name, own in self.features.items():
            if isinstance(own, tuple) and (
                len(own) < 2 or any(len(self.blocks(part)) > 1 for part in own)
            ):
                raise ValueError(f"features.{name}: name two or more features, none of several")
        return self

    @model_validator(mode="after")
    def _rows_differ(self) -> Recipe:
        labels = [row.label for row in self.all_rows]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if not labels:
            raise ValueError("a recipe needs rows, or crosses features with classifiers")
        if twice:
            raise ValueError(f"rows need different names, twice: {', '.join(twice)}")
        return self


AnyRecipe = Recipe | StudyRecipe

#: What the field ``kind`` of a recipe may say; without it a recipe is a transfer.
KINDS: dict[str, type[AnyRecipe]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(AnyRecipe)
}


def recipe_names() -> list[str]:
    """Return the names of the recipes that painscope brings."""
    folder = resources.files("painscope.experiments") / "recipes"
    return sorted(
        item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")
    )


def load_recipe(name: str | Path, settings: Iterable[str] = ()) -> AnyRecipe:
    """Load a recipe by its name, or from a YAML file, with some settings changed.

    Parameters
    ----------
    name : str or Path
        A name of `recipe_names`, or a path that ends in ``.yaml`` or ``.yml``.
    settings : iterable of str
        ``"key=value"`` with dotted keys, such as ``"source.width=0.25"``.

    Raises
    ------
    UsageError
        If there is no such recipe or kind, or a setting is unknown or impossible.
    """
    tree = _read(name)
    asked = str(tree.get("kind", "transfer"))
    kind = KINDS.get(asked)
    if kind is None:
        raise UsageError(f"no kind of recipe {asked!r}", path=name, hint=did_you_mean(asked, KINDS))
    for setting in settings:
        _change(tree, setting, kind)
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        what, hint = _impossible(error, kind)
        raise UsageError(what, path=name, hint=hint) from None


def _impossible(error: ValidationError, kind: type[AnyRecipe]) -> tuple[str, str]:
    """Say in a line which setting cannot be and what was given, and hint at what was meant."""
    first = error.errors()[0]
    # Features may be of two kinds, and the place names the kind too.
    where = ".".join(str(part) for part in first["loc"] if part != FeatureSettings.__name__)
    if first["type"] == "missing":
        return f"recipe setting {where} is missing", ""
    if first["type"] == "extra_forbidden":
        *place, asked = first["loc"]
        known = _settings_at(kind, place)
        hint = did_you_mean(str(asked), known) if known else ""
        return f"there is no recipe setting {where}", hint
    if first["type"] == "value_error":  # one of our own, which says it all
        return f"{f'recipe setting {where}: ' if where else ''}{first['ctx']['error']}", ""
    wanted = first["msg"].replace("Input should", "it should").split(" or instance of ")[0]
    return f"recipe setting {where} is {reprlib.repr(first['input'])}: {wanted}", ""


def _read(name: str | Path) -> dict[str, Any]:
    if Path(name).suffix in {".yaml", ".yml"}:
        path = Path(name)
        if not path.is_file():
            raise UsageError("no such recipe file", path=path)
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise UsageError("is not UTF-8 text", path=path) from None
    else:
        known = recipe_names()
        if name not in known:
            raise UsageError(f"no recipe {str(name)!r}", hint=did_you_mean(str(name), known))
        folder = resources.files("painscope.experiments") / "recipes"
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    try:
        tree = read_yaml(text)
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {' '.join(str(error).split())}", path=name) from None
    if not isinstance(tree, dict):
        raise UsageError("a recipe is a table of settings", path=name)
    return tree


def _change(tree: dict[str, Any], setting: str, kind: type[AnyRecipe]) -> None:
    """Set one dotted key of `tree`, checked against the schema's own names."""
    key, value = read_pair(setting, "--set")
    names = key.split(".")
    for depth, part in enumerate(names):
        known = _settings_at(kind, names[:depth])
        if known and part not in known:
            raise UsageError(f"--set {key}: no setting {part!r}", hint=did_you_mean(part, known))
        if depth < len(names) - 1:
            tree = tree.setdefault(part, {})
            if not isinstance(tree, dict):
                raise UsageError(f"--set {key}: {part} has no parts")
    tree[names[-1]] = value


def _settings_at(kind: type[AnyRecipe], place: Iterable[str | int]) -> Mapping[str, Any]:
    """Return the settings below a place of a recipe; none where the schema does not name them."""
    model: Any = kind
    for part in place:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return getattr(model, "model_fields", {})
