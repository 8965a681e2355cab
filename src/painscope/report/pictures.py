"""The figures of a run's report: which there are, what they show, and their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from painscope.evaluation import Counts
from painscope.files import write_bytes, write_text
from painscope.recording import SPLITS
from painscope.report import figures
from painscope.report.answer import METRIC
from painscope.report.results import Results
from painscope.report.style import draw_pdf, draw_png, draw_svg, inline_svg
from painscope.report.tables import METRIC_TITLES
from painscope.report.timeline import timeline_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from painscope.experiments.facts import ClassifierFacts

__all__ = ["BEST", "MANY", "Picture", "draw_pictures", "save_pictures"]


#: More systems than this are too many to look at: the best stand for them.
MANY, BEST = 9, 6


@dataclass(frozen=True)
class Picture:
    """A figure of a page.

    Attributes
    ----------
    name : str
        Of its file, and the beginning of its ids in the page.
    caption : str
        What it shows.
    figure : Figure
        The drawing.
    """

    name: str
    caption: str
    figure: Figure

    @cached_property
    def svg(self) -> str:
        """The drawing as an SVG file."""
        return draw_svg(self.figure)

    @property
    def element(self) -> str:
        """The drawing as an element of a page."""
        return inline_svg(self.svg, self.name, self.caption)


def save_pictures(pictures: Sequence[Picture], run: Path) -> None:
    """Save figures into the run's ``figures/``: SVG and PNG each, and all as one PDF."""
    folder = run / "figures"
    for picture in pictures:
        write_text(folder / f"{picture.name}.svg", picture.svg)
        write_bytes(folder / f"{picture.name}.png", draw_png(picture.figure))
    if pictures:
        write_bytes(folder / "figures.pdf", draw_pdf(picture.figure for picture in pictures))


def draw_pictures(results: Results) -> dict[str, list[Picture]]:
    """Draw every figure that the run has the data for, by section of the page."""
    return {
        "forest": list(_forests(results)),
        "skill": list(_skill(results)),
        "confusion": list(_confusions(results)),
        "learning": list(_learning(results)),
        "timeline": list(_timelines(results)),
        "classes": list(_classes(results)),
        "faces": list(_faces(results)),
    }


def _forests(results: Results) -> Iterator[Picture]:
    for split in results.splits:
        bars = []
        for facts in results.classifiers(split):
            score = results.score(split, facts.name, METRIC)
            if score is not None:
                values = (score["value"], score["low"], score["high"])
                bars.append(figures.Bar(facts.title, *values, facts.role))
        references = {bar.title: bar.value for bar in bars if bar.role == "baseline"}
        title = METRIC_TITLES[METRIC]
        yield Picture(
            f"scores-{split}",
            f"{title} of every classifier on the {split} split, with 95 % intervals over subjects",
            figures.forest_figure(bars, label=f"{title} ({split})", references=references),
        )


def _skill(results: Results) -> Iterator[Picture]:
    for split in results.splits:
        table = results.skill[results.skill["split"] == split]
        table = table[table["value"].notna()]  # the oracle had no skill to share
        if table.empty:
            continue
        bars = []
        for facts in results.facts.classifiers:
            for _, row in table[table["classifier"] == facts.name].iterrows():
                bars.append(
                    figures.Bar(facts.title, row["value"], row["low"], row["high"], facts.role)
                )
        yield Picture(
            f"skill-{split}",
            f"Skill recovered on the {split} split: 0 is the majority class, 1 the oracle",
            figures.forest_figure(
                bars,
                label=f"share of the possible skill ({split})",
                references={"majority": 0.0, "oracle": 1.0},
                limits=None,
            ),
        )


def _confusions(results: Results) -> Iterator[Picture]:
    if not results.splits:
        return
    split = results.splits[0]
    table = results.labelled(split)
    for facts in _foremost(results, split):
        rows = table[table["classifier"] == facts.name]
        # Each seed answers every recording once, so the mean over seeds adds up to them.
        counts = Counts.of(rows, results.classes).counts.sum(axis=1).mean(axis=0)
        yield Picture(
            f"confusion-{split}-{_file_name(facts.name)}",
            f"Confusion matrix of {facts.title} on the {split} split",
            figures.confusion_figure(counts, results.classes, title=facts.title),
        )


def _foremost(results: Results, split: str) -> list[ClassifierFacts]:
    """Return all systems, or where they are many the best by the answer's metric."""
    systems = results.classifiers(split, "model", "peer", "oracle")
    if len(systems) <= MANY:
        return list(systems)
    scores = [(results.score(split, facts.name, METRIC), facts) for facts in systems]
    known = [(float(score["value"]), facts) for score, facts in scores if score is not None]
    return [facts for _, facts in sorted(known, key=lambda pair: -pair[0])[:BEST]]


def _learning(results: Results) -> Iterator[Picture]:
    for facts in results.facts.classifiers:
        history = results.histories[results.histories["classifier"] == facts.name]
        if not history.empty:
            yield Picture(
                f"learning-{_file_name(facts.name)}",
                f"Losses of {facts.title} over the epochs",
                figures.learning_figure(history, title=facts.title),
            )


def _timelines(results: Results) -> Iterator[Picture]:
    columns = [f"p_{name}" for name in results.classes]
    for number, example in enumerate(results.examples, 1):
        parts = {str(k): rows for k, rows in example.frames.groupby("classifier", sort=False)}
        first = next(iter(parts.values()))
        time_s = first["time_s"].to_numpy()
        answers = results.predictions[results.predictions["recording"] == example.recording]
        truth = answers["true_label"].dropna()
        title = example.recording + (f" (truth: {truth.iloc[0]})" if len(truth) else "")
        yield Picture(
            f"timeline-{number}",
            f"Probabilities of the classes over recording {example.recording}, faces above",
            timeline_figure(
                time_s,
                {
                    results.title(name): rows.set_index("time_s")[columns]
                    .reindex(time_s)
                    .to_numpy()
                    for name, rows in parts.items()
                },
                results.classes,
                first["found"].to_numpy(),
                example.crops,
                title=title,
            ),
        )


def _classes(results: Results) -> Iterator[Picture]:
    import pandas as pd

    counts = [
        {
            "split": c.split or "no split",
            "label": c.label or "unlabelled",
            "recordings": c.recordings,
        }
        for c in results.facts.target.counts
    ]
    if not counts:
        return
    table = pd.DataFrame(counts).pivot_table(
        index="split", columns="label", values="recordings", aggfunc="sum", fill_value=0, sort=False
    )
    order = [name for name in (*results.classes, "unlabelled") if name in table.columns]
    table = table.reindex([name for name in (*SPLITS, "no split") if name in table.index])
    yield Picture(
        "classes",
        "Recordings of each class in every split",
        figures.class_figure(table[order], results.classes),
    )


def _faces(results: Results) -> Iterator[Picture]:
    status = results.status[
        (results.status["status"] != "failed") & (results.status["n_frames"] > 0)
    ]
    if not status.empty:
        yield Picture(
            "faces",
            "Share of frames without a face, person by person",
            figures.face_figure(status),
        )


def _file_name(text: str) -> str:
    """Return `text` as a part of a file's name, and of an id in the page."""
    return "-".join("".join(c if c.isalnum() else " " for c in text).split()).lower() or "x"
