"""Where a page's numbers come from, without what is nobody else's business."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from painscope.experiments.facts import FeatureFacts, NetworkFacts, RunFacts, StudyFacts
from painscope.experiments.recipe import load_recipe, recipe_names

__all__ = [
    "changed_settings",
    "flat",
    "provenance",
    "recipe_text",
    "spoken_command",
    "spoken_reason",
    "without_folders",
]

#: Names and values under a heading.
Group = tuple[str, list[tuple[str, str]]]

#: Of the environment, what says where the data lie, or stands elsewhere.
_PRIVATE = ("data", "command", "time")
#: Of a network's card, what would name people.
_PEOPLE = ("subjects", "validation_subjects", "test_subjects")
#: Settings that are files.
_FILES = ("checkpoint", "start", "weights")
#: Paths within a list or table of settings, each up to its last part, on a server (``//HOST/…``)
#: too; an address such as ``ray://HOST`` is none.
_FOLDERS = re.compile(
    r"(?<![\w/\\])(?:(?<!:)[/\\]{2}|(?:[A-Za-z]:)?(?:[~.\w-]+ )*[~.\w-]*[/\\](?![/\\]))"
    r"(?:[^/\\=,\]}'\"]*[/\\])*"
)
#: The folders of a whole path within a sentence: names may hold spaces, a colon ends the path.
_WHOLE = re.compile(r"(?<!\w)(?:[A-Za-z]:|\.{1,2})?[/\\]{1,2}(?:[^/\\:\n]+[/\\])+")


def provenance(
    facts: RunFacts | StudyFacts,
    environment: Mapping[str, Any],
    *,
    networks: Mapping[str, NetworkFacts],
    features: Iterable[FeatureFacts] = (),
    more: Mapping[str, object] | None = None,
) -> Iterator[Group]:
    """Yield everything needed to tell a run from another, as names and values.

    Where the data lie is left out, and who the people are: a page is made to be passed on.

    Parameters
    ----------
    facts : RunFacts or StudyFacts
    environment : mapping
        Versions and machine.
    networks : mapping of str to NetworkFacts
        By their headings.
    features : iterable of FeatureFacts
    more : mapping, optional
        What else belongs to the call.
    """
    call = {
        "command": spoken_command(facts.command),
        "started": facts.started.strftime("%Y-%m-%d %H:%M %Z"),
        "painscope": facts.version,
        "run format": facts.format,
        **(more or {}),
    }
    yield "Call", [(name, str(value)) for name, value in call.items()]
    if told := {name: value for name, value in environment.items() if name not in _PRIVATE}:
        yield "Environment", list(flat(told))
    for heading, network in networks.items():
        card = {name: value for name, value in network.card.items() if name not in _PEOPLE}
        yield heading, [("sha256", network.sha256), *flat(card)]
    for store in features:
        yield f"Features: {store.name}", [("digest", store.digest), *flat(store.provenance)]


def spoken_command(command: str) -> str:
    """Return a command line without the folders that it names.

    >>> spoken_command("painscope run x.yaml --data biovid-a=/home/anna/PartA --out /home/anna/x")
    'painscope run x.yaml --data biovid-a=… --out …'
    """
    try:
        words = shlex.split(command)
    except ValueError:  # written by hand, or cut off
        words = command.split()
    told, option = [], ""
    for word in words:
        head, value = "", word
        if word.startswith("-"):
            option, equals, value = word.partition("=")
            if not equals:
                told.append(option)
                continue
            head = f"{option}="
        told.append(head + _hidden(option, value))
        option = ""
    return " ".join(word if word.endswith("…") else shlex.quote(word) for word in told)


def spoken_reason(reason: str) -> str:
    """Return what happened to a recording, its files named without their folders.

    >>> spoken_reason("/data/My Videos/7.mp4: is empty. 3/4 of /data/x/y.npz are there")
    '7.mp4: is empty. 3/4 of y.npz are there'
    """
    return _WHOLE.sub("", reason)


def _hidden(option: str, value: str) -> str:
    """Return an option's value without folders; where data and runs lie is one all of it."""
    if option == "--data":
        return f"{value.partition('=')[0]}=…"
    if option in ("--out", "--store"):
        return "…"
    if "[" in value or "{" in value or "://" in value:
        return _FOLDERS.sub("", value)
    name, equals, setting = value.partition("=") if option == "--set" else ("", "", value)
    return name + equals + _file(setting)


def _file(path: str) -> str:
    """Return a path's last part, on whatever system the path was written."""
    return re.split(r"[/\\]", path)[-1]


def recipe_text(recipe: Any) -> str:
    """Return a recipe as YAML, of its files the names alone."""
    tree = without_folders(recipe.model_dump(mode="json"))
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def changed_settings(recipe: Any) -> dict[str, str]:
    """Return what differs from the recipe of this name as it comes, by dotted names.

    Nothing of a recipe of the user's own, which is as it comes.
    """
    if recipe.name not in recipe_names():
        return {}
    usual, own = (
        dict(flat(without_folders(one.model_dump(mode="json"))))
        for one in (load_recipe(recipe.name), recipe)
    )
    return {name: value for name, value in own.items() if usual.get(name) != value}


def without_folders(tree: Any) -> Any:
    """Return a tree of settings in which files are named without their folders."""
    if isinstance(tree, Mapping):
        return {
            name: _file(value)
            if name in _FILES and isinstance(value, str)
            else without_folders(value)
            for name, value in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return [without_folders(part) for part in tree]
    return tree


def flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of nested mappings with dotted names."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{above}{name}.")
        elif isinstance(value, (list, tuple)):
            yield f"{above}{name}", ", ".join(str(part) for part in value)
        else:
            yield f"{above}{name}", str(value)
