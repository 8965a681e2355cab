"""The first command of the README, with as few people as give a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from painscope.errors import UsageError
from painscope.experiments import demo
from painscope.experiments.facts import read_facts
from painscope.report import write_report
from painscope.report.results import load_results

TINY = {"size": (64, 64), "clip_s": 2.0, "workers": 1}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "heat").mkdir()
    (tmp_path / "heat" / "mine.txt").touch()
    with pytest.raises(UsageError, match=r"heat: is not empty.* Remove the folder, or choose"):
        demo.run_demo(tmp_path)
    assert (tmp_path / "heat" / "mine.txt").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_ends_with_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # processes take longer to start than the work
    monkeypatch.setattr(demo, "HEAT", demo.HEAT | TINY | {"people": 5, "clips_per_class": 1})
    electrical = {"people": 6, "clips_per_level": 1, "baseline_s": 4.0}
    monkeypatch.setattr(demo, "ELECTRICAL", demo.ELECTRICAL | TINY | electrical)
    small = ("source.width=0.05", "source.input_size=32", "source.window_s=[0.0, 2.0]")
    quick = ("source.max_epochs=1", "face.locator=precropped", "segment_frames=15")
    monkeypatch.setattr(demo, "SETTINGS", (*demo.SETTINGS, *small, *quick))
    steps: list[str] = []
    folder = demo.run_demo(tmp_path, progress=lambda step, done, total: steps.append(step))
    assert {"virtual people: heat", "virtual people: electrical"} < set(steps)

    page = write_report(folder.path).read_text(encoding="utf-8")
    assert "The people in this report are virtual." in page
    results = load_results(folder.path)
    assert results.facts.virtual
    rows = set(results.scores["classifier"])
    assert {"ann-vote", "lstm", "mean-logistic", "majority"} <= rows
    assert results.predictions["subject"].nunique() == 6

    before = read_facts(folder.path)
    assert read_facts(demo.run_demo(tmp_path).path) == before  # the second time nothing is done
