"""Several families in one pass are what each is alone, and NaN stays visible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painscope.errors import UsageError
from painscope.features import FAMILIES, HandcraftedFeatures, extract, fill_store, open_store

SOME = ("geometry", "lbp", "facial-strain", "head-motion")


def test_columns_are_the_families(real, recording) -> None:
    both = HandcraftedFeatures(SOME)
    values = both.extract(real, recording)
    assert values.shape == (len(real), len(both.names))
    first = 0
    for name in SOME:
        family = FAMILIES[name]()
        part = slice(first, first + len(family.names))
        assert both.names[part] == family.names
        np.testing.assert_array_equal(values[:, part], family.extract(real, recording))
        first = part.stop
    assert both.reach == 1
    assert HandcraftedFeatures().reach == 8
    assert len(set(HandcraftedFeatures().names)) == len(HandcraftedFeatures().names)


def test_provenance_tells_the_families_apart() -> None:
    one, two = HandcraftedFeatures("lbp, hog"), HandcraftedFeatures(["hog"])
    assert [part["name"] for part in one.provenance["families"]] == ["lbp", "hog"]
    assert one.provenance != two.provenance


@pytest.mark.parametrize("families", ["lbp,sift", [], "lbp,lbp"])
def test_families_that_cannot_be(families) -> None:
    with pytest.raises(UsageError, match="famil"):
        HandcraftedFeatures(families)


def test_a_photograph_has_no_motion(assets: Path, locator) -> None:
    photo = assets / "images/single_face.jpg"
    still = extract(photo, HandcraftedFeatures("lbp,geometry,head-pose"), locator=locator)
    assert len(still) == 1
    assert still.notna().all(axis=None)
    moving = extract(photo, HandcraftedFeatures("geometry,facial-strain"), locator=locator)
    assert moving["found"].all()
    assert moving.filter(like="strain").isna().all(axis=None), "unknown, and said so"


@pytest.mark.slow
def test_a_face_that_goes_away(assets: Path, locator, recording, tmp_path: Path) -> None:
    clip = replace(recording, video=assets / "videos/face_then_none.mov", start_s=0.0, stop_s=4.0)
    reader = HandcraftedFeatures("lbp-top,geometry,facial-strain")
    store = open_store(tmp_path, reader, locator=locator)
    assert not fill_store([clip], reader, store, locator=locator).failed
    got = store.read(clip.id)
    assert got.usable[got.found].mean() > 0.98, "all but a frame alone"
    assert not got.usable[-20:].any()
    assert np.isnan(got.values[~got.usable]).any(axis=1).all()
