"""Anchors, decoding and suppression of the face detector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.frames import Frame
from kizashi_agent.landmarks import FaceTracker
from kizashi_agent.landmarks.detector import anchor_centres, decode, overlap, suppress
from numpy.typing import NDArray

corners = st.floats(0, 128, width=32)


@st.composite
def shapes_and_scores(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Up to 12 boxes with key points at their corners, best first."""
    count = draw(st.integers(0, 12))
    shapes = np.zeros((count, 8, 2), np.float32)
    for shape in shapes:
        x, y = draw(corners), draw(corners)
        width, height = draw(st.floats(1, 64, width=32)), draw(st.floats(1, 64, width=32))
        shape[0], shape[1], shape[2:] = (x, y), (x + width, y + height), (x, y)
    scores = draw(st.lists(st.floats(0.5, 1, width=32), min_size=count, max_size=count).map(sorted))
    return shapes, np.array(scores[::-1], np.float32)


def test_anchors_cover_the_input_evenly() -> None:
    """There are 896, in two grids, each about the middle."""
    anchors = anchor_centres()
    assert anchors.shape == (896, 2)
    assert anchors[0].tolist() == [4, 4]
    assert anchors[1].tolist() == [4, 4]
    assert anchors[2].tolist() == [12, 4]
    assert anchors[512].tolist() == [8, 8]
    assert anchors[-1].tolist() == [120, 120]
    assert anchors.mean(axis=0).tolist() == [64, 64]


def test_offsets_count_from_their_anchor() -> None:
    """Centre and size become corners; key points are moved by the anchor."""
    offsets = np.zeros((2, 16), np.float32)
    offsets[1] = [1, 2, 10, 20, *range(12)]
    anchors = np.array([[0, 0], [50, 60]], np.float32)
    shapes, scores = decode(offsets, np.array([-1, 2], np.float32), anchors, 0.5)
    assert shapes.shape == (1, 8, 2)
    assert shapes[0, 0].tolist() == [46, 52]
    assert shapes[0, 1].tolist() == [56, 72]
    assert shapes[0, 2].tolist() == [50, 61]
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-2)))


def test_candidates_come_best_first() -> None:
    """Suppression relies on the order of the scores."""
    logits = np.array([1, 3, 2, -3], np.float32)
    _, scores = decode(np.ones((4, 16), np.float32), logits, np.zeros((4, 2), np.float32), 0.5)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert len(scores) == 3


def test_overlapping_shapes_are_averaged_by_score() -> None:
    """Two views of one face become their weighted mean, with the better score."""
    shapes = np.zeros((2, 8, 2), np.float32)
    shapes[:, 1] = 10
    shapes[1] += 1
    faces, best = suppress(shapes, np.array([0.9, 0.6], np.float32), 0.5)
    assert len(faces) == 1
    assert faces[0][0].tolist() == pytest.approx([0.4, 0.4])
    assert best == [pytest.approx(0.9)]


@given(shapes_and_scores())
def test_suppression_keeps_faces_apart(
    given_shapes: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """It ends, keeps the best score, adds no face, and stays within the boxes it was given."""
    shapes, scores = given_shapes
    faces, best = suppress(shapes, scores, 0.5)
    assert len(faces) <= len(shapes)
    assert (len(faces) > 0) == (len(shapes) > 0)
    assert best == sorted(best, reverse=True)
    if len(shapes):
        assert best[0] == scores[0]
        kept = np.stack(faces)
        assert (kept >= shapes.min(axis=0) - 1e-3).all()
        assert (kept <= shapes.max(axis=0) + 1e-3).all()


@given(shapes_and_scores())
def test_overlap_is_one_with_itself_and_never_more(
    given_shapes: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """Intersection over union lies in 0 to 1, is 1 for equal boxes, and is symmetric."""
    boxes = given_shapes[0][:, :2]
    table = np.array([overlap(box, boxes) for box in boxes]).reshape(len(boxes), len(boxes))
    assert (table >= 0).all()
    assert (table <= 1 + 1e-5).all()
    assert np.diag(table) == pytest.approx(np.ones(len(boxes)), abs=1e-5)
    assert table == pytest.approx(table.T, abs=1e-5)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_the_real_networks_see_no_face_in_an_empty_frame(level: int) -> None:
    """A frame of one grey has no face and a count of 0."""
    seen = FaceTracker.open().observe(Frame(0, 0.0, np.full((120, 160, 3), level, np.uint8)))
    assert (seen.landmarks, seen.faces) == (None, 0)
    assert (seen.width, seen.height) == (160, 120)
