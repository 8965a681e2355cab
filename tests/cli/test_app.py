"""The command line as its users meet it: its status, and its one line."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer import Typer

from painscope.cli import datasets
from painscope.cli.app import _log_to_stderr, app, main


def _names(app: Typer) -> list[str]:
    return [str(info.name or info.callback.__name__) for info in app.registered_commands]


#: Every command there is.
COMMANDS = [
    [],
    *([name] for name in _names(app)),
    ["datasets"],
    *(["datasets", name] for name in _names(datasets.app)),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(painscope, command: list[str]) -> None:
    done = painscope(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    if command not in ([], ["datasets"]):  # these name the others
        assert "Example: painscope" in done.stdout


def test_the_package_is_the_command() -> None:
    command = [sys.executable, "-m", "painscope", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("painscope ")


def test_a_line_of_the_log_stays_a_line_off_a_terminal(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("painscope")
    for name in ("level", "propagate"):  # what the command sets is taken back
        monkeypatch.setattr(logger, name, getattr(logger, name))
    monkeypatch.setattr(logger, "handlers", [])
    _log_to_stderr()
    logger.info("%s 1 of 2", "long " * 60)
    assert capsys.readouterr().err == "long " * 60 + " 1 of 2\n"


EXTRACT = ["extract", "ai4pain-2024", "x", "--out", "y"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rn"], "Did you mean"),
        (["run"], "RECIPE"),
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
def test_a_wrong_call_is_one_line_and_status_2(
    painscope, words: list[str], said: str, tmp_path: Path
) -> None:
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
def test_a_missing_folder_is_one_line_and_status_1(
    painscope, words: list[str], tmp_path: Path
) -> None:
    done = painscope(*words, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "nowhere" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


WRITERS = [["crop"], ["extract", "--extractor", "hog"]]


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_a_video_without_a_face_is_named(
    painscope, make_video: Callable[..., Path], command: list[str], tmp_path: Path
) -> None:
    make_video(tmp_path / "grey.mp4", 6)
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,grey.mp4\n")
    name, *more = command
    done = painscope(
        name, "manifest", "own.csv", "--out", "out", "--locator", "lbp-cascade", *more, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("no face in a\n")
    assert "1 of 1 recordings" in done.stdout


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_a_damaged_video_is_named(
    painscope, make_video: Callable[..., Path], command: list[str], tmp_path: Path
) -> None:
    make_video(tmp_path / "grey.mp4", 6)
    table = "recording,subject,video,start_s,stop_s\na,s1,grey.mp4,0,60\n"
    (tmp_path / "own.csv").write_text(table)
    name, *more = command
    done = painscope(
        name, "manifest", "own.csv", "--out", "out", "--locator", "lbp-cascade", *more, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"damaged a: the pictures end at 0\.\d+ s, before 60\.00 s\n$", done.stdout)


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_work_of_which_nothing_could_be_done_has_failed(
    painscope, command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"this is no video")
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,broken.mp4\n")
    name, *more = command
    done = painscope(
        name, "manifest", "own.csv", "--out", "out", "--locator", "lbp-cascade", *more, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "0 of 1 recordings" in done.stdout
    assert "left out a: broken.mp4" in done.stdout


def test_a_file_in_the_way_is_one_line(painscope, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,own.csv\n")
    for name, *more in (["crop"], ["extract", "--extractor", "hog"]):
        done = painscope(name, "manifest", "own.csv", "--out", "own.csv", *more, cwd=tmp_path)
        assert done.returncode == 1
        assert "own.csv" in done.stderr.splitlines()[-1]
        assert done.stderr.endswith("name another --out.\n")


@pytest.mark.parametrize("ended", [lambda: 130, lambda: (_ for _ in ()).throw(KeyboardInterrupt)])
def test_ctrl_c_is_one_line_and_status_130(
    ended: Callable[[], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("painscope.cli.app.app", lambda **_: ended())
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 130
    assert capsys.readouterr().err.startswith("painscope: stopped; run, demo, ")


def test_a_network_is_no_run(painscope, tmp_path: Path) -> None:
    (tmp_path / "source.safetensors").write_bytes(b"")
    done = painscope("predict", "a.mp4", "--model", "source.safetensors", cwd=tmp_path)
    assert done.returncode == 1
    assert "source.safetensors: this is a file, not a run folder. Give a folder" in done.stderr


@pytest.mark.parametrize(
    ("extractor", "way_out"),
    [("vgg16-gap", "--checkpoint"), ("vgg-face", "neonatal.md"), ("timm", "neonatal.md")],
)
def test_an_extractor_that_needs_more_than_its_name(
    painscope, extractor: str, way_out: str, tmp_path: Path
) -> None:
    (tmp_path / "own.csv").write_text("recording,subject,video\na,s1,a.mp4\n")
    call = ["extract", "manifest", "own.csv", "--out", "out", "--extractor", extractor]
    done = painscope(*call, cwd=tmp_path)
    assert done.returncode == 2
    assert f"--extractor {extractor}" in done.stderr
    assert way_out in done.stderr
    assert not (tmp_path / "out").exists()


def test_lists_name_what_there_is(painscope) -> None:
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
