from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from painscope.errors import PainscopeError, RunError, UsageError
from painscope.evaluation import difference
from painscope.experiments.facts import read_facts
from painscope.report import compare, write_comparison


@pytest.fixture(scope="module")
def better(make_run: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("better") / "better", sharper=1.3, extras=False)
    recipe = run / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("segment_frames: 300", "segment_frames: 150"))
    return run


def test_differences_are_paired_over_the_same_people(full_run: Path, better: Path) -> None:
    table = compare([full_run, better]).set_index(["split", "classifier", "run"])
    row = table.loc[("test", "LSTM", "better")]
    first, second = (
        pd.read_parquet(run / "predictions.parquet").query(
            "split == 'test' and classifier == 'lstm'"
        )
        for run in (full_run, better)
    )
    gain = difference(second, first, ("NP", "LP", "HP"))
    assert row["difference"] == gain.value > 0
    assert (row["difference_low"], row["difference_high"]) == (gain.low, gain.high)
    base = table.loc[("test", "LSTM", "run")]
    assert row["value"] - base["value"] == pytest.approx(gain.value)
    assert np.isnan(base["difference"])
    assert table.loc[("test", "Majority class", "better"), "difference"] == 0


def test_other_recordings_give_no_difference(
    make_run: Callable[..., Path], full_run: Path, tmp_path: Path
) -> None:
    people = {"train": 4, "validation": 3, "test": 4}
    smaller = make_run(tmp_path / "smaller", people=people, extras=False)
    table = compare([full_run, smaller])
    assert table["difference"].isna().all()
    assert set(table["run"]) == {"run", "smaller"}


def test_the_page_shows_the_table(full_run: Path, better: Path, tmp_path: Path) -> None:
    table, page, virtual = write_comparison(
        [full_run, better], tmp_path / "new" / "comparison.html"
    )
    text = page.read_text(encoding="utf-8")
    row = table.set_index(["split", "classifier", "run"]).loc[("test", "LSTM", "better")]
    assert f"{row['value']:.2f}<small>{row['low']:.2f} to {row['high']:.2f}" in text
    assert f"{row['difference']:+.2f}<small>" in text
    assert "better against run" in text
    assert "<code>segment_frames</code></th><td>300</td><td>150</td>" in text
    assert "<code>seeds</code>" not in text  # only settings that differ
    assert "never that it works on patients" in text
    assert virtual == read_facts(full_run).virtual_people
    assert "http" not in text.replace("http://www.w3.org", "")


def test_runs_of_one_name_are_told_apart_without_their_folders(
    full_run: Path, better: Path, tmp_path: Path
) -> None:
    runs = [tmp_path / "anna" / part / "run" for part in ("a", "b")]
    for run in runs:
        shutil.copytree(full_run, run)
    table, page, _ = write_comparison([*runs, better], tmp_path / "comparison.html")
    assert set(table["run"]) == {"a/run", "b/run", "better"}
    assert "anna" not in page.read_text(encoding="utf-8")


def test_rows_of_one_title_both_stay(full_run: Path, run: Path) -> None:
    """Older runs call every row on MediaPipe's blendshapes alike."""
    path = run / "run.json"
    facts = json.loads(path.read_text())
    for row in facts["classifiers"][:2]:
        row["title"] = "MediaPipe blendshapes"
    path.write_text(json.dumps(facts))
    table = compare([run, full_run])
    titles = set(table["classifier"])
    assert {"MediaPipe blendshapes (ann-vote)", "MediaPipe blendshapes (lstm)"} <= titles


def test_a_folder_is_no_page(full_run: Path, better: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder, name a file"):
        write_comparison([full_run, better], tmp_path)


def _facts(**changes: object) -> Callable[[dict], None]:
    return lambda facts: facts.update(changes)


def _target(**changes: object) -> Callable[[dict], None]:
    return lambda facts: facts["datasets"][1].update(changes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_facts(format=0), "format 0"),
        (_target(name="biovid-a"), "other data: biovid-a, not ai4pain-2024"),
        (_target(virtual=False), "other people: real, not virtual"),
    ],
)
def test_runs_of_another_question_are_refused(
    run: Path, full_run: Path, change: Callable[[dict], None], says: str
) -> None:
    facts = json.loads((run / "run.json").read_text())
    change(facts)
    (run / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunError) as caught:
        compare([run, full_run] if "other" in says else [full_run, run])
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_protocol_is_refused(run: Path, full_run: Path) -> None:
    recipe = run / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("predefined", "leave-one-subject-out"))
    with pytest.raises(RunError, match="leave-one-subject-out, not predefined"):
        compare([run, full_run])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_one_run_alone_is_nothing_to_compare(full_run: Path, count: int) -> None:
    with pytest.raises(UsageError, match="two or more different") as caught:
        compare([full_run] * count)
    assert isinstance(caught.value, PainscopeError)
