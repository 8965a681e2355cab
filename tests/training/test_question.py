from __future__ import annotations

from dataclasses import replace

import pytest
from tests.training.trees import Tree

from painscope.errors import LeakageError
from painscope.training import Question


def test_people_are_in_one_part(pain: Question, unbc: Tree) -> None:
    people = [set(part.subjects) for part in pain.parts.values()]
    assert sum(map(len, people)) == len(set.union(*people)) == len(unbc.dataset.subjects)
    assert [len(part) for part in people] == [3, 1, 1]


def test_a_question_with_a_person_in_two_parts(pain: Question) -> None:
    with pytest.raises(LeakageError, match=pain.train.subjects[0]):
        replace(pain, test=pain.train)
