"""Pages of studies: from tables alone, and refused where the tables are not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from painscope.errors import RunError
from painscope.experiments import RunFolder, load_recipe
from painscope.experiments.facts import DatasetFacts, NetworkFacts, StepFacts, StudyFacts
from painscope.experiments.recipe import KINDS
from painscope.experiments.runner import STUDIES
from painscope.report import write_report
from painscope.report.study import TABLES
from painscope.report.study_pages import PAGES

UNITS = ("AU4", "AU6", "AU12")
STAGES = ("emotion", "fc", "block5", "block4", "all")
EVIL = "<script>alert(1)</script>"
RNG = np.random.default_rng(0)


def estimates(count: int, *names: str) -> dict[str, np.ndarray]:
    """Values with their intervals, under these three names."""
    value = RNG.uniform(0.2, 0.8, count)
    return dict(zip(names, (value, value - 0.1, value + 0.1), strict=True))


def rows(**columns: tuple[str, ...]) -> pd.DataFrame:
    """Every combination of the values."""
    return pd.MultiIndex.from_product(columns.values(), names=columns).to_frame(index=False)


def both(networks: tuple[str, ...], asked: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    concepts, tcav = rows(network=networks, concept=UNITS), rows(network=asked, concept=UNITS)
    for name in ("iou", "control", "gain"):
        told = estimates(len(concepts), name, f"{name}_low", f"{name}_high")
        concepts = concepts.assign(**told)
    told = estimates(len(tcav), "score", "low", "high")
    told |= estimates(len(tcav), "control", "control_low", "control_high")
    concepts["gain_low"] = concepts["concept"].map(dict(zip(UNITS, (0.1, 0.1, -0.1), strict=True)))
    return {
        "concepts": concepts,
        "tcav": tcav.assign(accuracy=0.8, accuracy_control=0.5, p=0.01, p_holm=0.0001, **told),
        "shown": pd.DataFrame(
            {"unit": [*UNITS, "AU15"], "pictures": 9, "people": [8, 8, 8, 2],
             "tested": [True, True, True, False]}
        ),
        "asked": pd.DataFrame(
            {"network": networks, "dataset": "unbc-mcmaster", "pictures": 60, "people": 8,
             "seen": 3}
        ),
    }  # fmt: skip


def forgotten() -> dict[str, pd.DataFrame]:
    emotions = ("neutral", "happiness", "fear")
    recall = rows(stage=STAGES, metric=("recall",), **{"class": emotions})
    whole = rows(stage=STAGES, metric=("balanced_accuracy",), **{"class": ("",)})
    scores = pd.concat([recall, whole], ignore_index=True)
    changes = scores[scores["stage"] != "emotion"].assign(before=0.7, after=0.5)
    lost = rows(network=STAGES[1:], concept=UNITS).assign(
        before=0.3, after=0.1, change=-0.2, low=-0.3, high=-0.1, p=0.001,
        p_holm=[0.003, 0.5, 0.004] * 4,
    )  # fmt: skip
    example = {
        "subject": ["p1", "p2"], "true_label": ["fear", EVIL], "answer": [EVIL, "anger"],
        "evidence_before": 1.5, "evidence_after": -0.5,
    }  # fmt: skip
    return {
        "scores": scores.assign(**estimates(len(scores), "value", "low", "high")),
        "changes": changes.assign(value=-0.2, low=-0.3, high=-0.1),
        "flipped": pd.DataFrame(example).assign(stage="all"),
        "examples": pd.DataFrame(example),
        "lost": lost,
        **both(STAGES, STAGES[1:]),
    }


def clinical() -> dict[str, pd.DataFrame]:
    networks, datasets = ("experimental", "clinical"), ("biovid-a", "unbc-mcmaster")
    matrix = rows(trained_on=networks, dataset=datasets, metric=("auc", "balanced_accuracy"))
    inside = rows(network=networks, dataset=datasets, unit=("all present", *UNITS))
    curves = rows(network=networks, dataset=datasets, curve=("deletion", "insertion"),
                  order=("relevance", "random"), share=(0.0, 0.5, 1.0))  # fmt: skip
    cascade = rows(network=networks, dataset=datasets, layer=("head", "dense", "conv5_3"))
    faces = rows(dataset=datasets, label=("pain", "no-pain")).assign(subject=EVIL)
    inside = inside.assign(
        asked=30, pictures=20, people=6, mass=0.3, random=0.2, area=0.2, hit=0.5, hit_random=0.2,
        **estimates(len(inside), "gain", "low", "high"),
    )  # fmt: skip
    mute = (inside["network"] == "clinical") & (inside["dataset"] == "biovid-a")
    inside.loc[mute, ["pictures", "people"]] = 0
    inside.loc[mute, ["mass", "random", "area", "hit", "hit_random", "gain", "low", "high"]] = (
        np.nan
    )
    return {
        "matrix": matrix.assign(
            people=6, in_pain=5, **{"class": ""}, **estimates(len(matrix), "value", "low", "high")
        ),
        "inside": inside,
        "curves": curves.assign(**estimates(len(curves), "value", "low", "high")),
        "cascade": cascade.assign(**estimates(len(cascade), "value", "low", "high")),
        "faces": faces.assign(experimental=0.5, clinical=-0.5),
        **both(networks, networks),
    }  # fmt: skip


def build(path: Path, kind: str, *, virtual: bool = True) -> Path:
    """Write a study's run folder whose tables fit together and whose numbers mean nothing."""
    folder = RunFolder(path)
    path.mkdir()
    recipe = load_recipe(kind)
    (path / "recipe.yaml").write_text(recipe.to_yaml(), encoding="utf-8")
    environment = {"python": "3.11", "data": {"unbc-mcmaster": "/home/somebody/unbc"}}
    (path / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    faces = RNG.integers(0, 255, (4, 32, 32, 3)).astype(np.uint8)
    maps = RNG.normal(size=(4, 32, 32)).astype(np.float32)
    if kind == "forgotten-action-units":
        tables, names = forgotten(), STAGES
        folder.write_arrays("flipped", crops=faces[:2], before=maps[:2], after=maps[2:])
    else:
        tables, names = clinical(), ("experimental", "clinical")
        folder.write_arrays("faces", crops=faces, experimental=maps, clinical=-maps)
    for name, table in tables.items():
        folder.write_table(name, table)
    card = {"title": "t" + EVIL, "subjects": {"a": ["p1"]}, "metrics": {"people": 6, "f1": 0.5}}
    StudyFacts(
        kind=kind,
        version="0.1.0",
        command="painscope run --data unbc-mcmaster=/home/somebody/unbc" + EVIL,
        started=datetime(2026, 3, 1, 10, 12, tzinfo=UTC),
        steps=(StepFacts(name="concepts", seconds=12.3),),
        datasets=tuple(
            DatasetFacts(name=s.dataset, title=s.dataset, citation="c", licence="l",
                         virtual=virtual, role=role, n_subjects=8, n_recordings=16,
                         people_known=virtual or s.dataset != "affectnet")
            for role, s in recipe.datasets().items()
        ),
        left_out={"relevance of something": "nobody knows"},
        networks={name: NetworkFacts(card=card, sha256="ab" * 32) for name in names},
    ).write(path)  # fmt: skip
    return path


def test_every_kind_of_study_can_be_run_and_drawn() -> None:
    studies = set(KINDS) - {"transfer"}
    assert studies == set(STUDIES) == set(PAGES) == set(TABLES)


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(build(tmp_path_factory.mktemp("study") / "run", request.param))


def test_the_page_is_whole_and_says_that_people_are_virtual(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "The people in this report are virtual" in text
    assert "AU15 shown in 9 pictures of 2 people (too few to be tested)" in text
    assert "3 of 8" in text  # people who helped to train a network
    assert "nobody knows" in text
    assert "does not say who is who" not in text
    assert text.count("<svg") == len(list((page.parent / "figures").glob("*.svg")))


def test_photographs_that_count_as_people_are_owned_up_to(tmp_path: Path) -> None:
    real = build(tmp_path / "run", "forgotten-action-units", virtual=False)
    text = write_report(real).read_text(encoding="utf-8")
    assert "affectnet does not say who is who, so every picture counts as a person" in text


def test_the_page_says_what_the_tables_say(page: Path) -> None:
    text = " ".join(page.read_text(encoding="utf-8").split())
    if "forgotten" in text:
        assert "emotions were forgotten" in text
        assert f"knows 2 better than random concepts ({UNITS[0]}, {UNITS[1]})." in text
        assert f"Of a concept of <strong>{UNITS[0]}</strong> the fully fine-tuned network" in text
        assert f"It also covers {UNITS[2]} less; but that more was known of this than" in text
    else:
        assert "<strong>biovid-a</strong>: experimental pain network" in text
        assert "the whole interval lies above zero" in text
        assert "in the 20 of 30 pictures of pain that it calls pain" in text
        assert "not corrected for their number" in text
        assert "calls none of 30 pictures of pain of biovid-a, so" in text


def test_nothing_of_the_data_becomes_markup_and_no_folder_is_told(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "/home/somebody" not in text


def test_every_figure_is_a_vector_file(page: Path) -> None:
    figures = page.parent / "figures"
    assert (figures / "figures.pdf").read_bytes().startswith(b"%PDF")
    drawn, vectors = ({p.stem for p in figures.glob(f"*.{kind}")} for kind in ("png", "svg"))
    assert drawn == vectors != set()


class TestRefusals:
    def test_a_missing_table(self, tmp_path: Path) -> None:
        run = build(tmp_path / "run", "clinical-vs-experimental")
        (run / "inside.parquet").unlink()
        with pytest.raises(RunError, match=r"inside\.parquet: cannot be read"):
            write_report(run)

    def test_a_missing_column(self, tmp_path: Path) -> None:
        run = build(tmp_path / "run", "forgotten-action-units")
        pd.read_parquet(run / "lost.parquet").drop(columns="p").to_parquet(run / "lost.parquet")
        with pytest.raises(RunError, match=r"lost\.parquet: has no column 'p'"):
            write_report(run)

    def test_damaged_maps(self, tmp_path: Path) -> None:
        run = build(tmp_path / "run", "forgotten-action-units")
        (run / "examples/flipped.npz").write_bytes(b"no arrays")
        with pytest.raises(RunError, match=r"flipped\.npz: cannot be read"):
            write_report(run)

    def test_a_study_classifies_nobody(self, tmp_path: Path) -> None:
        run = build(tmp_path / "run", "forgotten-action-units")
        folder = RunFolder.open(run)
        for read in (lambda: folder.transfer, lambda: folder.facts):
            with pytest.raises(RunError, match="forgotten-action-units, which classifies nobody"):
                read()
