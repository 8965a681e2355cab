"""What every layout keeps to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.virtual.virtual_layouts import SMALL, Tree, files

from painscope.recording import Recording
from painscope.virtual import LAYOUTS, make_layout, read_truth
from painscope.virtual.writers.base import apportion


@pytest.mark.parametrize("name", LAYOUTS)
class TestEveryLayout:
    def test_cast_and_clips(self, name: str) -> None:
        layout = make_layout(name, **SMALL[name])
        roles = layout.cast()
        assert [role.index for role in roles] == list(range(layout.people))
        assert len({role.subject for role in roles}) == layout.people
        clips = [clip for role in roles for clip in layout.clips(role)]
        ids = [clip.id for clip in clips]
        assert len(set(ids)) == len(ids)
        for identity in ids:
            Recording(identity, "s", None, None, Path("x"))  # raises if unsafe
        assert layout.clips(roles[0]) == layout.clips(roles[0])

    def test_any_number_of_people(self, name: str) -> None:
        layout = make_layout(name, **(SMALL[name] | {"people": 130}))
        assert len({role.subject for role in layout.cast()}) == 130

    def test_all_settings_have_the_real_size_by_default(self, name: str) -> None:
        real = {
            "ai4pain-2024": (65, 25, 60 * 30 + 24 * 300),
            "biovid-a": (87, 100, 100 * 138),
            "unbc-mcmaster": (25, 8, None),
            "affectnet": (60, 5, 40),
            "icope-video": (49, 5, 5 * 600),
        }
        layout = LAYOUTS[name](**{})
        people, clips, frames = real[name]
        plan = layout.clips(layout.cast()[0])
        assert (layout.people, len(plan)) == (people, clips)
        if frames:
            assert sum(clip.frames for clip in plan) == frames

    def test_the_settings_that_it_tells_make_it_again(self, name: str) -> None:
        layout = make_layout(name, **SMALL[name])
        assert make_layout(name, **layout.settings()) == layout

    def test_frames_per_second(self, name: str) -> None:
        if name in ("affectnet", "unbc-mcmaster"):
            pytest.skip("it has folders of pictures, which are read at one rate only")
        slow = make_layout(name, **(SMALL[name] | {"rate": 10}))
        role = slow.cast()[0]
        for clip in slow.clips(role):
            time_s = slow.times(role, clip)
            assert len(time_s) == clip.frames
            assert np.diff(time_s).mean() == pytest.approx(0.1, rel=0.01)

    def test_people_depend_on_layout_and_seed_alone(self, name: str) -> None:
        one, two, other = (
            make_layout(name, **(SMALL[name] | {"seed": s, "people": p}))
            for s, p in ((1, 4), (1, 9), (2, 4))
        )

        def seeds(layout: object) -> set[int]:
            return {layout.member(role).person.seed for role in layout.cast()[:3]}

        if name in ("unbc-mcmaster", "icope-video"):  # roles do not shift with the number of people
            assert seeds(one) == seeds(two)
        assert seeds(one) == seeds(make_layout(name, **(SMALL[name] | {"seed": 1, "people": 4})))
        assert not seeds(one) & seeds(other)

    def test_truth_beside_every_clip(self, name: str, tree: Tree) -> None:
        root = tree(name)
        layout = make_layout(name, **SMALL[name])
        people = pd.read_csv(root / "truth/people.csv")
        assert len(people) == layout.people
        assert {"sex", "age", "monk_tone", "expressiveness", "sensitivity"} <= set(people)
        stimuli = pd.read_csv(root / "truth/stimuli.csv", dtype=str).set_index("recording")
        for role in layout.cast():
            for clip in layout.clips(role):
                truth = read_truth(root, clip.id)
                assert len(truth) == clip.frames
                assert truth["AU12_L"].between(0, 5).all()
                assert truth["PSPI"].between(0, 16).all()
                assert np.isfinite(truth.select_dtypes("number")).all().all()
                assert stimuli.loc[clip.id, "subject"] == role.subject
        assert not [path for path in files(root, truth=True) if "tmp" in path]


def test_no_person_plays_in_two_datasets() -> None:
    seeds = [
        layout.member(role).person.seed
        for name in LAYOUTS
        for layout in [make_layout(name, **(SMALL[name] | {"people": 6}))]
        for role in layout.cast()
    ]
    assert len(set(seeds)) == len(seeds) == 6 * len(LAYOUTS)


@pytest.mark.parametrize(
    ("total", "sizes", "shares"),
    [
        (65, (41, 12, 12), [41, 12, 12]),
        (20, (41, 12, 12), [12, 4, 4]),
        (3, (41, 12, 12), [1, 1, 1]),
        (1, (41, 12, 12), [1, 0, 0]),
        (130, (41, 12, 12), [82, 24, 24]),
    ],
)
def test_apportion(total: int, sizes: tuple[int, ...], shares: list[int]) -> None:
    assert apportion(total, sizes) == shares
