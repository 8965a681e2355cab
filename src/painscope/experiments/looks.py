"""What networks look at, in tables and maps, and whether their maps can be believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch

from painscope.evaluation import Estimate
from painscope.evaluation.bootstrap import over_people
from painscope.experiments.faces import KnownFaces
from painscope.experiments.studies import LookSettings
from painscope.explain import (
    Explainer,
    cascading_randomisation,
    deletion,
    gain,
    insertion,
    mass_inside,
    pointing_game,
    relevance,
)
from painscope.networks import Checkpoint, prepare, random_checkpoint

__all__ = [
    "PAIN_UNITS",
    "cascade_table",
    "curve_table",
    "draw_maps",
    "inside_table",
    "make_explainer",
    "relevance_table",
]

#: The action units of pain, those of the Prkachin–Solomon score.
PAIN_UNITS = ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")
#: The region that all of a picture's pain units make together.
TOGETHER = "all present"
BATCH = 16


def make_explainer(
    checkpoint: Checkpoint, settings: LookSettings, label: str | None = None
) -> Explainer:
    """Return what explains a network by relevance as the recipe says."""
    return Explainer(checkpoint, label=label, preset=settings.preset, epsilon=settings.epsilon)


def draw_maps(explainer: Explainer, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps [N, S, S] and the evidence [N] of many crops, uint8 [N, S, S, 3]."""
    parts = [explainer.explain(crops[k : k + BATCH]) for k in range(0, len(crops), BATCH)]
    return np.concatenate([p.maps for p in parts]), np.concatenate([p.score for p in parts])


def relevance_table(
    checkpoint: Checkpoint,
    faces: KnownFaces,
    settings: LookSettings,
    progress: Callable[[int, int], None],
) -> pd.DataFrame:
    """Measure how much of the relevance for pain lies where pain shows, picture by picture.

    Beside it stand networks of the same shape whose weights are random: what a map owes to the
    architecture, and to faces being in the middle, they have too. Which of its two answers a
    random network calls pain is chance, so its map is taken for the one it speaks for.

    Parameters
    ----------
    checkpoint : Checkpoint
        Of a network that has seen none of the people.
    faces : KnownFaces
        Pictures of pain.
    settings : LookSettings
    progress : callable
        Called with the networks done and to do.

    Returns
    -------
    DataFrame
        A row per picture and region (`TOGETHER`, and each pain unit that the picture shows):
        ``recording``, ``subject``, ``unit``, ``evidence`` (for pain, in log odds), ``mass``
        (share of the positive relevance inside), ``random`` (mean over the random networks),
        ``area`` (share of the picture), ``hit`` and ``hit_random`` (whether the highest point
        lies inside).
    """
    card = checkpoint.card
    faces = faces.at(card.input_size)
    networks = [checkpoint] + [
        random_checkpoint(
            seed=seed, width=card.width, input_size=card.input_size, classes=card.classes,
            preprocessing=card.preprocessing,
        )
        for seed in range(settings.randoms)
    ]  # fmt: skip
    units = [unit for unit in PAIN_UNITS if unit in faces.units]
    masks = faces.regions(units, card.input_size) & faces.showing(units)[..., None, None]
    masks = np.concatenate([masks.any(axis=1, keepdims=True), masks], axis=1)
    mass, hits, evidence = [], [], np.empty(0)
    for number, network in enumerate(networks):
        maps, score = draw_maps(make_explainer(network, settings), faces.crops)
        if number == 0:
            evidence = score
        else:
            maps = maps * np.where(maps.sum(axis=(1, 2)) < 0, -1, 1)[:, None, None]
        mass.append(mass_inside(maps, masks))
        hits.append(np.stack([pointing_game(maps, own) for own in masks.swapaxes(0, 1)], axis=1))
        progress(number + 1, len(networks))
    table = pd.DataFrame(
        {
            "recording": np.repeat(faces.recordings, masks.shape[1]),
            "subject": np.repeat(faces.subjects, masks.shape[1]),
            "unit": np.tile([TOGETHER, *units], len(faces)),
            "evidence": np.repeat(evidence, masks.shape[1]),
            "mass": mass[0].ravel(),
            "random": np.mean(mass[1:], axis=0).ravel(),
            "area": masks.mean(axis=(2, 3)).ravel(),
            "hit": hits[0].ravel(),
            "hit_random": np.mean(hits[1:], axis=0).ravel(),
        }
    )
    return table[table["area"] > 0].reset_index(drop=True)


