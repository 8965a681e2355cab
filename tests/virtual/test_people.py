"""People: reproducible, varied, and told plainly."""

from __future__ import annotations

import collections
import json

import numpy as np
import pytest

from painscope.virtual.people import EYE_COLOURS, HAIR_COLOURS, Person, sample_person

MANY = 600


@pytest.fixture(scope="module")
def crowd() -> list[Person]:
    return [sample_person(seed) for seed in range(MANY)]


def test_the_same_seed_gives_the_same_person(crowd):
    assert sample_person(17) == crowd[17]


def test_no_two_people_are_alike(crowd):
    faces = {tuple(v for k, v in p.attributes().items() if k != "seed") for p in crowd}
    assert len(faces) == MANY


def test_attributes_are_flat_and_fit_into_a_manifest(crowd):
    for person in crowd[:20]:
        attributes = person.attributes()
        assert json.loads(json.dumps(attributes)) == attributes
        assert attributes["monk_tone"] in range(1, 11)


def test_every_kind_of_person_is_there(crowd):
    def kinds(name: str) -> set:
        return set(collections.Counter(getattr(p, name) for p in crowd))

    assert kinds("sex") == {"female", "male"}
    assert kinds("monk_tone") == set(range(1, 11))
    assert kinds("hair_style") == {
        "bald", "receding", "cropped", "short", "swept", "bob", "long", "tied", "afro",
    }  # fmt: skip
    assert kinds("facial_hair") == {"none", "stubble", "moustache", "goatee", "beard"}
    assert kinds("glasses") == {"none", "round", "oval", "square"}
    assert kinds("hair_colour") == set(HAIR_COLOURS)
    assert kinds("eye_colour") == set(EYE_COLOURS)


def test_sex_age_and_tone_do_not_hang_together(crowd):
    tone = np.array([p.monk_tone for p in crowd])
    female = np.array([p.female for p in crowd], float)
    age = np.array([p.age for p in crowd])
    shape = np.array([(p.nose_width, p.upper_lip, p.face_width, p.jaw_width) for p in crowd])
    for other in (female, age, *shape.T):
        assert abs(np.corrcoef(tone, other)[0, 1]) < 0.15
    assert 0.4 < female.mean() < 0.6
    assert age.min() >= 18
    assert age.max() <= 78


def test_women_have_no_beards(crowd):
    assert all(p.facial_hair == "none" for p in crowd if p.female)
