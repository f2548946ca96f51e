"""The agent's run of face_mesh agrees with the mediapipe package's older FaceMesh solution.

Needs .venv-reference (tests/reference/prepare.sh). Each frame is taken by itself: the face is
detected, then its points are placed, once.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from kizashi_agent.landmarks.crop import region_of_detection
from kizashi_agent.landmarks.detector import FaceDetector
from kizashi_agent.landmarks.face_landmarker import FaceLandmarker
from kizashi_agent.landmarks.following import is_face
from kizashi_models.session import open_network
from numpy.typing import NDArray

from tests.reference.reference_process import (
    TOP,
    FaceMeshReference,
    frames_of,
    is_prepared,
    run_face_mesh,
)

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not is_prepared(), reason="run tests/reference/prepare.sh first"),
]

CLIPS = Path(os.environ.get("KIZASHI_CLIPS", "not set"))
REAL_CLIP = CLIPS / "pyfeat_WolfgangLanger_Pexels.mp4"
BUNDLED_CLIPS = sorted((TOP / "agent" / "kizashi_agent" / "demo").glob("*.mp4"))


@dataclass(frozen=True, slots=True)
class Both:
    """The same frames by both: nan where no face was found."""

    reference: FaceMeshReference
    points: NDArray[np.float32]


def place_in_each_frame(clip: Path) -> NDArray[np.float32]:
    """(n, 468, 3): the points in each frame, or nan."""
    detector = FaceDetector(open_network("face_detector"))
    landmarker = FaceLandmarker(open_network("face_mesh"))
    rows = []
    for image in frames_of(clip):
        detections = detector.detect(image)
        placed = landmarker.place(image, region_of_detection(detections[0])) if detections else None
        rows.append(
            placed.points if placed is not None and is_face(placed) else np.full((468, 3), np.nan)
        )
    return np.array(rows, np.float32)


@pytest.fixture(
    scope="module",
    params=[*BUNDLED_CLIPS, pytest.param(REAL_CLIP, marks=pytest.mark.clips)],
    ids=lambda path: path.stem,
)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """A clip, by the mediapipe package and by the agent."""
    clip: Path = request.param
    if not clip.exists():
        pytest.skip(f"needs {clip.name} in KIZASHI_CLIPS")
    reference = run_face_mesh(clip, tmp_path_factory.mktemp("reference"))
    return Both(reference, place_in_each_frame(clip))


def test_both_find_a_face_in_the_same_frames(both: Both) -> None:
    """No frame has a face for one and none for the other, and there are faces at all."""
    assert both.reference.found.any()
    assert np.isfinite(both.points[:, 0, 0]).tolist() == both.reference.found.tolist()


def test_points_agree_on_every_frame(both: Both) -> None:
    """The mean distance of the 468 points is below 0.1 pixel in each frame."""
    distance = np.linalg.norm((both.points - both.reference.points)[..., :2], axis=2).mean(axis=1)
    distance = distance[both.reference.found]
    print(f"face mesh: mean {distance.mean():.4f} px, worst frame {distance.max():.4f} px")
    assert distance.max() < 0.1
