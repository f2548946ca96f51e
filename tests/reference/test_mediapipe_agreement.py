"""The agent's own run of the networks agrees with the mediapipe package that defines them.

Needs .venv-reference (tests/reference/prepare.sh). Each frame is taken by itself, on the bundled
clip and on a real one if there is a folder of clips: the face is detected, then its points are
placed, once.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker
from numpy.typing import NDArray

from tests.reference.reference_process import (
    TOP,
    Reference,
    frames_of,
    is_prepared,
    run_mediapipe,
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

    reference: Reference
    points: NDArray[np.float32]


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
    reference = run_mediapipe(clip, "alone", tmp_path_factory.mktemp("reference"))
    tracker = FaceTracker.open(follow=False)
    points = []
    for index, image in enumerate(frames_of(clip)):
        placed = tracker.observe(Frame(index, float(index), image)).landmarks
        points.append(placed.points if placed else np.full((468, 3), np.nan))
    return Both(reference, np.array(points, np.float32))


def test_both_find_a_face_in_the_same_frames(both: Both) -> None:
    """No frame has a face for one and none for the other, and there are faces at all."""
    assert both.reference.found.any()
    ours = np.isfinite(both.points[:, 0, 0])
    assert ours.tolist() == both.reference.found.tolist()


def test_landmarks_agree_on_every_frame(both: Both) -> None:
    """The mean distance of the 468 points is below 0.1 pixel in each frame."""
    distance = np.linalg.norm((both.points - both.reference.points)[..., :2], axis=2).mean(axis=1)
    distance = distance[both.reference.found]
    print(f"landmarks: mean {distance.mean():.4f} px, worst frame {distance.max():.4f} px")
    assert distance.max() < 0.1
