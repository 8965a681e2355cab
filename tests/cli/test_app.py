"""The command line as its users meet it: a process, its status and its one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [
    [],
    ["demo"],
    ["recipes"],
    ["run"],
    ["extract"],
    ["crop"],
    ["predict"],
    ["report"],
    ["compare"],
    ["download"],
    ["datasets"],
    ["datasets", "list"],
    ["datasets", "check"],
    ["datasets", "virtual"],
]


def painscope(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    program = "from painscope.cli import main; main()"
    call = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.run(call, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    done = painscope(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    if command not in ([], ["datasets"]):
        assert "Example: painscope" in done.stdout


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
        (["datasets", "check", "ai4pain", "x"], "ai4pain-2024"),
        (["predict", "a.mp4"], "--model"),
        (["extract", "ai4pain-2024", "x", "--out", "y"], "--checkpoint"),
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


def test_lists_name_what_there_is() -> None:
    assert "faces-of-experimental-pain" in painscope("recipes").stdout
    listed = painscope("datasets", "list").stdout
    assert "ai4pain-2024" in listed
    assert "biovid-a" in listed


def test_help_loads_no_heavy_library() -> None:
    program = (
        "import sys, painscope.cli\n"
        "heavy = {'torch', 'mediapipe', 'matplotlib', 'pandas', 'lightning', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
