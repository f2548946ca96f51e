"""Features that know no place, size or turn, and the packaged head."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.action_units import FEATURE_COUNT, ActionUnitHead, features
from kizashi_agent.action_units.features import RIGID_POINTS
from kizashi_agent.landmarks.head_pose import canonical_points
from kizashi_models.card import Card, parse_card
from kizashi_models.errors import UnusableModel
from kizashi_models.registry import find_card
from kizashi_models.session import open_network
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray

BLENDSHAPES = np.linspace(0, 1, 52, dtype=np.float32)
SHAPE = 478 * 3
HEAD = "landmark_head"


def face() -> NDArray[np.float32]:
    """(478, 3) frame pixels: the canonical face looking at the camera, other points at random."""
    points = np.random.default_rng(4).normal(0, 4, (478, 3))
    for place, position in canonical_points().items():
        points[place] = position
    # Frames have y down and z away from the camera.
    return (points * [12, -12, -12] + [320, 240, 0]).astype(np.float32)


def turned(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """A (3, 3) rotation, angles in degrees."""
    rotation = np.eye(3)
    for axis, angle in enumerate((pitch, yaw, roll)):
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        one, two = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[one, one] = step[two, two] = cosine
        step[one, two], step[two, one] = -sine, sine
        rotation = step @ rotation
    return rotation


ANGLE = st.floats(-40, 40)
SHIFT = st.floats(-500, 500)


@given(st.tuples(ANGLE, ANGLE, ANGLE), st.floats(0.2, 5), SHIFT, SHIFT)
def test_shape_features_know_no_place_size_or_turn(
    angles: tuple[float, float, float], scale: float, x: float, y: float
) -> None:
    """A face that is moved, scaled and turned as a whole has the same shape features."""
    moved = (face() @ turned(*angles).T * scale + [x, y, 0]).astype(np.float32)
    before, after = features(face(), BLENDSHAPES), features(moved, BLENDSHAPES)
    np.testing.assert_allclose(after[:SHAPE], before[:SHAPE], atol=2e-3)


def test_features_are_what_they_are_said_to_be() -> None:
    """Points, then blendshapes, then rotation; the rigid points at 0 and of size 1."""
    found = features(face(), BLENDSHAPES)
    assert found.shape == (FEATURE_COUNT,)
    assert found.dtype == np.float32
    rigid = found[:SHAPE].reshape(478, 3)[RIGID_POINTS]
    np.testing.assert_allclose(rigid.mean(axis=0), 0, atol=1e-5)
    assert np.sum(rigid**2) == pytest.approx(1, abs=1e-4)
    np.testing.assert_array_equal(found[SHAPE : SHAPE + 52], BLENDSHAPES)
    np.testing.assert_allclose(found[SHAPE + 52 :].reshape(3, 3), np.eye(3), atol=1e-4)


def test_a_moving_point_moves_its_own_features_alone() -> None:
    """A lower lip that drops leaves the features of all other points as they were."""
    dropped = face()
    dropped[17, 1] += 30
    difference = np.abs(features(dropped, BLENDSHAPES) - features(face(), BLENDSHAPES))
    changed = np.flatnonzero(difference > 1e-5).tolist()
    assert changed == [17 * 3 + 1]


class Answering:
    """A network that answers what it is told, under the card it is given."""

    def __init__(self, card: Card, outputs: list[NDArray[Any]]) -> None:
        self.card = card
        self._outputs = outputs
        self.asked: Mapping[str, NDArray[Any]] = {}

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs given."""
        self.asked = inputs
        return self._outputs


def test_a_head_is_asked_with_features_and_answers_in_units() -> None:
    """One row goes in; its intensities and presences come out."""
    intensities = np.arange(17, dtype=np.float32)[np.newaxis] / 4
    presences = np.arange(18)[np.newaxis] % 2 == 0
    network = Answering(find_card(HEAD), [intensities, presences])
    found = ActionUnitHead(network).measure(face(), BLENDSHAPES)
    np.testing.assert_array_equal(network.asked["features"][0], features(face(), BLENDSHAPES))
    np.testing.assert_array_equal(found.intensities, intensities[0])
    np.testing.assert_array_equal(found.presences, presences[0])


