"""One self-contained HTML page from a run folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painscope.experiments.facts import StudyFacts, read_facts
from painscope.files import write_text
from painscope.recording import VIRTUAL_PREFIX
from painscope.report.answer import find_answer
from painscope.report.crossed import crossed_tables, difference_tables
from painscope.report.pictures import MANY, Picture, draw_pictures, save_pictures
from painscope.report.provenance import (
    Group,
    changed_settings,
    provenance,
    recipe_text,
    spoken_reason,
)
from painscope.report.published import PUBLISHED, Published
from painscope.report.results import Results, load_results
from painscope.report.tables import (
    METRIC_TITLES,
    class_table,
    constant_answers,
    counted,
    interval,
    number,
    published_tables,
    results_table,
    signed,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["render", "render_report", "write_report"]


def write_report(run: Path | str) -> Path:
    """Draw a run's report from its files: ``report.html``, and ``figures/`` beside it.

    Parameters
    ----------
    run : path-like
        A run folder.

    Returns
    -------
    Path
        The page: one file that needs nothing else and fetches nothing.

    Raises
    ------
    RunError
        If the folder is not a run, of another format, or damaged.
    StorageError
        If the page cannot be written.
    """
    if isinstance(read_facts(Path(run)), StudyFacts):
        from painscope.report.study_pages import write_study

        return write_study(run)
    results = load_results(run)
    pictures = draw_pictures(results)
    save_pictures([picture for group in pictures.values() for picture in group], results.folder)
    page = results.folder / "report.html"
    write_text(page, render_report(results, pictures))
    return page


def render_report(results: Results, pictures: Mapping[str, list[Picture]]) -> str:
    """Return the page of a run with its pictures."""
    return render("page.html", **_content(results, pictures))


def render(template: str, **content: object) -> str:
    """Fill a template of this package; everything that comes from data is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def read(name: str) -> str:
        return resources.files("painscope.report").joinpath(name).read_text(encoding="utf-8")

    environment = Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["signed"] = signed
    environment.filters["people"] = lambda number: counted(number, "person", "people")
    environment.filters["duration"] = _duration
    environment.filters["svg"] = lambda picture: Markup(picture.element)
    environment.globals["interval"] = interval
    return environment.get_template(template).render(css=Markup(read("page.css")), **content)


#: Settings without which a recipe's summary does not hold: what is read, and by what.
_ASKED = re.compile(r"(rows|features|cross|(source|target)\.dataset)\b")


def _setting(name: str, value: str) -> str:
    return name if "{" in value else f"{name} {value}"  # tables are in the recipe below


def _content(results: Results, pictures: Mapping[str, list[Picture]]) -> dict[str, Any]:
    published = PUBLISHED.get(results.recipe.published or "")
    answer = find_answer(results)
    changed = changed_settings(results.recipe)
    return {
        "results": results,
        "facts": results.facts,
        "recipe": results.recipe,
        "answer": answer,
        "pictures": pictures,
        "scores": [
            (split, results_table(results, split), class_table(results, split))
            for split in results.splits
        ],
        "constants": [
            (split, constant_answers(results.true_labels(split)["true_label"], results.classes))
            for split in results.splits
        ],
        "best_accuracy": _best_accuracy(results),
        "crossed": [
            (tables, difference_tables(results, split))
            for split in results.splits
            if (tables := crossed_tables(results, split))
        ],
        "changed": [_setting(*pair) for pair in changed.items()],
        "own_question": any(_ASKED.match(name) for name in changed),
        "draws": results.predictions.query("classifier == 'chance'")["seed"].nunique(),
        "untrained": results.untrained,
        "many": sum(facts.role != "baseline" for facts in results.facts.classifiers) > MANY,
        "published": published,
        "published_tables": published_tables(results, published) if published else [],
        "network": _network(results, published),
        "damaged": _rows(results.status, results.status["damage"].fillna("") != ""),
        "failed": _rows(results.status, results.status["status"] == "failed"),
        "flags": _flags(results),
        "provenance": list(_provenance(results)),
        "recipe_text": recipe_text(results.recipe),
    }


def _best_accuracy(results: Results) -> dict[str, tuple[str, float]]:
    """Return, per split, the title and accuracy of the most accurate system under test."""
    best = {}
    for split in results.splits:
        found = [
            (facts.title, float(score["value"]))
            for facts in results.classifiers(split, "model", "peer")
            if (score := results.score(split, facts.name, "accuracy")) is not None
        ]
        if found:
            best[split] = max(found, key=lambda pair: pair[1])
    return best


def _network(results: Results, published: Published | None) -> dict[str, Any] | None:
    """Return what the page says about the source network."""
    network = results.facts.source_network
    if network is None:
        return None
    card = network.card
    learned = {name.removeprefix(VIRTUAL_PREFIX) for name in card.get("subjects") or {}}
    alike = published is not None and learned == {published.source_dataset}
    theirs = published.source_network if published and alike else {}
    metrics = card.get("metrics") or {}
    return {
        "subjects": {name: len(ids) for name, ids in (card.get("subjects") or {}).items()},
        "tested": sum(len(ids) for ids in (card.get("test_subjects") or {}).values()),
        "metrics": [
            (_spoken(METRIC_TITLES[name]), metrics[name], theirs.get(name))
            for name in ("accuracy", "f1")
            if name in metrics
        ],
        "majority": metrics.get("majority"),
    }


def _spoken(title: str) -> str:
    """Return a title as it stands within a sentence: ``accuracy``, and ``F1`` as it is."""
    return title.lower() if title[1:].islower() else title


def _rows(status: pd.DataFrame, which: pd.Series) -> list[dict[str, Any]]:
    rows = status[which]
    texts = {name: rows[name].fillna("").map(spoken_reason) for name in ("reason", "damage")}
    return [{str(k): v for k, v in row.items()} for row in rows.assign(**texts).to_dict("records")]


def _flags(results: Results) -> list[tuple[str, int]]:
    """Return what predictions were flagged with, and on how many recordings."""
    table = results.predictions
    flagged = table[table["flag"].fillna("") != ""]
    counts = flagged.groupby("flag")["recording"].nunique()
    return [(str(flag), int(number)) for flag, number in counts.items()]


def _provenance(results: Results) -> Iterator[Group]:
    facts, recipe = results.facts, results.recipe
    network = facts.source_network
    return provenance(
        facts,
        results.environment,
        networks={"Source network": network} if network else {},
        features=facts.features,
        more={"seeds": recipe.seeds, "resamples of subjects": recipe.bootstrap},
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
