"""The real networks on real faces: the bundled clip, and research clips where there are any."""

from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np
import pytest
from kizashi_agent import landmarks
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceObservation, FaceTracker, face_width, head_pose
from kizashi_agent.landmarks.following import overlap
from kizashi_agent.landmarks.observations import box_of_points
from numpy.typing import NDArray

FRAMES = 30


def frames_of(clip: Path, limit: int | None = None) -> Iterator[Frame]:
    """Frames of a clip from its start, 30 a second whatever the file says."""
    capture = cv2.VideoCapture(str(clip))
    try:
        index = 0
        while limit is None or index < limit:
            more, image = capture.read()
            if not more:
                return
            yield Frame(index, index / 30, np.asarray(image, np.uint8))
            index += 1
    finally:
        capture.release()


@pytest.fixture(scope="module")
def bundled() -> list[Frame]:
    """The first second of the bundled clip."""
    with as_file(files("kizashi_agent") / "demo" / "self_introduction.mp4") as clip:
        return list(frames_of(clip, FRAMES))


def points_of(seen: FaceObservation) -> NDArray[np.float32]:
    """The points of an observation that must have some."""
    assert seen.landmarks is not None
    return seen.landmarks.points


def test_the_door_has_these_names_and_no_more() -> None:
    """What other packages may import is said in one place."""
    assert set(landmarks.__all__) == {
        "LANDMARK_COUNT",
        "Box",
        "Detection",
        "FaceObservation",
        "FaceTracker",
        "Landmarks",
        "face_width",
        "head_pose",
    }
    assert all(hasattr(landmarks, name) for name in landmarks.__all__)


def test_a_face_is_measured_in_every_frame(bundled: list[Frame]) -> None:
    """468 points lie surely and around the detector's box, the pose near level."""
    tracker = FaceTracker.open()
    for frame in bundled:
        seen = tracker.observe(frame)
        points = points_of(seen)
        assert points.shape == (468, 3)
        assert seen.landmarks is not None
        assert seen.landmarks.score > 0.99
        assert seen.faces == 1
        assert overlap(box_of_points(points), seen.boxes[0]) > 0.5
        pose = head_pose(points)
        assert max(abs(pose.yaw), abs(pose.pitch), abs(pose.roll)) < 15


def test_following_and_detecting_each_frame_agree(bundled: list[Frame]) -> None:
    """The two ways differ by less than 2 % of the face's width on average."""
    follower, finder = FaceTracker.open(), FaceTracker.open(follow=False)
    for frame in bundled:
        one, other = points_of(follower.observe(frame)), points_of(finder.observe(frame))
        distance = np.linalg.norm((one - other)[:, :2], axis=1).mean()
        assert distance < 0.02 * face_width(one)


def test_a_hidden_face_is_lost_and_found_again(bundled: list[Frame]) -> None:
    """Grey frames have no landmarks; when the face is back, so are they, at once."""
    tracker = FaceTracker.open()
    before = points_of(tracker.observe(bundled[0]))
    hidden = Frame(1, 1 / 30, np.full_like(bundled[0].image, 128))
    assert tracker.observe(hidden).landmarks is None
    assert tracker.observe(hidden).faces == 0
    after = points_of(tracker.observe(bundled[0]))
    assert np.abs(after - before).max() < 1


def test_buffers_used_again_do_not_change_what_was_given(bundled: list[Frame]) -> None:
    """An observation keeps its values while later frames are measured."""
    tracker = FaceTracker.open()
    first = tracker.observe(bundled[0])
    points = points_of(first).copy()
    for frame in bundled[1:5]:
        tracker.observe(frame)
    assert (points_of(first) == points).all()


def test_two_faces_are_counted(bundled: list[Frame]) -> None:
    """The same face twice, side by side, is two faces; the larger one is followed."""
    image = bundled[0].image
    half = cv2.resize(image, None, fx=0.6, fy=0.6)
    wide = np.zeros((image.shape[0], image.shape[1] + half.shape[1], 3), np.uint8)
    wide[:, : image.shape[1]] = image
    wide[: half.shape[0], image.shape[1] :] = half
    seen = FaceTracker.open().observe(Frame(0, 0.0, wide))
    assert seen.faces == 2
    assert seen.boxes[0].area > seen.boxes[1].area
    assert points_of(seen)[:, 0].mean() < image.shape[1]


@pytest.mark.proof
@pytest.mark.clips
def test_a_group_is_noticed_and_one_person_followed(clips: Path) -> None:
    """In a clip with several people the followed face never jumps to another."""
    tracker = FaceTracker.open()
    last, crowded, count = None, 0, 0
    for frame in frames_of(clips / "of_multi_face.avi"):
        seen = tracker.observe(frame)
        box = box_of_points(points_of(seen))
        assert last is None or overlap(box, last) > 0.5
        last, crowded, count = box, crowded + (seen.faces > 1), count + 1
    assert count > 600
    assert crowded > count / 2
