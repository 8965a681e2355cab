"""The two kinds of studies, each as pictures, tables and an answer for its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painscope.files import write_text
from painscope.report.figures import Bar, forest_figure
from painscope.report.html import render
from painscope.report.pictures import Picture, save_pictures
from painscope.report.provenance import provenance, recipe_text
from painscope.report.study import (
    Study,
    cell,
    concept_pictures,
    estimates_table,
    load_study,
    p_value,
    series,
    tcav_table,
)
from painscope.report.study_figures import (
    cascade_figure,
    curves_figure,
    maps_figure,
    matrix_figure,
    rows_figure,
    steps_figure,
)
from painscope.report.tables import Cell, signed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PAGES", "write_study"]

#: Below this, after Holm's correction, a change is called one.
LEVEL = 0.05


def write_study(run: Path | str) -> Path:
    """Draw a study's report from its files: ``report.html``, and ``figures/`` beside it.

    Raises
    ------
    RunError
        If the folder is not such a run, of another format, or damaged.
    StorageError
        If the page cannot be written.
    """
    study = load_study(run)
    template, draw, tell = PAGES[study.facts.kind]
    pictures = draw(study)
    save_pictures([p for group in pictures.values() for p in group], study.folder.path)
    page = study.folder.path / "report.html"
    text = render(
        template,
        study=study,
        facts=study.facts,
        recipe=study.recipe,
        pictures=pictures,
        tcav=[tcav_table(study, str(name)) for name in study.tables["tcav"]["network"].unique()],
        networks=_networks(study),
        provenance=list(
            provenance(
                study.facts,
                study.folder.environment,
                networks={
                    f"Network: {study.title(name)}": network
                    for name, network in study.facts.networks.items()
                },
            )
        ),
        recipe_text=recipe_text(study.recipe),
        **tell(study),
    )
    write_text(page, text)
    return page


def draw_forgotten(study: Study) -> dict[str, list[Picture]]:
    """Draw the figures of what was forgotten, by section of the page."""
    return {
        "overall": [_overall(study)],
        "recall": [_recall(study)],
        "flipped": _flipped(study),
        "lost": [_lost(study)],
        "concepts": concept_pictures(study),
    }


def _overall(study: Study) -> Picture:
    scores, stages = study.tables["scores"], list(study.facts.networks)
    emotions = scores.loc[scores["metric"] == "recall", "class"].unique()
    whole = scores[scores["metric"] == "balanced_accuracy"].set_index("stage").loc[stages]
    bars = [
        Bar(
            study.title(str(stage)),
            row["value"],
            row["low"],
            row["high"],
            _role(stage != stages[0]),
        )
        for stage, row in whole.iterrows()
    ]
    return Picture(
        "emotions",
        "Balanced accuracy on the eight emotions, by stage of fine-tuning to pain",
        forest_figure(
            bars,
            label="balanced accuracy on emotions",
            references={"chance": 1 / len(emotions)},
        ),
    )


def _recall(study: Study) -> Picture:
    scores, stages = study.tables["scores"], list(study.facts.networks)
    short = {"emotion": "before", "block5": "+ block 5", "block4": "+ block 4", "all": "all"}
    recall = {
        str(emotion): series(rows, stages, "stage", str(emotion), ("value", "low", "high"))
        for emotion, rows in scores[scores["metric"] == "recall"].groupby("class", sort=False)
    }
    names = [short.get(stage, study.title(stage)) for stage in stages]
    return Picture(
        "recall",
        "Recall of every emotion by stage; dashed: before fine-tuning",
        steps_figure(recall, names, label="recall"),
    )


def _lost(study: Study) -> Picture:
    lost = study.tables["lost"]
    bars = [
        Bar(str(row["concept"]), row["change"], row["low"], row["high"],
            _role(row["p_holm"] < LEVEL))
        for _, row in lost[lost["network"] == list(study.facts.networks)[-1]].iterrows()
    ]  # fmt: skip
    return Picture(
        "lost",
        "Change of each concept's IoU from the emotion network to the fully fine-tuned one",
        forest_figure(
            bars,
            label="change of the concept's IoU, everything fine-tuned − before",
            references={"no change": 0.0},
            limits=None,
        ),
    )


def _role(stands_out: bool) -> str:
    return "model" if stands_out else "baseline"


def _flipped(study: Study) -> list[Picture]:
    table = study.tables["examples"]
    if table.empty:
        return []
    arrays = study.folder.arrays("flipped")
    last = study.title(list(study.facts.networks)[-1])
    return [
        Picture(
            "flipped",
            "Faces that were read right before and wrong after, with both networks' maps",
            maps_figure(
                arrays["crops"],
                {"before": arrays["before"], f"after: {last}": arrays["after"]},
                [str(label) for label in table["true_label"]],
                {
                    "before": [f"right ({signed(v, 1)})" for v in table["evidence_before"]],
                    f"after: {last}": [
                        f"“{answer}” ({signed(value, 1)})"
                        for answer, value in zip(
                            table["answer"], table["evidence_after"], strict=True
                        )
                    ],
                },
                of="the true emotion",
            ),
        )
    ]


def _forgotten(study: Study) -> dict[str, Any]:
    """Return the answer and the tables of what was forgotten."""
    changes, lost, flipped = (study.tables[name] for name in ("changes", "lost", "flipped"))
    last = list(study.facts.networks)[-1]
    overall = changes[(changes["stage"] == last) & (changes["metric"] == "balanced_accuracy")]
    final = lost[lost["network"] == last]
    less = set(final[(final["change"] < 0) & (final["p_holm"] < LEVEL)]["concept"])
    concepts = study.tables["concepts"]
    known = _known(concepts[concepts["network"] == next(iter(study.facts.networks))])
    recalls = changes[(changes["stage"] == last) & (changes["metric"] == "recall")]
    stages = list(study.facts.networks)[1:]
    counts = flipped.groupby("stage").size().reindex(stages, fill_value=0)
    return {
        "change": overall.iloc[0],
        "known": known,
        "less": [unit for unit in known if unit in less],
        "astray": [unit for unit in final["concept"] if unit in less and unit not in known],
        "tested": int(final["p_holm"].notna().sum()),
        "counts": [(study.title(stage), int(counts[stage])) for stage in stages],
        "recall_table": estimates_table(
            recalls, f"recall of emotions: {study.title(last)} against before",
            [
                ("Before", cell("before")), ("After", cell("after")),
                ("Change", cell("value", "low", "high", plus=True)),
            ],
            title=lambda row: str(row["class"]), of="Emotion",
        ),
        "lost_tables": [
            estimates_table(
                lost[lost["network"] == stage],
                f"IoU of concepts: {study.title(stage)} against before",
                [
                    ("Before", cell("before", digits=3)), ("After", cell("after", digits=3)),
                    ("Change", cell("change", "low", "high", plus=True, digits=3)),
                    ("p", lambda row: Cell(p_value(row["p"]))),
                    ("p (Holm)", lambda row: Cell(p_value(row["p_holm"]))),
                ],
                title=lambda row: str(row["concept"]), of="Action unit",
            )
            for stage in stages[::-1]
        ],
    }  # fmt: skip


def _known(concepts: pd.DataFrame) -> list[str]:
    """Return the concepts that a network knows better than random ones."""
    return list(concepts[concepts["gain_low"] > 0]["concept"])


def draw_clinical(study: Study) -> dict[str, list[Picture]]:
    """Draw the figures of clinical against experimental pain, by section of the page."""
    return {
        "matrix": [_matrix(study)],
        "faces": [_faces(study)],
        "inside": [_inside(study)],
        "checks": [_curves(study), _cascade(study)],
        "concepts": concept_pictures(study),
    }


def _matrix(study: Study) -> Picture:
    matrix = study.tables["matrix"]
    auc = matrix[matrix["metric"] == "auc"]
    networks, datasets = (list(dict.fromkeys(auc[by])) for by in ("trained_on", "dataset"))
    titles = {name: study.title(name) for name in (*datasets, *networks)}
    return Picture(
        "matrix",
        "Area under the ROC curve of each network on each dataset's held-out people",
        matrix_figure(auc, networks, datasets, titles, label="AUC"),
    )


def _inside(study: Study) -> Picture:
    inside = study.tables["inside"]
    units = list(dict.fromkeys(inside["unit"]))
    panels = {
        study.title(str(dataset)): [
            series(part, units, "unit", study.title(str(network)), ("gain", "low", "high"))
            for network, part in rows.groupby("network", sort=False)
        ]
        for dataset, rows in inside.groupby("dataset", sort=False)
    }
    return Picture(
        "inside",
        "Relevance inside the regions of the units that are there, above random networks'",
        rows_figure(
            panels,
            units,
            reference=("random weights", 0.0),
            label="share of the relevance, above random networks'",
        ),
    )


def _curves(study: Study) -> Picture:
    panels = {
        title: {str(curve): part for curve, part in rows.groupby("curve", sort=False)}
        for title, rows in _by_network(study, "curves")
    }
    return Picture(
        "curves",
        "Evidence for pain as parts of the picture are removed, or put in",
        curves_figure(panels),
    )


def _cascade(study: Study) -> Picture:
    return Picture(
        "cascade",
        "How alike the maps stay while weights are drawn anew, layer by layer",
        cascade_figure(dict(_by_network(study, "cascade"))),
    )


def _by_network(study: Study, table: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each network on each dataset, and what they are called."""
    for (network, dataset), rows in study.tables[table].groupby(["network", "dataset"], sort=False):
        yield f"{study.title(str(network))} on {study.title(str(dataset))}", rows


