from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from painscope.experiments import load_recipe
from painscope.report.html import render_report, write_report
from painscope.report.pictures import draw_pictures
from painscope.report.results import load_results

EVIL = "<script>alert('&')</script>\"><img src=x onerror=y>"
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, tables, text, open tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")
        elif tag == "small":
            self.tables[-1][-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if self.open and {"th", "td"} & set(self.open):
            self.tables[-1][-1][-1] += data.strip()

    def values(self, *names: str) -> list[str]:
        return [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in names and value
        ]


@pytest.fixture(scope="module")
def full(full_run: Path) -> str:
    return write_report(full_run).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bare(bare_run: Path) -> str:
    return _page(bare_run)


@pytest.fixture(scope="module")
def evil(make_run: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    people = {"train": 3, "validation": 2, "test": 2}
    run = make_run(tmp_path_factory.mktemp("evil") / "run", evil=EVIL, people=people)
    for example in sorted((run / "examples").glob("*.parquet"))[1:]:
        example.unlink()  # one is enough, and faster
    return _page(run)


def _page(run: Path) -> str:
    results = load_results(run)
    return render_report(results, draw_pictures(results))


@pytest.mark.parametrize("which", ["full", "bare", "evil"])
def test_a_page_is_sound_and_fetches_nothing(which: str, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(which)
    page = Page(text)
    assert page.open == []
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for target in page.values("href", "xlink:href", "src", "srcset", "data", "action", "poster"):
        assert target.startswith(("#", "data:image/")), target
        if target.startswith("#"):
            assert target[1:] in ids
    for target in re.findall(r"url\(([^)]*)\)", text):
        assert target.strip("'\"").startswith("#")
        assert target.strip("'\"")[1:] in ids
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in page.elements}
    assert "@import" not in text
    assert len(text.encode()) < 3_000_000


def test_a_page_tells_what_was_set_otherwise_than_in_the_recipe(bare_run: Path) -> None:
    results = load_results(bare_run)

    def read(*settings: str) -> str:
        recipe = load_recipe("faces-of-experimental-pain", settings)
        return Page(render_report(replace(results, recipe=recipe), defaultdict(list))).text

    usual = read()
    assert "Changed from the recipe" not in usual
    assert results.recipe.summary in usual
    smaller = read("seeds=3", "source.width=0.25", "source.checkpoint=/home/somebody/heat.pt")
    assert "Changed from the recipe: " in smaller
    assert {"seeds 3", "source.width 0.25", "source.checkpoint heat.pt"} <= set(
        smaller.partition("Changed from the recipe: ")[2].partition(".\n")[0].split("; ")
    )
    assert results.recipe.summary in smaller
    for setting in ("rows=[{classifier: lstm}]", "target.dataset=manifest"):
        other = read(setting)
        assert results.recipe.summary not in other
        assert "with data or rows of its own" in other


def test_numbers_of_the_page_are_the_scores(full: str, full_run: Path) -> None:
    scores = pd.read_parquet(full_run / "scores.parquet").set_index(
        ["split", "classifier", "metric", "class"]
    )
    results = load_results(full_run)
    tables = [table for table in Page(full).tables if "Spread over seeds" in table[0]]
    assert len(tables) == 2
    for split, table in zip(("test", "validation"), tables, strict=True):
        assert len(table) == 1 + len(results.facts.classifiers)
        for line, facts in zip(table[1:], results.facts.classifiers, strict=True):
            assert line[0].startswith(facts.title)
            for text, metric in zip(
                line[1:4], ("macro_f1", "balanced_accuracy", "accuracy"), strict=True
            ):
                score = scores.loc[(split, facts.name, metric, "")]
                assert text == f"{score['value']:.2f} {score['low']:.2f}–{score['high']:.2f}"


def test_the_answer_comes_first(full: str, full_run: Path) -> None:
    score = load_results(full_run).score("test", "lstm", "macro_f1")
    text = " ".join(Page(full).text.split())
    assert f"LSTM, the best of 4, reaches a macro-F1 of {score['value']:.2f}" in text
    assert f"interval {score['low']:.2f}–{score['high']:.2f}" in text
    assert "better than not looking" in text
    assert text.index("The answer") < text.index("What was run")


def test_constant_answers_are_worked_out_from_the_data(full: str, full_run: Path) -> None:
    truth = pd.read_parquet(full_run / "predictions.parquet").query(
        "split == 'test' and classifier == 'lstm' and seed == 0"
    )["true_label"]
    table = next(table for table in Page(full).tables if table[0][0] == "Always")
    assert {line[0]: line[1:3] for line in table[1:]} == {
        label: [str(number), f"{number / len(truth):.2f}"]
        for label, number in truth.value_counts().items()
    }


def test_everything_is_shown_and_saved(full: str, full_run: Path) -> None:
    text = Page(full).text
    for heading in (
        "The data in numbers", "Results", "Skill recovered", "What a constant answer scores",
        "Beside the published numbers", "What is taken for what", "How they learned",
        "Recordings over time", "Frames without a face", "Recordings with troubles",
        "Provenance", "Please cite",
    ):  # fmt: skip
        assert heading in text, heading
    for fact in (
        "moov atom not found", "the last 12 frames", "few frames with a face (1 recording)",
        "d41d8cd98f00", "ab" * 32, "painscope run faces-of-experimental-pain", "Table II",
    ):  # fmt: skip
        assert fact in text, fact
    saved = {path.name for path in (full_run / "figures").iterdir()}
    assert {"figures.pdf", "scores-test.svg", "scores-test.png", "confusion-test-lstm.png"} <= saved
    assert "/home/somebody" not in full


def test_the_banner_is_there_if_and_only_if_people_are_virtual(full: str, bare: str) -> None:
    words = "Virtual people prove that the machinery works, never that it works on patients"
    assert words in full
    assert "virtual-people" in Page(full).values("id")
    assert words not in bare
    assert "virtual-people" not in Page(bare).values("id")
    assert "to show the form, not to be compared" in full
    assert "to show the form, not to be compared" not in bare


def test_a_run_of_real_people_whose_network_learned_from_virtual_ones_says_which(
    run: Path,
) -> None:
    path = run / "run.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    for dataset in facts["datasets"]:
        dataset["virtual"] = dataset["role"] == "source"
    path.write_text(json.dumps(facts), encoding="utf-8")
    text = _text(run)
    assert "Some of the people behind this report are virtual: BioVid Heat Pain, Part A." in text
    assert "to show the form, not to be compared" not in text
    # Or it was trained in another run, and no dataset that this one has read is virtual.
    facts["datasets"] = facts["datasets"][1:]
    facts["source_network"]["virtual"] = ["biovid-a"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert "are virtual: what a network learned from (biovid-a)." in _text(run)


def _text(run: Path) -> str:
    page = render_report(load_results(run), defaultdict(list))  # no pictures: faster
    return " ".join(Page(page).text.split())


def test_people_whom_a_network_may_know_by_another_name_are_told_beside_the_answer(
    full: str, run: Path
) -> None:
    assert "If they are the same people" not in full
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    facts["features"][0]["namesakes"] = {"biovid<a>": ["p1", "p2"]}
    (run / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    page = write_report(run).read_text(encoding="utf-8")
    assert (
        "2 people tested here, such as p1, are called as people of biovid&lt;a&gt; from whom a "
        "network learned. If they are the same people, these numbers are worthless."
    ) in page
    assert page.index("If they are the same people") < page.index('<nav aria-label="Contents">')


def test_what_a_run_lacks_leaves_no_hole(bare: str) -> None:
    page = Page(bare)
    for heading in ("Skill recovered", "How they learned", "Recordings over time", "troubles"):
        assert heading not in page.text
    assert "Without labels, so without scores: test" in page.text
    assert "None" not in page.text
    assert "nan" not in re.findall(r"\w+", page.text)


def test_what_comes_from_data_is_escaped(evil: str) -> None:
    page = Page(evil)
    assert "<script" not in evil
    assert "<img" not in evil
    # It is seen as text: in the title, the tables of troubles, the licences, the provenance.
    assert page.text.count(EVIL) >= 6


def test_a_run_without_any_labels_has_a_page(make_run: Callable[..., Path], tmp_path: Path) -> None:
    people = {"train": 2, "test": 2}
    folder = make_run(tmp_path / "run", test_labels=False, extras=False, people=people)
    text = Page(_page(folder)).text
    assert "there is nothing to score" in text
    assert "The answer" not in text


def test_a_constant_looking_accuracy_is_called_out(run: Path) -> None:
    scores = pd.read_parquet(run / "scores.parquet")
    scores.loc[scores["metric"] == "accuracy", "value"] = 0.4
    scores.to_parquet(run / "scores.parquet")
    assert "by accuracy alone, nothing was learned" in _text(run)