def inside_table(table: pd.DataFrame) -> pd.DataFrame:
    """Sum `relevance_table` up: per unit, how far the network's mass is above random ones'.

    A map explains an answer, so only pictures of pain are asked about that the network calls
    pain: in the others what speaks for pain is what was outweighed. Left out as well are those
    that get the answer from biases alone, and whose maps hold nothing that speaks for pain.

    Returns
    -------
    DataFrame
        ``unit``, ``asked`` (pictures of pain that show it), ``pictures`` and ``people`` that
        the network calls pain, means over these people of ``mass``, ``random``, ``area``,
        ``hit`` and ``hit_random``, and ``gain`` (mass − random) with ``low`` and ``high``; NaN
        where no picture is left.
    """
    names = ["mass", "random", "area", "hit", "hit_random"]
    rows: list[dict[str, Any]] = []
    for unit, asked in table.groupby("unit", sort=False):
        part = asked[asked["evidence"] > 0].dropna(subset=["mass", "random"])
        means = part.groupby("subject")[names].mean().mean()
        above = Estimate(np.nan, np.nan, np.nan)
        if len(part):
            values = part["mass"].to_numpy(), part["random"].to_numpy()
            above = gain(*values, part["subject"].tolist())
        rows.append(
            {"unit": unit, "asked": len(asked), "pictures": len(part)}
            | {"people": part["subject"].nunique()}
            | {name: float(means[name]) for name in names}
            | {"gain": above.value, "low": above.low, "high": above.high}
        )
    columns = ["unit", "asked", "pictures", "people", *names, "gain", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], float))


def curve_table(checkpoint: Checkpoint, faces: KnownFaces, settings: LookSettings) -> pd.DataFrame:
    """Follow the evidence for pain as parts of the pictures go, or come, by relevance.

    Returns
    -------
    DataFrame
        A row per ``curve`` (``deletion``, ``insertion``), ``order`` (``relevance``,
        ``random``) and ``share`` of the picture: ``value``, ``low``, ``high``, mean evidence
        over people with its interval.
    """
    import cv2

    explainer = make_explainer(checkpoint, settings)
    crops = faces.at(checkpoint.card.input_size).crops
    maps, _ = draw_maps(explainer, crops)
    blurred = np.stack([cv2.GaussianBlur(c, (0, 0), crops.shape[1] / 10) for c in crops])
    shown, hidden = (
        prepare(torch.from_numpy(c).to(explainer.device), checkpoint.card.preprocessing)
        for c in (crops, blurred)
    )
    rows = []
    for name, curve in (("deletion", deletion), ("insertion", insertion)):
        found = curve(explainer.chain, shown, maps, hidden)
        for order, values in (("relevance", found.score), ("random", found.random.mean(axis=0))):
            told = over_people(values, faces.subjects)
            rows += [
                (name, order, share, one.value, one.low, one.high)
                for share, one in zip(found.share, told, strict=True)
            ]
    return pd.DataFrame(rows, columns=["curve", "order", "share", "value", "low", "high"])


def cascade_table(
    checkpoint: Checkpoint, faces: KnownFaces, settings: LookSettings
) -> pd.DataFrame:
    """Draw weights anew from the last layer down; return how alike the maps stay.

    Returns
    -------
    DataFrame
        A row per ``layer`` drawn anew with all above it: ``value``, ``low``, ``high``, the rank
        correlation with the trained network's maps, mean over people.
    """
    explainer = make_explainer(checkpoint, settings)
    images = prepare(
        torch.from_numpy(faces.at(checkpoint.card.input_size).crops).to(explainer.device),
        checkpoint.card.preprocessing,
    )

    def draw(chain: torch.nn.Sequential, pictures: torch.Tensor) -> np.ndarray:
        return relevance(chain, pictures, preset=settings.preset, epsilon=settings.epsilon).maps

    table = cascading_randomisation(explainer.chain, images, draw)
    wide = table.pivot(index="picture", columns="layer", values="correlation")
    wide = wide[list(dict.fromkeys(table["layer"]))]
    told = over_people(wide.to_numpy(), faces.subjects)
    return pd.DataFrame(
        [
            (layer, one.value, one.low, one.high)
            for layer, one in zip(wide.columns, told, strict=True)
        ],
        columns=["layer", "value", "low", "high"],
    )
