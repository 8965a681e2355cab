from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from painscope.classifiers import (
    SEGMENT_FRAMES,
    evaluation_segments,
    reading_segments,
    training_segments,
)
from painscope.features import FeatureSequence


@pytest.fixture
def of_length(make_sequence: Callable[..., FeatureSequence]) -> Callable[[int], FeatureSequence]:
    def build(frames: int) -> FeatureSequence:
        values = np.arange(frames, dtype=np.float32)[:, None]
        return make_sequence(f"r{frames}", values)

    return build


@pytest.mark.parametrize(
    ("frames", "cuts"),
    [
        (1800, [(0, 300), (300, 600), (600, 900), (900, 1200), (1200, 1500), (1500, 1800)]),
        (1650, [(0, 300), (300, 600), (600, 900), (900, 1200), (1200, 1500), (1500, 1650)]),
        (1649, [(0, 300), (300, 600), (600, 900), (900, 1200), (1200, 1500)]),
        (449, [(0, 300)]),
        (450, [(0, 300), (300, 450)]),
        (300, [(0, 300)]),
        (299, [(0, 299)]),
        (1, [(0, 1)]),
    ],
)
def test_training_clips_follow_each_other(
    frames: int, cuts: list[tuple[int, int]], of_length: Callable[[int], FeatureSequence]
) -> None:
    segments = training_segments([of_length(frames)])
    assert [(part.first, part.stop) for part in segments.parts] == cuts
    assert [(clip.values[0, 0], clip.values[-1, 0] + 1) for clip in segments.sequences] == cuts
    assert segments.short == sum(stop - first < 300 for first, stop in cuts)


def test_ai4pain_s_training_set_has_the_paper_s_size(
    of_length: Callable[[int], FeatureSequence],
) -> None:
    person = [of_length(1800)] + [of_length(300)] * 24
    segments = training_segments(person * 41)
    assert len(segments) == 1230
    assert segments.sources.count(0) == 6
    assert segments.short == 0


def test_each_clip_knows_its_recording(of_length: Callable[[int], FeatureSequence]) -> None:
    segments = training_segments([of_length(5), of_length(11), of_length(0)], length=4)
    assert segments.sources == (0, 1, 1, 1, 2)
    assert [clip.recording for clip in segments.sequences] == ["r5", "r11", "r11", "r11", "r0"]
    assert segments.parts[-1] is None
    assert segments.short == 2


def test_tests_read_the_first_frames(of_length: Callable[[int], FeatureSequence]) -> None:
    segments = evaluation_segments([of_length(1800), of_length(300), of_length(40), of_length(0)])
    assert [len(clip) for clip in segments.sequences] == [300, 300, 40, 0]
    assert segments.sequences[0].values[-1, 0] == 299
    assert segments.short == 2
    assert SEGMENT_FRAMES == 300


def test_clips_are_views_not_copies(of_length: Callable[[int], FeatureSequence]) -> None:
    long = of_length(900)
    assert all(
        np.shares_memory(clip.values, long.values) for clip in training_segments([long]).sequences
    )


@pytest.mark.parametrize("frames", [0, 1, 299, 300, 301, 449, 900, 1649])
def test_reading_leaves_out_no_frame(
    frames: int, of_length: Callable[[int], FeatureSequence]
) -> None:
    segments = reading_segments([of_length(frames)])
    read = np.concatenate([clip.values[:, 0] for clip in segments.sequences])
    assert np.array_equal(read, np.arange(frames))
    assert all(len(clip) == 300 for clip in segments.sequences[:-1])
