"""The command line as its users meet it: its status, and its one line."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer import Typer

from painscope.cli import datasets, main
from painscope.cli.app import app
from painscope.experiments import Answer


def _names(app: Typer) -> list[str]:
    return [str(info.name or info.callback.__name__) for info in app.registered_commands]


#: Every command there is.
COMMANDS = [
    [],
    *([name] for name in _names(app)),
    ["datasets"],
    *(["datasets", name] for name in _names(datasets.app)),
]


@dataclass(frozen=True)
class Done:
    """How a call ended."""

    returncode: int
    stdout: str
    stderr: str


def painscope(*words: str | Path, cwd: Path | None = None) -> Done:
    """Call the command line in this process: starting one for each call costs seconds."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        patch.setattr(sys, "argv", ["painscope", *map(str, words)])
        if cwd is not None:
            patch.chdir(cwd)
        main()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Give painscope's logger back as it was: the command line sets it up for a process."""
    logger = logging.getLogger("painscope")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:], level, logger.propagate = before
    logger.setLevel(level)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    done = painscope(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    if command not in ([], ["datasets"]):  # these name the others
        assert "Example: painscope" in done.stdout


EXTRACT = ["extract", "ai4pain-2024", "x", "--out", "y"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rn"], "Did you mean"),
        (["run"], "recipe"),
        (["run", "faces-of-experimental-pain"], "--out"),
        (["run", "faces-of-experimental-pian", "--out", "x"], "Did you mean"),
        (["run", "faces-of-experimental-pain", "--out", "x", "--data", "here"], "NAME=DIR"),
        (["run", "faces-of-experimental-pain", "--out", "x"], "--data ai4pain-2024=DIR"),
        (
            ["run", "faces-of-experimental-pain", "--out", "x", "--data", "ai4pain=a"],
            "ai4pain-2024",
        ),
        (
            ["run", "faces-of-experimental-pain", "--out", "x", "--data", "ai4pain=~nosuchuser/a"],
            "ai4pain-2024",
        ),
        (["datasets", "check", "ai4pain", "x"], "ai4pain-2024"),
        (["predict", "a.mp4"], "--model"),
        (EXTRACT, "--checkpoint"),
        (
            [*EXTRACT, "--extractor", "hog", "--precision", "int8"],
            "--precision goes with --checkpoint",
        ),
        (
            [*EXTRACT, "--extractor", "hog", "--calibrate", "a.mp4"],
            "--calibrate goes with --checkpoint",
        ),
        (["datasets", "check", "ai4pain-2024", "x", "--option", "root=y"], "--option root"),
        (
            ["run", "faces-of-experimental-pain", "--out", "x", "--set", "target.options.root=y"],
            "root is not an option",
        ),
        (["datasets", "virtual", "biovid-a", "x", "--option", "people=5"], "--option people"),
        (["datasets", "virtual", "biovid", "x"], "biovid-a"),
        (["datasets", "virtual", "biovid-a", "x", "--people", "0"], "people"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_call_is_one_line_and_status_2(words: list[str], said: str, tmp_path: Path) -> None:
    done = painscope(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["datasets", "check", "ai4pain-2024", "nowhere"],
        ["report", "nowhere"],
        ["compare", "nowhere", "elsewhere"],
        ["predict", "a.mp4", "--model", "nowhere"],
        ["crop", "biovid-a", "nowhere", "--out", "out"],
        ["run", "faces-of-experimental-pain", "--out", "x",
         "--data", "ai4pain-2024=nowhere", "--data", "biovid-a=nowhere"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_missing_folder_is_one_line_and_status_1(words: list[str], tmp_path: Path) -> None:
    done = painscope(*words, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "nowhere" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["crop"], ["extract", "--extractor", "hog"]], ids=" ".join)
def test_work_of_which_nothing_could_be_done_has_failed(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"this is no video")
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,broken.mp4\n")
    name, *more = command
    done = painscope(
        name, "manifest", "own.csv", "--out", "out", "--locator", "lbp-cascade", *more, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "0 of 1 recordings" in done.stdout
    assert "left out a: broken.mp4" in done.stdout


def test_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,own.csv\n")
    for name, *more in (["crop"], ["extract", "--extractor", "hog"]):
        done = painscope(name, "manifest", "own.csv", "--out", "own.csv", *more, cwd=tmp_path)
        assert done.returncode == 1
        assert "own.csv" in done.stderr.splitlines()[-1]


class _Model:
    """Answers for every video but one, at which the user stops it."""

    @classmethod
    def load(cls, run: Path, *, classifier: str | None) -> _Model:
        return cls()

    def predict(self, video: Path) -> Answer:
        if video.name == "stop.mp4":
            raise KeyboardInterrupt
        return Answer(video, label="none", probabilities={"none": 1.0})

    def faces(self, video: Path) -> None:
        return None


def test_predict_keeps_every_answer_and_every_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr("painscope.experiments.Predictor", _Model)
    monkeypatch.setattr(
        "painscope.report.save_timeline", lambda one, path, faces: drawn.append(path)
    )
    videos = ["a/clip.mp4", "b/Clip.mp4", "other.mp4", "stop.mp4"]
    call = ["predict", *videos, "--model", "run", "--out", "lines"]
    done = painscope(*call, cwd=tmp_path)
    assert done.returncode == 130
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == videos[:3]
    assert [path.name for path in drawn] == ["001-clip.png", "002-Clip.png", "other.png"]
    told = json.loads(painscope(*call, "--json", cwd=tmp_path).stdout)
    assert [answer["video"] for answer in told] == videos[:3]


def test_lists_name_what_there_is() -> None:
    assert "faces-of-experimental-pain" in painscope("recipes").stdout
    listed = painscope("datasets", "list").stdout
    assert "ai4pain-2024" in listed
    assert "biovid-a" in listed


def test_the_installed_command_answers() -> None:
    command = [str(Path(sys.executable).with_name("painscope")), "rn"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("painscope: No such command 'rn'")


def test_help_and_recipes_load_no_heavy_library() -> None:
    program = (
        "import sys, painscope.cli\n"
        "from painscope.experiments import load_recipe, recipe_names\n"
        "recipes = [load_recipe(name) for name in recipe_names()]\n"
        "heavy = {'torch', 'mediapipe', 'matplotlib', 'pandas', 'lightning', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
