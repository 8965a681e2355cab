"""What networks have concepts of, in tables: regions found in a layer, and directions in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from painscope.errors import DatasetError, UsageError
from painscope.evaluation import FEWEST_SUBJECTS
from painscope.experiments.faces import KnownFaces
from painscope.experiments.studies import ConceptSettings
from painscope.explain import (
    ConceptScores,
    as_chain,
    concept_scores,
    concept_table,
    layer_view,
    lost_attention,
    sensitivity,
    tcav_table,
)
from painscope.networks import Checkpoint, pick_device, prepare, random_checkpoint

__all__ = ["Probe", "lost_table", "require_layer"]

#: Side of the masks in pixels: four times as fine as VGG16's last maps of 224 pixels.
SIDE = 56


def require_layer(settings: ConceptSettings) -> None:
    """Refuse a layer that no network has, or whose answers are no maps.

    Raises
    ------
    UsageError
        If it is such a layer.
    """
    network, card = random_checkpoint(width=0.05, input_size=32)
    image = prepare(torch.zeros((1, 32, 32, 3)), card.preprocessing)
    layer_view(as_chain(network, 0), image, settings.layer)


@dataclass(frozen=True)
class Probe:
    """Concepts of one set of pictures, asked of any network.

    Attributes
    ----------
    faces : KnownFaces
    dataset : str
        Whose pictures they are, as networks' cards call it.
    settings : ConceptSettings
    units : tuple of str
        The concepts: action units that enough people show at times.
    """

    faces: KnownFaces
    dataset: str
    settings: ConceptSettings
    units: tuple[str, ...]

    @classmethod
    def of(cls, faces: KnownFaces, dataset: str, settings: ConceptSettings) -> Probe:
        """Choose the units that can be tested.

        Raises
        ------
        DatasetError
            If there is none.
        """
        shown = _showing(faces)
        units = tuple(unit for unit, people in shown.items() if people >= FEWEST_SUBJECTS)
        if not units:
            raise DatasetError(
                f"no action unit is shown by {FEWEST_SUBJECTS} people of {dataset}, so no concept "
                "can be tested",
                hint="Take more pictures (--set concepts.pictures=N), or of more people.",
            )
        return cls(faces, dataset, settings, units)

    def asked(self, networks: Mapping[str, Checkpoint]) -> pd.DataFrame:
        """Return how many people's pictures are asked, and how many of them shaped a network."""
        people = set(self.faces.subjects)
        return pd.DataFrame(
            [
                (name, self.dataset, len(self.faces), len(people),
                 len(people & network.card.seen(self.dataset)))
                for name, network in networks.items()
            ],
            columns=["network", "dataset", "pictures", "people", "seen"],
        )  # fmt: skip

    def shown(self) -> pd.DataFrame:
        """Return how often each action unit shows, and whether it is a concept here."""
        people = _showing(self.faces)
        return pd.DataFrame(
            {
                "unit": list(people),
                "pictures": self.faces.shown.sum(axis=0),
                "people": list(people.values()),
                "tested": [unit in self.units for unit in people],
            }
        )

    def regions(
        self, networks: Mapping[str, Checkpoint], progress: Callable[[int, int], None]
    ) -> tuple[dict[str, ConceptScores], pd.DataFrame]:
        """Fit concepts in each network's layer; return scores, and `concept_table` of each."""
        s = self.settings
        regions, shown = self.faces.regions(self.units, SIDE), self.faces.showing(self.units)
        scores, tables = {}, []
        for number, (name, checkpoint) in enumerate(networks.items()):
            values, _ = self._view(checkpoint, checkpoint.card.classes[-1])
            found, control = (
                concept_scores(
                    values, regions, shown, self.faces.subjects, self.units,
                    seeds=s.seeds, folds=s.folds, epochs=s.epochs, control=random,
                )
                for random in (False, True)
            )  # fmt: skip
            scores[name] = found
            tables.append(concept_table(found, control).assign(network=name))
            progress(number + 1, len(networks))
        return scores, _named(tables)

    def directions(
        self, networks: Mapping[str, Checkpoint], progress: Callable[[int, int], None]
    ) -> pd.DataFrame:
        """Return `tcav_table` of each network, for its last class, most pain."""
        s = self.settings
        shown = self.faces.showing(self.units)
        tables = []
        for number, (name, checkpoint) in enumerate(networks.items()):
            label = checkpoint.card.classes[-1]
            values, slope = self._view(checkpoint, label)
            found, control = (
                sensitivity(
                    values.mean(axis=(2, 3)), slope, shown, self.faces.subjects, self.units,
                    seeds=seeds, folds=s.folds, control=random,
                )
                for random, seeds in ((False, s.seeds), (True, s.randoms))
            )  # fmt: skip
            tables.append(tcav_table(found, control).assign(network=name, label=label))
            progress(number + 1, len(networks))
        return _named(tables)

    def _view(self, checkpoint: Checkpoint, label: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a layer's answers and the slopes of a class's evidence, see `layer_view`."""
        network, card = checkpoint
        device = pick_device("auto")
        chain = as_chain(network, card.classes.index(label)).to(device)
        crops = torch.from_numpy(self.faces.at(card.input_size).crops)
        parts = [
            layer_view(chain, prepare(part.to(device), card.preprocessing), self.settings.layer)
            for part in crops.split(64)
        ]
        values, slopes = (np.concatenate(part) for part in zip(*parts, strict=True))
        return values, slopes


def lost_table(scores: Mapping[str, ConceptScores]) -> pd.DataFrame:
    """Return `lost_attention` of every later network against the first."""
    names = list(scores)
    if len(names) < 2:
        raise UsageError("nothing to compare: one network only")
    before = scores[names[0]]
    return _named([lost_attention(before, scores[n]).assign(network=n) for n in names[1:]])


def _showing(faces: KnownFaces) -> dict[str, int]:
    """Return how many people show each unit at times."""
    who = np.asarray(faces.subjects)
    return {unit: len(np.unique(who[faces.shown[:, k]])) for k, unit in enumerate(faces.units)}


def _named(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    return table[["network", *(column for column in table.columns if column != "network")]]
