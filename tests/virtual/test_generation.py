"""Generation: resumable, reproducible from any number of workers, plain about bad input."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from painscope.errors import StorageError, UsageError
from painscope.virtual import generate, generation, make_layout

SETTINGS: dict[str, object] = {
    "people": 2,
    "classes": ["BL1", "PA4"],
    "clips_per_class": 2,
    "clip_s": 2,
    "size": [96, 96],
    "seed": 4,
}

Make = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "settings", "line"),
    [
        ("biovid", {}, "unknown layout 'biovid'. Did you mean biovid-a?"),
        ("nothing-like-it", {}, "unknown layout 'nothing-like-it'. There are: ai4pain-2024, "),
        ("biovid-a", {"people": 0}, "biovid-a: people is 0. Input should be greater than"),
        ("ai4pain-2024", {"people": 2}, "ai4pain-2024: people is 2."),
        ("affectnet", {"people": 1}, "affectnet: people is 1."),
        ("biovid-a", {"rate": 0}, "biovid-a: rate is 0. Input should be greater than"),
        ("affectnet", {"rate": 5}, "affectnet has no setting 'rate'"),
        ("unbc-mcmaster", {"rate": 5}, "unbc-mcmaster has no setting 'rate'"),
        ("biovid-a", {"clips": 3}, "has no setting 'clips'. Did you mean clip_s"),
        ("biovid-a", {"clips_per_class": 21}, "clips_per_class is 21. .*less than or equal to 20"),
        ("biovid-a", {"classes": ["PA5"]}, "classes 0 is 'PA5'. .*'BL1', 'PA1'"),
        ("biovid-a", {"classes": []}, r"classes is \[\]"),
        ("biovid-a", {"size": [97, 96]}, "size 0 is 97. .*multiple of 2"),
        ("icope-video", {"clip_s": -1}, "clip_s is -1"),
        ("affectnet", {"edition": "latest"}, "edition is 'latest'. .*'older' or 'newer'"),
    ],
)
def test_bad_settings_are_one_line(
    tmp_path: Path, name: str, settings: dict[str, object], line: str
) -> None:
    with pytest.raises(UsageError, match=line) as caught:
        generate(name, tmp_path / "new", **settings)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path, discs: None) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and holds no virtual people"):
        generate("biovid-a", tmp_path, **SETTINGS)
    with pytest.raises(UsageError, match=r"letter\.txt: is not a folder"):
        generate("biovid-a", tmp_path / "letter.txt", **SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_other_settings_are_refused(contents, make: Make) -> None:
    root = make("biovid-a", **SETTINGS)
    before = contents(root)
    with pytest.raises(UsageError, match="made with other settings"):
        generate("biovid-a", root, **(SETTINGS | {"seed": 5}))
    with pytest.raises(UsageError, match="made with other settings"):
        generate("icope-video", root, people=2)
    assert contents(root) == before


def test_a_setting_that_an_older_card_lacks_had_its_default(contents, make: Make) -> None:
    root = make("biovid-a", **SETTINGS)
    card = json.loads((root / "virtual.json").read_text())
    del card["settings"]["rate"]
    (root / "virtual.json").write_text(json.dumps(card))
    assert generate("biovid-a", root, **SETTINGS).kept == 8
    with pytest.raises(UsageError, match="made with other settings"):
        generate("biovid-a", root, **SETTINGS | {"rate": 10})
    (root / "virtual.json").write_text("[]")
    with pytest.raises(UsageError, match="made with other settings"):
        generate("biovid-a", root, **SETTINGS)


def test_a_damaged_card_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "virtual.json").write_text("{")
    with pytest.raises(UsageError, match=r"virtual\.json: cannot be read"):
        generate("biovid-a", tmp_path, **SETTINGS)


def test_the_card_says_that_nobody_exists(make: Make) -> None:
    card = json.loads((make("biovid-a", **SETTINGS) / "virtual.json").read_text())
    assert card["virtual"] is True
    assert card["complete"] is True
    assert card["layout"] == "biovid-a"
    assert card["settings"]["seed"] == 4
    assert card["settings"]["clips_per_class"] == 2


def test_interrupted_generation_continues(
    contents, tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = contents(make("biovid-a", **SETTINGS))
    root = tmp_path / "broken"
    real, made = generation._make, []

    def until_the_fourth(*args: object) -> None:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(args[-1].id)
        real(*args)

    monkeypatch.setattr(generation, "_make", until_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        generate("biovid-a", root, workers=1, **SETTINGS)
    assert json.loads((root / "virtual.json").read_text())["complete"] is False
    first = next(root.rglob("*.mp4"))
    stamp = first.stat().st_mtime_ns

    monkeypatch.setattr(generation, "_make", real)
    calls = []
    summary = generate(
        "biovid-a", root, workers=1, progress=lambda *now: calls.append(now), **SETTINGS
    )
    assert (summary.made, summary.kept) == (5, 3)
    assert calls == [(3, 8), (4, 8), (6, 8), (8, 8)]  # what is left of one person; then the other
    assert first.stat().st_mtime_ns == stamp
    assert contents(root) == whole
    again = generate("biovid-a", root, workers=1, **SETTINGS)
    assert (again.made, again.kept) == (0, 8)


@pytest.mark.parametrize(
    ("settings", "workers", "parts"),
    [
        ({}, 1, [2] * 4),  # a quarter of all at most
        ({"people": 8}, 1, [4] * 8),  # a person's four clips of 50 frames
        ({"people": 8, "clip_s": 4}, 1, [2] * 16),
        ({"people": 8, "clip_s": 8}, 1, [1] * 32),
        ({"people": 8}, 8, [1] * 32),  # work for everybody comes first
    ],
)
def test_short_clips_of_a_person_are_made_together(
    settings: dict[str, object], workers: int, parts: list[int]
) -> None:
    layout = make_layout("biovid-a", **SETTINGS | settings)
    plan = [(role, clip) for role in layout.cast() for clip in layout.clips(role)]
    made = list(generation._parts(layout, plan, workers))
    assert [(role, clip) for role, clips in made for clip in clips] == plan
    assert [len(clips) for _, clips in made] == parts


def test_clips_in_other_places_are_made_apart() -> None:
    layout = make_layout("affectnet", people=40, images=16)
    plan = [(role, clip) for role in layout.cast() for clip in layout.clips(role)]
    assert all(len(clips) == 1 for _, clips in generation._parts(layout, plan, 1))


@pytest.mark.parametrize("name", ["biovid-a", "unbc-mcmaster"])
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    tmp_path: Path, discs: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = SETTINGS if name == "biovid-a" else {"people": 1, "size": [96, 96], "frames": 30}
    replace, count = os.replace, []

    def full(*args: object) -> None:
        count.append(args)
        if len(count) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(*args)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StorageError, match=r"the disk is full\. Free some space") as caught:
        generate(name, tmp_path / "new", workers=1, **settings)
    assert "\n" not in str(caught.value)
    assert not [path for path in (tmp_path / "new").rglob("*") if ".tmp" in path.name]


@pytest.mark.slow
def test_real_faces_the_same_from_one_worker_and_from_two(contents, tmp_path: Path) -> None:
    settings = SETTINGS | {"clips_per_class": 1}
    generate("biovid-a", tmp_path / "one", workers=1, **settings)
    generate("biovid-a", tmp_path / "two", workers=2, **settings)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
