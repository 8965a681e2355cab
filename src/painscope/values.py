"""Values as people write them: YAML, in files and after ``KEY=`` on the command line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from painscope.errors import UsageError

__all__ = ["read_pair", "read_yaml"]


def read_yaml(text: str) -> Any:
    """Read YAML in which ``no`` is a word: the name of a level of pain.

    Only ``true`` and ``false`` are truth values, as YAML 1.2 says (section 10.3.2).

    Raises
    ------
    yaml.YAMLError
        If it is none.
    """
    return yaml.load(text, _Loader)


def read_pair(pair: str, option: str) -> tuple[str, Any]:
    """Read ``KEY=VALUE``, given to an option such as ``--set``.

    Raises
    ------
    UsageError
        If it is none, or the value is no YAML.
    """
    key, equals, text = pair.partition("=")
    if not equals or not key:
        raise UsageError(f"{option} {pair!r} is not KEY=VALUE")
    try:
        return key, read_yaml(text)
    except yaml.YAMLError:
        raise UsageError(f"{option} {key}: {text!r} is not a value") from None


class _Loader(yaml.SafeLoader):
    """Plain values only, never objects."""


_TRUTH = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TRUTH]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_TRUTH, re.compile("^(true|True|TRUE|false|False|FALSE)$"), [*"tTfF"])
