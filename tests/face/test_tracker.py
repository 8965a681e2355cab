"""Following one person, bridging gaps and steadying boxes, on synthetic faces."""

from __future__ import annotations

import numpy as np
import pytest

from painscope.face.tracker import Tracked, bridge, follow, overlap, steady

RATE = 30.0


def followed(frames, rate=RATE):
    """The centre of the followed face per frame, None where there is none."""
    rows = list(follow(enumerate(frames), rate))
    assert [item for item, _ in rows] == list(range(len(frames)))
    return [None if face is None else float(face.landmarks[0, 0]) for _, face in rows]


def test_overlap_is_intersection_over_union():
    boxes = [[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 6, 6]]
    np.testing.assert_allclose(overlap(boxes, boxes), [[1, 1 / 7, 0], [1 / 7, 1, 0], [0, 0, 1]])


def test_the_larger_of_two_people_is_followed_in_whatever_order_they_come(face_at):
    large, small = face_at(100, side=60), face_at(300, side=40)
    frames = [[large, small] if k % 2 else [small, large] for k in range(60)]
    assert followed(frames) == [100] * 60


def test_missing_the_larger_person_on_the_first_frames_does_not_settle_it(face_at):
    large, small = face_at(100, side=60), face_at(300, side=40)
    frames = [[small]] * 5 + [[large, small]] * 55
    assert followed(frames) == [None] * 5 + [100] * 55


def test_a_flickering_false_alarm_at_the_start_is_not_followed(face_at):
    person, alarm = face_at(100, side=50), face_at(300, side=70)
    frames = [[alarm, person]] * 2 + [[person]] * 58
    assert followed(frames) == [100] * 60


def test_a_face_that_stays_shorter_than_the_start_is_forgotten(face_at):
    passer, person = face_at(400, side=90), face_at(100, side=50)
    frames = [[passer]] * 8 + [[]] * 30 + [[person]] * 60
    assert followed(frames)[:8] == [400] * 8
    assert followed(frames)[38:] == [100] * 60


def test_it_never_jumps_to_the_other_person_while_the_first_is_hidden(face_at):
    first, second = face_at(100, side=50), face_at(170, side=50)
    frames = [[first, second]] * 30 + [[second]] * 200 + [[second, first]] * 30
    assert followed(frames) == [100] * 30 + [None] * 200 + [100] * 30


def test_the_other_person_may_walk_past(face_at):
    first = face_at(200, side=50)
    frames = [[first, face_at(x, side=48)] for x in range(0, 400, 4)]
    assert followed(frames) == [200] * 100


def test_the_other_person_may_stand_where_the_first_was(face_at):
    first, second = face_at(100), face_at(200)
    walk = [[face_at(x)] for x in range(200, 100, -5)]
    frames = [[first, second]] * 30 + walk + [[face_at(100)]] * 30
    assert followed(frames) == [100] * 30 + [None] * 50


@pytest.mark.parametrize(
    ("back", "taken"),
    [((150, 100, 50), True), ((100, 100, 90), True), ((250, 100, 50), False)],
    ids=["near", "closer to the camera", "far"],
)
def test_after_a_long_gap_only_a_face_near_the_last_one_is_taken(face_at, back, taken):
    frames = [[face_at(100)]] * 30 + [[]] * 60 + [[face_at(*back)]] * 10
    assert followed(frames)[-10:] == [back[0] if taken else None] * 10


def test_after_a_long_gap_a_face_of_quite_another_size_is_not_taken(face_at):
    frames = [[face_at(100)]] * 30 + [[]] * 60 + [[face_at(100, side=110)]] * 10
    assert followed(frames)[-10:] == [None] * 10


def test_a_clip_without_faces_or_without_frames():
    assert followed([[]] * 5) == [None] * 5
    assert followed([]) == []


def test_a_clip_shorter_than_the_start(face_at):
    assert followed([[face_at(100)]] * 3) == [100] * 3


def bridged(faces, rate=RATE):
    rows = list(bridge(enumerate(faces), rate))
    assert [row.item for row in rows] == list(range(len(faces)))
    return rows


def test_a_gap_of_half_a_second_is_bridged_on_a_straight_line(face_at):
    rows = bridged([face_at(100)] + [None] * 15 + [face_at(132, 116, side=66)])
    assert [row.found for row in rows] == [True] + [False] * 15 + [True]
    boxes = np.stack([row.face.box for row in rows])
    np.testing.assert_allclose(boxes, np.linspace(boxes[0], boxes[-1], 17), atol=1e-4)
    points = np.stack([row.face.landmarks for row in rows])
    np.testing.assert_allclose(points, np.linspace(points[0], points[-1], 17), atol=1e-4)
    assert [row.face.confidence for row in rows[1:-1]] == [0.0] * 15


def test_a_longer_gap_is_not_bridged(face_at):
    rows = bridged([face_at(100)] + [None] * 16 + [face_at(110)])
    assert [row.face is None for row in rows] == [False] + [True] * 16 + [False]
    assert [row.found for row in rows] == [True] + [False] * 16 + [True]


def test_start_and_end_are_not_bridged(face_at):
    rows = bridged([None] * 3 + [face_at(100)] + [None] * 3)
    assert [row.face is None for row in rows] == [True] * 3 + [False] + [True] * 3


@pytest.mark.parametrize(("rate", "longest"), [(30, 15), (25, 12), (29.97, 14), (2, 1), (1, 0)])
def test_the_longest_gap_in_frames_depends_on_the_rate(face_at, rate, longest):
    for missing, filled in ((longest, True), (longest + 1, False)):
        rows = bridged([face_at(100)] + [None] * missing + [face_at(100)], rate)
        assert all((row.face is not None) == filled for row in rows[1:-1])


def test_few_frames_are_held_back(face_at):
    """Memory does not grow with the clip: frames come out soon after they went in."""
    taken = 0

    def frames():
        nonlocal taken
        for k in range(2000):
            taken = k
            yield k, [face_at(100)] if k % 100 < 60 and k > 500 else []

    for row in steady(bridge(follow(frames(), RATE), RATE), RATE, 0.2):
        assert taken - row.item <= 15 + 15 + 3


def test_steady_averages_the_boxes_around_a_frame(face_at):
    centres = np.random.default_rng(3).uniform(90, 110, 20)
    rows = [Tracked(k, face_at(x), True) for k, x in enumerate(centres)]
    result = list(steady(rows, RATE, 0.2))
    assert [row.item for row in result] == list(range(20))
    for k, row in enumerate(result):
        near = centres[max(0, k - 3) : k + 4]
        assert (row.face.box[0] + row.face.box[2]) / 2 == pytest.approx(near.mean(), abs=1e-4)
        assert row.face.landmarks[0, 0] == pytest.approx(centres[k], abs=1e-4)


def test_steady_leaves_missing_faces_and_a_window_of_zero_alone(face_at):
    rows = [Tracked(0, None, False), Tracked(1, face_at(100), True), Tracked(2, None, False)]
    assert [row.face is None for row in steady(rows, RATE, 0.2)] == [True, False, True]
    rows = [Tracked(k, face_at(100 + 5 * k), True) for k in range(4)]
    assert list(steady(rows, RATE, 0.0)) == rows