def _faces(study: Study) -> Picture:
    table, arrays = study.tables["faces"], study.folder.arrays("faces")
    names = {name: study.title(name) for name in ("experimental", "clinical")}
    return Picture(
        "faces",
        "The same faces, looked at by both networks",
        maps_figure(
            arrays["crops"],
            {title: arrays[name] for name, title in names.items()},
            [f"{study.title(str(row['dataset']))}:\n{row['label']}" for _, row in table.iterrows()],
            {title: [signed(v, 1) for v in table[name]] for name, title in names.items()},
            of="pain",
        ),
    )


def _clinical(study: Study) -> dict[str, Any]:
    """Return the answer and the tables of clinical against experimental pain."""
    matrix, inside, concepts = (study.tables[name] for name in ("matrix", "inside", "concepts"))
    whole = matrix[matrix["class"] == ""]
    together = inside[inside["unit"] == "all present"]
    return {
        "auc": [
            {**row, "on": study.title(row["dataset"]), "by": study.title(row["trained_on"])}
            for row in matrix[matrix["metric"] == "auc"].to_dict("records")
        ],
        "gains": [
            {**row, "on": study.title(row["dataset"]), "by": study.title(row["network"])}
            for row in together.to_dict("records")
        ],
        "known": [
            (study.title(str(name)), _known(rows), len(rows))
            for name, rows in concepts.groupby("network", sort=False)
        ],
        "matrix_table": estimates_table(
            whole[whole["metric"] == "auc"].merge(
                whole[whole["metric"] == "balanced_accuracy"],
                on=["trained_on", "dataset", "people", "in_pain"], suffixes=("", "_balanced"),
            ),
            "each network on each dataset's held-out people",
            [
                ("AUC", cell("value", "low", "high")),
                ("Balanced accuracy", cell("value_balanced", "low_balanced", "high_balanced")),
                ("People", lambda row: Cell(
                    f"{row['people']:.0f}", f"{row['in_pain']:.0f} in pain"
                )),
            ],
            title=lambda row: f"{study.title(row['trained_on'])} → {study.title(row['dataset'])}",
            of="Trained on → tested on",
        ),
        "inside_tables": [
            estimates_table(
                rows, f"{study.title(str(network))} network on {study.title(str(dataset))}",
                [
                    ("Pictures", lambda row: Cell(
                        f"{row['pictures']} of {row['asked']}", f"{row['people']} people"
                    )),
                    ("Relevance inside", cell("mass", digits=3)),
                    ("Random weights", cell("random", digits=3)), ("Area", cell("area", digits=3)),
                    ("Above random", cell("gain", "low", "high", plus=True, digits=3)),
                    ("Highest point inside", cell("hit")), ("Random weights", cell("hit_random")),
                ],
                title=lambda row: str(row["unit"]), of="Action unit",
            )
            for (network, dataset), rows in inside.groupby(["network", "dataset"], sort=False)
        ],
    }  # fmt: skip


def _networks(study: Study) -> list[dict[str, Any]]:
    """Return what the page says about each network."""
    told = []
    for name, network in study.facts.networks.items():
        card: Mapping[str, Any] = network.card
        metrics = card.get("metrics") or {}
        told.append(
            {
                "name": study.title(name),
                "title": card.get("title", ""),
                "learned": sum(len(ids) for ids in (card.get("subjects") or {}).values()),
                "tested": metrics.get("people"),
                "accuracy": metrics.get("accuracy"),
                "f1": metrics.get("f1"),
                "majority": metrics.get("majority"),
            }
        )
    return told


#: What makes the page of each kind of study: its template, its figures by section, and the
#: answer and tables that the template asks for.
PAGES = {
    "forgotten-action-units": ("forgotten.html", draw_forgotten, _forgotten),
    "clinical-vs-experimental": ("clinical.html", draw_clinical, _clinical),
}
