"""Whom the tracker follows, when it looks anew, and how many faces it counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.landmarks.crop import Region
from kizashi_agent.landmarks.following import (
    Following,
    advance,
    choose,
    count_faces,
    must_detect,
    overlap,
)
from kizashi_agent.landmarks.observations import Box, Detection, Landmarks

from tests.agent.landmark_fakes import FakeFaces, frame_with

LEFT, RIGHT = (160.0, 320.0, 120.0), (480.0, 320.0, 90.0)
sides = st.floats(1, 500)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), st.floats(0, 900), st.floats(0, 900), sides, sides
)


def detection(box: Box) -> Detection:
    """A detection whose eyes are level."""
    keypoints = np.array([[0, 0], [1, 0], [0, 0], [0, 0], [0, 0], [0, 0]], np.float32)
    return Detection(box, keypoints, 0.9)


def landmarks(box: Box, score: float) -> Landmarks:
    """Points spread over a box."""
    spread = np.linspace(0, 1, 468, dtype=np.float32)[:, None]
    low, high = np.array([box.left, box.top, 0]), np.array([box.right, box.bottom, 0])
    return Landmarks((low + spread * (high - low)).astype(np.float32), score)


def test_the_detector_runs_when_nobody_is_followed_and_in_turn() -> None:
    """It is needed without a region, and once in so many frames with one."""
    region = Region(0, 0, 1)
    assert must_detect(Following(), every=15)
    assert not must_detect(Following(region, frames_since_detection=13), every=15)
    assert must_detect(Following(region, frames_since_detection=14), every=15)
    assert must_detect(Following(region), every=1)


@given(st.lists(boxes, min_size=1, max_size=5), boxes)
def test_the_face_followed_before_is_taken_up_again(found: list[Box], last: Box) -> None:
    """If a detection overlaps the last face it is chosen, or else the largest."""
    ordered = sorted(found, key=lambda box: -box.area)
    region = choose([detection(box) for box in ordered], last)
    expected = next((box for box in ordered if overlap(box, last) >= 0.3), ordered[0])
    assert region is not None
    assert region.x == pytest.approx((expected.left + expected.right) / 2)
    assert region.side == pytest.approx(1.5 * max(expected.width, expected.height))


def test_nothing_is_chosen_from_nothing() -> None:
    """Without a detection there is nowhere to look."""
    assert choose([], Box(0, 0, 1, 1)) is None


@given(st.lists(boxes, max_size=4), boxes)
def test_a_followed_face_counts_once(found: list[Box], followed: Box) -> None:
    """It is among those detected, or it is one more."""
    assert count_faces([followed, *found], followed) == len(found) + 1
    assert count_faces(found, None) == len(found)
    assert count_faces(found, followed) in {len(found), len(found) + 1}
    assert count_faces(found, followed) >= 1


@given(boxes, boxes)
def test_overlap_is_a_symmetric_share(one: Box, other: Box) -> None:
    """Intersection over union lies in 0 to 1 and does not mind the order."""
    assert overlap(one, other) == overlap(other, one)
    assert 0 <= overlap(one, other) <= 1
    assert overlap(one, one) == pytest.approx(1)


def test_a_low_presence_ends_following_but_remembers_the_place() -> None:
    """The region goes; the box stays, so that the same person is found again."""
    box = Box(100, 100, 200, 200)
    state = advance(Following(), landmarks(box, 0.9), [detection(box)])
    assert state.region is not None
    assert state.faces == 1
    lost = advance(state, landmarks(box, 0.49), None)
    assert lost.region is None
    assert lost.box == box
    assert lost.frames_since_detection == 1


def test_a_count_lasts_until_the_next() -> None:
    """Between looks of the detector the number of faces is the last one counted."""
    box, other = Box(0, 0, 100, 100), Box(300, 0, 380, 80)
    state = advance(Following(), landmarks(box, 0.9), [detection(box), detection(other)])
    later = advance(state, landmarks(box, 0.9), None)
    assert (later.faces, later.boxes) == (2, (box, other))
    assert advance(later, landmarks(box, 0.9), [detection(box)]).faces == 1


def test_a_face_that_is_followed_needs_no_detector_each_frame() -> None:
    """Ten frames at one look in five take three looks, and every frame has landmarks."""
    fake = FakeFaces(detect_every=5)
    fake.detector.places = [LEFT]
    seen = [fake.tracker.observe(frame_with(i, LEFT)) for i in range(11)]
    assert all(s.landmarks is not None for s in seen)
    assert fake.detector.runs == 3
    # One for each frame, and the second placing of the first.
    assert fake.landmarker.runs == 12
    assert [s.index for s in seen] == list(range(11))
    assert seen[3].timestamp == pytest.approx(0.1)


def test_detecting_each_frame_follows_nobody() -> None:
    """Without following, each frame is one detection and one placing."""
    fake = FakeFaces(follow=False)
    fake.detector.places = [LEFT]
    for i in range(4):
        assert fake.tracker.observe(frame_with(i, LEFT)).landmarks is not None
    assert (fake.detector.runs, fake.landmarker.runs) == (4, 4)


def test_the_larger_face_is_followed_and_kept() -> None:
    """The first choice is the largest; another that grows larger does not take over."""
    fake = FakeFaces(detect_every=1)
    fake.detector.places = [LEFT, RIGHT]
    assert_at(fake, 0, LEFT, [LEFT, RIGHT])
    grown = (RIGHT[0], RIGHT[1], 200.0)
    fake.detector.places = [LEFT, grown]
    for i in range(1, 5):
        assert_at(fake, i, LEFT, [LEFT, grown])


def test_after_a_blink_of_the_detector_the_same_person_is_taken_up() -> None:
    """A face lost for a frame is chosen again over a larger one elsewhere."""
    fake = FakeFaces()
    fake.detector.places = [LEFT, RIGHT]
    assert_at(fake, 0, LEFT, [LEFT, RIGHT])
    fake.detector.places = []
    assert fake.tracker.observe(frame_with(1)).landmarks is None
    grown = (RIGHT[0], RIGHT[1], 200.0)
    fake.detector.places = [LEFT, grown]
    assert_at(fake, 2, LEFT, [LEFT, grown])


def test_a_face_that_jumps_is_found_in_the_same_frame() -> None:
    """When the old place is empty the detector is asked at once."""
    fake = FakeFaces(detect_every=100)
    fake.detector.places = [LEFT]
    assert_at(fake, 0, LEFT, [LEFT])
    fake.detector.places = [RIGHT]
    assert_at(fake, 1, RIGHT, [RIGHT])
    assert fake.detector.runs == 2


def test_somebody_who_joins_is_counted_within_the_interval() -> None:
    """A second face is noticed at the next look, and its box is reported."""
    fake = FakeFaces(detect_every=5)
    fake.detector.places = [LEFT]
    fake.tracker.observe(frame_with(0, LEFT))
    fake.detector.places = [LEFT, RIGHT]
    counts = [fake.tracker.observe(frame_with(i, LEFT, RIGHT)) for i in range(1, 7)]
    assert [s.faces for s in counts] == [1, 1, 1, 1, 2, 2]
    assert len(counts[-1].boxes) == 2


def test_restarting_forgets_the_face() -> None:
    """A new recording begins with the largest face again."""
    fake = FakeFaces()
    fake.detector.places = [RIGHT]
    assert_at(fake, 0, RIGHT, [RIGHT])
    fake.tracker.restart()
    fake.detector.places = [LEFT, RIGHT]
    assert_at(fake, 0, LEFT, [LEFT, RIGHT])


def test_an_observation_shows_no_landmark_when_printed() -> None:
    """Logging one by mistake writes no coordinates."""
    fake = FakeFaces()
    fake.detector.places = [LEFT]
    text = repr(fake.tracker.observe(frame_with(0, LEFT)))
    assert "array" not in text


def assert_at(
    fake: FakeFaces,
    index: int,
    place: tuple[float, float, float],
    shown: list[tuple[float, float, float]],
) -> None:
    """The next frame's landmarks are centred on a place, among those that are shown."""
    seen = fake.tracker.observe(frame_with(index, *shown))
    assert seen.landmarks is not None
    middle = seen.landmarks.points[:, :2].mean(axis=0)
    assert middle.tolist() == pytest.approx(place[:2], abs=5)
