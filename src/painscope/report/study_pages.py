"""The two kinds of studies, each as pictures, tables and an answer for its page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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

__all__ = ["write_study"]

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
    forgotten = study.facts.kind == "forgotten-action-units"
    pictures = draw_forgotten(study) if forgotten else draw_clinical(study)
    save_pictures([p for group in pictures.values() for p in group], study.folder.path)
    content = _forgotten(study) if forgotten else _clinical(study)
    page = study.folder.path / "report.html"
    text = render(
        "forgotten.html" if forgotten else "clinical.html",
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
        **content,
    )
    write_text(page, text)
    return page


def draw_forgotten(study: Study) -> dict[str, list[Picture]]:
    """Draw the figures of what was forgotten, by section of the page."""
    scores, lost = study.tables["scores"], study.tables["lost"]
    stages = list(study.facts.networks)
    short = {"emotion": "before", "block5": "+ block 5", "block4": "+ block 4", "all": "all"}
    names = [short.get(stage, study.title(stage)) for stage in stages]
    rows = scores[scores["metric"] == "recall"]
    emotions = list(dict.fromkeys(rows["class"]))
    recall = {
        emotion: series(
            rows[rows["class"] == emotion], stages, "stage", emotion, ("value", "low", "high")
        )
        for emotion in emotions
    }
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
    changes = [
        Bar(
            str(row["concept"]),
            row["change"],
            row["low"],
            row["high"],
            _role(row["p_holm"] < LEVEL),
        )
        for _, row in lost[lost["network"] == stages[-1]].iterrows()
    ]
    return {
        "overall": [
            Picture(
                "emotions",
                "Balanced accuracy on the eight emotions, by stage of fine-tuning to pain",
                forest_figure(
                    bars,
                    label="balanced accuracy on emotions",
                    references={"chance": 1 / len(emotions)},
                ),
            )
        ],
        "recall": [
            Picture(
                "recall",
                "Recall of every emotion by stage; dashed: before fine-tuning",
                steps_figure(recall, names, label="recall"),
            )
        ],
        "flipped": list(_flipped(study)),
        "lost": [
            Picture(
                "lost",
                "Change of each concept's IoU from the emotion network to the fully fine-tuned one",
                forest_figure(
                    changes, label="change of the concept's IoU, everything fine-tuned − before",
                    references={"no change": 0.0}, limits=None,
                ),
            )
        ],
        "concepts": concept_pictures(study),
    }  # fmt: skip


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
    less = final[(final["change"] < 0) & (final["p_holm"] < LEVEL)]
    recalls = changes[(changes["stage"] == last) & (changes["metric"] == "recall")]
    stages = list(study.facts.networks)[1:]
    counts = flipped.groupby("stage").size().reindex(stages, fill_value=0)
    return {
        "change": overall.iloc[0],
        "less": list(less["concept"]),
        "tested": int(final["p_holm"].notna().sum()),
        "counts": [(study.title(stage), int(counts[stage])) for stage in stages],
        "recall_table": estimates_table(
            recalls, f"recall of emotions: {study.title(last)} against before",
            {
                "Before": cell("before"), "After": cell("after"),
                "Change": cell("value", "low", "high", plus=True),
            },
            title=lambda row: str(row["class"]), of="Emotion",
        ),
        "lost_tables": [
            estimates_table(
                lost[lost["network"] == stage],
                f"IoU of concepts: {study.title(stage)} against before",
                {
                    "Before": cell("before", digits=3), "After": cell("after", digits=3),
                    "Change": cell("change", "low", "high", plus=True, digits=3),
                    "p": lambda row: Cell(p_value(row["p"])),
                    "p (Holm)": lambda row: Cell(p_value(row["p_holm"])),
                },
                title=lambda row: str(row["concept"]), of="Action unit",
            )
            for stage in stages[::-1]
        ],
    }  # fmt: skip


def draw_clinical(study: Study) -> dict[str, list[Picture]]:
    """Draw the figures of clinical against experimental pain, by section of the page."""
    tables, title = study.tables, study.title
    matrix = tables["matrix"]
    auc = matrix[matrix["metric"] == "auc"]
    datasets = list(dict.fromkeys(auc["dataset"]))
    titles = {name: title(name) for name in (*datasets, *auc["trained_on"])}
    inside = tables["inside"]
    units = list(dict.fromkeys(inside["unit"]))
    panels = {
        title(str(dataset)): [
            series(part, units, "unit", title(str(network)), ("gain", "low", "high"))
            for network, part in rows.groupby("network", sort=False)
        ]
        for dataset, rows in inside.groupby("dataset", sort=False)
    }
    curves = {
        f"{title(str(network))} on {title(str(dataset))}": {
            str(curve): part for curve, part in rows.groupby("curve", sort=False)
        }
        for (network, dataset), rows in tables["curves"].groupby(["network", "dataset"], sort=False)
    }
    lines = {
        f"{title(str(network))} on {title(str(dataset))}": rows
        for (network, dataset), rows in tables["cascade"].groupby(
            ["network", "dataset"], sort=False
        )
    }
    return {
        "matrix": [
            Picture(
                "matrix",
                "Area under the ROC curve of each network on each dataset's held-out people",
                matrix_figure(
                    auc, list(dict.fromkeys(auc["trained_on"])), datasets, titles, label="AUC"
                ),
            )
        ],
        "faces": [_faces(study)],
        "inside": [
            Picture(
                "inside",
                "Relevance inside the regions of the units that are there, above random networks'",
                rows_figure(
                    panels, units, reference=("random weights", 0.0),
                    label="share of the relevance, above random networks'",
                ),
            )
        ],
        "checks": [
            Picture(
                "curves",
                "Evidence for pain as parts of the picture are removed, or put in",
                curves_figure(curves),
            ),
            Picture(
                "cascade",
                "How alike the maps stay while weights are drawn anew, layer by layer",
                cascade_figure(lines),
            ),
        ],
        "concepts": concept_pictures(study),
    }  # fmt: skip


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
            (study.title(str(name)), list(rows[rows["gain_low"] > 0]["concept"]), len(rows))
            for name, rows in concepts.groupby("network", sort=False)
        ],
        "matrix_table": estimates_table(
            whole[whole["metric"] == "auc"].merge(
                whole[whole["metric"] == "balanced_accuracy"],
                on=["trained_on", "dataset", "people", "in_pain"], suffixes=("", "_balanced"),
            ),
            "each network on each dataset's held-out people",
            {
                "AUC": cell("value", "low", "high"),
                "Balanced accuracy": cell("value_balanced", "low_balanced", "high_balanced"),
                "People": lambda row: Cell(f"{row['people']:.0f}", f"{row['in_pain']:.0f} in pain"),
            },
            title=lambda row: f"{study.title(row['trained_on'])} → {study.title(row['dataset'])}",
            of="Trained on → tested on",
        ),
        "inside_tables": [
            estimates_table(
                rows, f"{study.title(str(network))} network on {study.title(str(dataset))}",
                {
                    "Pictures": lambda row: Cell(
                        f"{row['pictures']} of {row['asked']}", f"{row['people']} people"
                    ),
                    "Relevance inside": cell("mass", digits=3),
                    "Random weights": cell("random", digits=3), "Area": cell("area", digits=3),
                    "Above random": cell("gain", "low", "high", plus=True, digits=3),
                    "Highest point inside": cell("hit"), "Random weights’": cell("hit_random"),
                },
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
