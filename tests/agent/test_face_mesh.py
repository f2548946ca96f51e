"""The smaller landmark network, placed by the same code as the larger one."""

import numpy as np
import pytest
from kizashi_agent.demo import demo_clip
from kizashi_agent.landmarks.crop import Region, region_of_detection, region_of_points
from kizashi_agent.landmarks.detector import FaceDetector
from kizashi_agent.landmarks.face_landmarker import FaceLandmarker
from kizashi_agent.landmarks.measures import face_width
from kizashi_models.session import open_network
from numpy.typing import NDArray

from tests.reference.reference_process import frames_of

FRAMES = 30


@pytest.fixture(scope="module")
def frames() -> list[NDArray[np.uint8]]:
    """The first second of the bundled clip."""
    with demo_clip() as clip:
        return [image for image, _ in zip(frames_of(clip), range(FRAMES), strict=False)]


@pytest.fixture(scope="module")
def face_mesh() -> FaceLandmarker:
    """The smaller network."""
    return FaceLandmarker(open_network("face_mesh"))


def first_region(image: NDArray[np.uint8]) -> Region:
    """Where the detector sees the face."""
    (detection,) = FaceDetector(open_network("face_detector")).detect(image)
    return region_of_detection(detection)


def test_it_follows_a_face_by_its_own_points(
    frames: list[NDArray[np.uint8]], face_mesh: FaceLandmarker
) -> None:
    """468 points are placed with certainty in every frame, each from those of the one before."""
    region = first_region(frames[0])
    for image in frames:
        landmarks = face_mesh.place(image, region)
        assert landmarks.points.shape == (468, 3)
        assert landmarks.score > 0.99
        region = region_of_points(landmarks.points)


def test_its_points_are_the_larger_networks(
    frames: list[NDArray[np.uint8]], face_mesh: FaceLandmarker
) -> None:
    """On one region, each point lies near the larger network's of that number, in depth too."""
    larger = FaceLandmarker(open_network("face_landmarks"))
    region = region_of_points(larger.place(frames[0], first_region(frames[0])).points)
    for image in frames[::10]:
        theirs = larger.place(image, region).points
        difference = face_mesh.place(image, region).points - theirs[:468]
        distance = np.linalg.norm(difference[:, :2], axis=1) / face_width(theirs)
        assert distance.mean() < 0.03
        assert distance.max() < 0.12
        depths = face_mesh.place(image, region).points[:, 2], theirs[:468, 2]
        assert np.corrcoef(*depths)[0, 1] > 0.95


def test_it_sees_no_face_where_there_is_none(
    frames: list[NDArray[np.uint8]], face_mesh: FaceLandmarker
) -> None:
    """A grey frame has no face, whatever the region."""
    grey = np.full_like(frames[0], 128)
    assert face_mesh.place(grey, first_region(frames[0])).score < 0.5
