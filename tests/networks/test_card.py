"""What a card tells of a network: how pictures are prepared, and whom it has seen."""

from __future__ import annotations

import numpy as np
import torch

from painscope.networks import (
    Card,
    Preprocessing,
    prepare,
)


def test_preparing_pictures() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    way = Preprocessing(channels="bgr", scale=1 / 255, mean=(0.1, 0.2, 0.3), std=(1, 2, 4))
    got = prepare(torch.from_numpy(images), way).numpy()
    expected = (images[..., ::-1] / 255 - (0.1, 0.2, 0.3)) / (1, 2, 4)
    np.testing.assert_allclose(got, expected.transpose(0, 3, 1, 2), atol=1e-6)
    assert got.dtype == np.float32


def test_virtual_people_are_not_taken_for_the_real_ones_whose_ids_they_have() -> None:
    name = "virtual biovid-a"  # a dataset's `population`
    card = Card(title="x", subjects={name: ("p1",)}, validation_subjects={name: ("p2",)})
    assert card.virtual == ("biovid-a",)
    assert card.seen(name) == {"p1", "p2"}
    assert card.seen("biovid-a") == set()
    older = Card(title="x", subjects={"biovid-a": ("p1",)})  # may have meant either
    assert older.seen(name) == older.seen("biovid-a") == {"p1"}
    assert older.virtual == ()


def test_people_of_another_dataset_who_may_be_the_same_are_told() -> None:
    card = Card(
        title="x",
        subjects={"biovid-a": ("p1", "p9"), "manifest": ("p3",), "virtual manifest": ("p1", "p2")},
        validation_subjects={"biovid-a": ("p2",)},
    )
    people = ["p3", "p2", "p1"]
    assert card.namesakes("manifest", people) == {"biovid-a": ("p1", "p2")}
    assert card.namesakes("virtual ai4pain-2024", people) == {
        "virtual manifest": ("p1", "p2", "p3")
    }
    assert card.namesakes("unbc-mcmaster", ["p7"]) == {}
