from __future__ import annotations

import pytest
import yaml

from painscope.errors import UsageError
from painscope.values import read_pair, read_yaml


def test_no_and_yes_are_words_and_truth_is_true_or_false() -> None:
    assert read_yaml("[no, yes, No, on, off, y]") == ["no", "yes", "No", "on", "off", "y"]
    assert read_yaml("[true, True, false]") == [True, True, False]


def test_all_else_is_as_yaml_says() -> None:
    text = "{a: 3, b: 0.5, c: null, d: '3', e: [1, x], f: 2020-01-01}"
    assert read_yaml(text) == yaml.safe_load(text)
    for value in ("no", "true", True, 3, None, ["off"]):
        assert read_yaml(yaml.safe_dump(value)) == value


def test_objects_are_not_made() -> None:
    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        read_yaml("!!python/object/apply:os.getcwd []")


def test_pairs() -> None:
    assert read_pair("classes=[no,yes]", "--option") == ("classes", ["no", "yes"])
    assert read_pair("a.b=x=y", "--set") == ("a.b", "x=y")
    assert read_pair("a=", "--set") == ("a", None)
    for pair in ("a", "=3", ""):
        with pytest.raises(UsageError, match=f"--set '{pair}' is not KEY=VALUE"):
            read_pair(pair, "--set")
    with pytest.raises(UsageError, match=r"--set a: '\[' is not a value"):
        read_pair("a=[", "--set")