def test_the_extractor_is_named_after_the_head_and_its_major_version() -> None:
    """Norms are found by this name."""
    assert ActionUnitHead(open_network(HEAD)).extractor_id == "kizashi-landmark-head/1"


def test_a_network_that_is_no_head_is_refused() -> None:
    """A landmark network in the head's place is an error that says so."""
    with pytest.raises(UnusableModel, match="not an action-unit head"):
        ActionUnitHead(Answering(find_card("face_landmarks"), []))


def test_a_head_of_other_units_is_refused() -> None:
    """A head whose units stand in another order would be read wrongly, and is refused."""
    card = card_table()
    card["outputs"][0]["labels"].reverse()
    with pytest.raises(UnusableModel, match="inputs and outputs"):
        ActionUnitHead(Answering(parse_card(json.dumps(card), "reversed"), []))


def card_table() -> dict[str, Any]:
    """A head's card as JSON, with as little in it as a card may have."""

    def tensor(name: str, size: int, dtype: str, labels: list[str]) -> dict[str, Any]:
        form = {"shape": [-1, size], "dtype": dtype, "range": None, "labels": labels}
        return {"name": name, "unit": "none", "meaning": "none", **form}

    row = tensor("features", FEATURE_COUNT, "float32", [])
    intensities = [f"AU{unit:02d}" for unit in INTENSITY_UNITS]
    presences = [f"AU{unit:02d}" for unit in PRESENCE_UNITS]
    return {
        "card": 1,
        "id": "some_head",
        "version": "3.1.0",
        "kind": "action_unit_head",
        "summary": "A head.",
        "file": "some_head.onnx",
        "sha256": "0" * 64,
        "licence": "none",
        "source": "none",
        "inputs": [row],
        "outputs": [
            tensor("intensities", 17, "float32", intensities),
            tensor("presences", 18, "bool", presences),
        ],
        "provenance": {},
        "metrics": {},
    }


def test_a_head_of_ones_own_fits_in() -> None:
    """A refitted head with a name and version of its own makes an extractor of its own."""
    card = parse_card(json.dumps(card_table()), "own")
    assert ActionUnitHead(Answering(card, [])).extractor_id == "kizashi-some-head/3"


def test_the_packaged_head_stays_in_range_whatever_it_sees() -> None:
    """Features far from any face give finite intensities from 0 to 5."""
    network = open_network(HEAD)
    rows = np.random.default_rng(5).normal(0, 3, (200, FEATURE_COUNT)).astype(np.float32)
    intensities, presences = network.run({"features": rows})
    assert np.isfinite(intensities).all()
    assert intensities.min() >= 0
    assert intensities.max() <= 5
    assert presences.shape == (200, len(PRESENCE_UNITS))
    # A head that answers a constant would pass the above.
    assert (intensities.std(axis=0) > 0).all()


def test_a_row_is_measured_alike_alone_and_among_others() -> None:
    """Batches give what single frames give."""
    network = open_network(HEAD)
    row = features(face(), BLENDSHAPES)[np.newaxis]
    alone, _ = network.run({"features": row})
    among, _ = network.run({"features": np.repeat(row, 3, axis=0)})
    np.testing.assert_allclose(among[1], alone[0], atol=1e-4)


def test_the_card_says_what_the_head_is_worth() -> None:
    """Agreement over people it never saw is above .60, and the teacher's licence is named."""
    card = find_card(HEAD)
    assert card.metrics["mean_agreement"]["intensities"]["r"] > 0.60
    assert card.metrics["validation"]["coverage"] >= 0.97
    assert set(card.metrics["agreement"]) == {f"AU{unit:02d}" for unit in PRESENCE_UNITS}
    assert "non-commercial" in card.provenance["teacher"]["licence"]
    assert card.licence == "LICENSE-MODELS"
