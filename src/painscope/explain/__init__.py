"""Looking into trained networks: where they look, and what they have concepts of."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from painscope.explain.attention import concept_table, holm, lost_attention
    from painscope.explain.attribution import METHODS, Explainer, Explanation
    from painscope.explain.concepts import (
        ConceptScores,
        concept_scores,
        fit_concepts,
        random_concepts,
    )
    from painscope.explain.measures import gain, mass_inside, pointing_game
    from painscope.explain.propagation import Relevance, as_chain, relevance
    from painscope.explain.regions import (
        ACTION_UNITS,
        REGIONS,
        crop_landmarks,
        face_mask,
        region_masks,
    )
    from painscope.explain.sanity import Curves, cascading_randomisation, deletion, insertion
    from painscope.explain.tcav import Sensitivity, layer_view, sensitivity, tcav_table

#: Name -> module; loaded when asked for, since torch and captum are heavy.
_HOMES = {
    "Curves": "sanity",
    "cascading_randomisation": "sanity",
    "deletion": "sanity",
    "insertion": "sanity",
    "ConceptScores": "concepts",
    "concept_scores": "concepts",
    "fit_concepts": "concepts",
    "random_concepts": "concepts",
    "Sensitivity": "tcav",
    "layer_view": "tcav",
    "sensitivity": "tcav",
    "tcav_table": "tcav",
    "concept_table": "attention",
    "holm": "attention",
    "lost_attention": "attention",
    "ACTION_UNITS": "regions",
    "METHODS": "attribution",
    "REGIONS": "regions",
    "Explainer": "attribution",
    "Explanation": "attribution",
    "Relevance": "propagation",
    "as_chain": "propagation",
    "crop_landmarks": "regions",
    "face_mask": "regions",
    "gain": "measures",
    "mass_inside": "measures",
    "pointing_game": "measures",
    "region_masks": "regions",
    "relevance": "propagation",
}

__all__ = [
    "Curves",
    "cascading_randomisation",
    "deletion",
    "insertion",
    "ConceptScores",
    "concept_scores",
    "fit_concepts",
    "random_concepts",
    "Sensitivity",
    "layer_view",
    "sensitivity",
    "tcav_table",
    "concept_table",
    "holm",
    "lost_attention",
    "ACTION_UNITS",
    "METHODS",
    "REGIONS",
    "Explainer",
    "Explanation",
    "Relevance",
    "as_chain",
    "crop_landmarks",
    "face_mask",
    "gain",
    "mass_inside",
    "pointing_game",
    "region_masks",
    "relevance",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
