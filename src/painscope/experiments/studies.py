"""Recipes that look into networks: what is trained, and what is asked of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from painscope.experiments.settings import (
    BaseRecipe,
    DatasetSettings,
    NetworkSettings,
    Settings,
    TrainingSettings,
)

__all__ = [
    "ClinicalRecipe",
    "ConceptSettings",
    "ForgottenRecipe",
    "LookSettings",
    "StudyRecipe",
]


class ConceptSettings(DatasetSettings):
    """How concepts of action units are looked for.

    Attributes
    ----------
    dataset : str
        Whose pictures' action units are known: coded by hand, or virtual people.
    layer : str
        Whose answers are looked at.
    pictures : int
        At most so many, equally many of everyone.
    seeds, folds, epochs
        See `painscope.explain.concept_scores`.
    randoms : int
        Random concepts per action unit beside TCAV.
    """

    dataset: str = "unbc-mcmaster"
    layer: str = "relu5_3"
    pictures: int = Field(600, ge=12)
    seeds: int = Field(5, ge=1)
    folds: int = Field(3, ge=2)
    epochs: int = Field(30, ge=1)
    randoms: int = Field(20, ge=2)


class LookSettings(Settings):
    """How maps are drawn and checked.

    Attributes
    ----------
    preset, epsilon
        Of relevance: see `painscope.explain.relevance`.
    pictures : int
        Pictures of pain per network and dataset whose relevance is measured.
    checked : int
        Pictures per network for deletion, insertion and randomised weights.
    randoms : int
        Networks with random weights to compare with.
    """

    preset: Literal["epsilon-plus-flat", "epsilon-alpha2-beta1-flat"] = "epsilon-plus-flat"
    epsilon: float = Field(0.1, gt=0)
    pictures: int = Field(150, ge=1)
    checked: int = Field(24, ge=1)
    randoms: int = Field(3, ge=1)


class ForgottenRecipe(BaseRecipe):
    """What a network loses on the way from emotion to pain.

    Attributes
    ----------
    emotion : NetworkSettings
        The network that everything begins with.
    pain : TrainingSettings
        What it is fine-tuned to, stage by stage.
    concepts, look
        See their classes.
    seeds : int
        Output layers trained anew on the way back to emotion, per stage.
    """

    kind: Literal["forgotten-action-units"]
    emotion: NetworkSettings
    pain: TrainingSettings
    concepts: ConceptSettings = ConceptSettings()
    look: LookSettings = LookSettings()
    seeds: int = Field(5, ge=1)

    def datasets(self) -> dict[str, DatasetSettings]:
        """Return the datasets of emotion, of pain and of known action units."""
        return {"emotion": self.emotion, "pain": self.pain, "action units": self.concepts}


class ClinicalRecipe(BaseRecipe):
    """How networks for experimental and for clinical pain differ.

    Attributes
    ----------
    experimental, clinical : NetworkSettings
        The two networks.
    concepts, look
        See their classes.
    """

    kind: Literal["clinical-vs-experimental"]
    experimental: NetworkSettings
    clinical: NetworkSettings
    concepts: ConceptSettings = ConceptSettings()
    look: LookSettings = LookSettings()

    def datasets(self) -> dict[str, DatasetSettings]:
        """Return the datasets of the two networks and of known action units."""
        return {
            "experimental pain": self.experimental,
            "clinical pain": self.clinical,
            "action units": self.concepts,
        }


StudyRecipe = ForgottenRecipe | ClinicalRecipe
