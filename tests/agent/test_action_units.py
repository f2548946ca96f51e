"""Faces brought to their standard place, their gradients, and the packaged head."""

import json
import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kizashi_agent.action_units import FEATURE_COUNT, ActionUnitHead, features
from kizashi_agent.action_units.aligned_face import RIGID, SIDE, align
from kizashi_agent.action_units.gradients import (
    CELL,
    CELLS,
    GRADIENT_COUNT,
    SIGNED,
    UNSIGNED,
    histogram_of_gradients,
)
from kizashi_models.card import Card, parse_card
from kizashi_models.errors import UnusableModel
from kizashi_models.registry import find_card
from kizashi_models.session import open_network
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS
from numpy.typing import NDArray

HEAD = "gradient_head"
HEIGHT, WIDTH = 480, 640
CENTRE = np.array([320.0, 240.0])
Points = NDArray[np.float32]
Image = NDArray[np.uint8]


def face() -> Points:
    """(468, 3) frame pixels: a face 300 wide that looks at the camera, the same each time.

    Points without a canonical place lie anywhere in it.
    """
    random = np.random.default_rng(4)
    angle, radius = random.uniform(0, 2 * math.pi, 468), np.sqrt(random.uniform(0, 1, 468))
    flat = CENTRE + np.column_stack([radius * np.cos(angle) * 140, radius * np.sin(angle) * 120])
    for place, x, y in RIGID:
        flat[place] = CENTRE + np.array([x, y]) * 20
    return np.column_stack([flat, np.zeros(468)]).astype(np.float32)


def picture() -> Image:
    """A frame of smooth colours that differ everywhere."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    colours = [np.sin(x / 23) * np.cos(y / 31), np.sin((x + y) / 37), np.cos(x / 41 - y / 29)]
    return np.stack([(127 + 120 * each) for each in colours], axis=-1).astype(np.uint8)


def moved(angle: float, scale: float, x: float, y: float) -> tuple[Image, Points]:
    """The same face elsewhere: frame and points turned (degrees), scaled and shifted (pixels)."""
    matrix = cv2.getRotationMatrix2D(CENTRE.tolist(), angle, scale)
    matrix[:, 2] += np.array([x, y])
    points = face()
    points[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    turned = cv2.warpAffine(picture(), matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    return np.asarray(turned, np.uint8), points


@settings(deadline=None, max_examples=30)
@given(st.floats(-30, 30), st.floats(0.7, 1.4), st.floats(-60, 60), st.floats(-40, 40))
def test_an_aligned_face_knows_no_place_size_or_roll(
    angle: float, scale: float, x: float, y: float
) -> None:
    """A face that is moved, scaled and rolled in the picture is brought to the same place."""
    before, after = align(picture(), face()), align(*moved(angle, scale, x, y))
    np.testing.assert_allclose(after.points, before.points, atol=0.01)
    inside = (before.picture > 0) & (after.picture > 0)
    difference = np.abs(after.picture.astype(int) - before.picture.astype(int))
    assert difference[inside].mean() < 3


def test_what_is_not_face_is_black() -> None:
    """Nothing of the background is left: it may change without any feature changing."""
    busy = picture()
    busy[:, :100], busy[:, -100:] = 255 - busy[:, :100], 255 - busy[:, -100:]
    assert (align(busy, face()).picture == 0).all(axis=-1).mean() > 0.05
    np.testing.assert_array_equal(features(busy, face()), features(picture(), face()))


def test_a_face_beyond_the_frame_can_be_aligned() -> None:
    """Points outside the frame see black, and every feature is finite."""
    points = face()
    points[:, 0] += WIDTH
    assert np.isfinite(features(picture(), points)).all()


def test_features_are_gradients_then_outline() -> None:
    """The order that heads are fitted to, and the unit of places."""
    aligned = align(picture(), face())
    found = features(picture(), face())
    assert found.shape == (FEATURE_COUNT,)
    assert found.dtype == np.float32
    gradients = histogram_of_gradients(aligned.picture)
    np.testing.assert_array_equal(found[:GRADIENT_COUNT], gradients)
    places = found[GRADIENT_COUNT:].reshape(-1, 2) * 5 + SIDE / 2
    np.testing.assert_allclose(places, aligned.points, atol=1e-4)


def slow_histogram(image: Image) -> NDArray[np.float64]:
    """The same histograms pixel by pixel and cell by cell, as the paper's section 6.1 has them."""
    size = SIDE // CELL
    cells = np.zeros((size, size, SIGNED))
    bases = [(math.cos(o * math.pi / 9), math.sin(o * math.pi / 9)) for o in range(SIGNED)]
    values = image.astype(float)
    for y in range(1, SIDE - 1):
        for x in range(1, SIDE - 1):
            slopes = [
                (
                    values[y, x + 1, c] - values[y, x - 1, c],
                    values[y + 1, x, c] - values[y - 1, x, c],
                )
                for c in range(3)
            ]
            across, down = max(slopes, key=lambda slope: slope[0] ** 2 + slope[1] ** 2)
            best = int(np.argmax([across * u + down * v for u, v in bases]))
            row, column = (y + 0.5) / CELL - 0.5, (x + 0.5) / CELL - 0.5
            for i in (math.floor(row), math.floor(row) + 1):
                for j in (math.floor(column), math.floor(column) + 1):
                    if 0 <= i < size and 0 <= j < size:
                        share = (1 - abs(row - i)) * (1 - abs(column - j))
                        cells[i, j, best] += share * math.hypot(across, down)
    unsigned = cells[..., :UNSIGNED] + cells[..., UNSIGNED:]
    energy = np.square(unsigned).sum(-1)
    result = []
    for i in range(1, size - 1):
        for j in range(1, size - 1):
            scaled = []
            for up in (0, -1):
                for left in (0, -1):
                    block = energy[i + up : i + up + 2, j + left : j + left + 2].sum()
                    every = np.concatenate([cells[i, j], unsigned[i, j]])
                    scaled.append(np.minimum(every / math.sqrt(block + 1e-4), 0.2))
            energies = [0.2357 * each[:SIGNED].sum() for each in scaled]
            result.append([*(0.5 * np.sum(scaled, axis=0)), *energies])
    return np.array(result)


def test_histograms_are_the_papers() -> None:
    """A face of noise and edges gives what the definition gives, written out the slow way.

    The four energies come in another order there, so they are compared as sets.
    """
    random = np.random.default_rng(8)
    image = cv2.blur(random.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8), (3, 3))
    image[40:70, 30:90] = (10, 200, 90)
    found = histogram_of_gradients(np.asarray(image)).reshape(CELLS * CELLS, -1)
    expected = slow_histogram(np.asarray(image))
    orientations = SIGNED + UNSIGNED
    # OpenCV's angles are right to a third of a degree, so a few gradients go to the next direction.
    off = np.abs(found[:, :orientations] - expected[:, :orientations])
    assert np.median(off) < 1e-3
    assert off.mean() < 4e-3
    ours = np.sort(found[:, orientations:], axis=1)
    assert np.abs(ours - np.sort(expected[:, orientations:], axis=1)).mean() < 5e-3


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 1.0), st.integers(0, 60))
def test_gradients_hardly_know_how_bright_it_is(scale: float, added: int) -> None:
    """Half the light, or more of it everywhere, changes gradients by rounding alone."""
    aligned = align(picture(), face()).picture[20:90, 20:90]
    patch = np.zeros((SIDE, SIDE, 3))
    patch[20:90, 20:90] = aligned.astype(float) * 0.7
    inner = slice(3, 8)

    def middle(image: NDArray[np.float64]) -> Points:
        found = histogram_of_gradients(np.rint(image).astype(np.uint8))
        return found.reshape(CELLS, CELLS, -1)[inner, inner]

    np.testing.assert_allclose(middle(patch * scale + added), middle(patch), atol=0.2)


def test_an_even_picture_has_no_gradients() -> None:
    """Where nothing changes, nothing is divided by nothing."""
    assert not histogram_of_gradients(np.full((SIDE, SIDE, 3), 90, np.uint8)).any()


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
    uncut = intensities - 1
    network = Answering(find_card(HEAD), [intensities, presences, uncut])
    found = ActionUnitHead(network).measure(picture(), face())
    np.testing.assert_array_equal(network.asked["features"][0], features(picture(), face()))
    np.testing.assert_array_equal(found.intensities, intensities[0])
    np.testing.assert_array_equal(found.presences, presences[0])
    np.testing.assert_array_equal(found.uncut, uncut[0])


def test_the_extractor_is_named_after_the_head_and_its_major_version() -> None:
    """Norms are found by this name."""
    assert ActionUnitHead(open_network(HEAD)).extractor_id == "kizashi-gradient-head/1"


def test_a_network_that_is_no_head_is_refused() -> None:
    """A landmark network in the head's place is an error that says so."""
    with pytest.raises(UnusableModel, match="not an action-unit head"):
        ActionUnitHead(Answering(find_card("face_mesh"), []))


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
            tensor("uncut", 17, "float32", intensities),
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
    intensities, presences, uncut = network.run({"features": rows})
    np.testing.assert_array_equal(intensities, np.clip(uncut, 0, 5))
    assert np.isfinite(intensities).all()
    assert intensities.min() >= 0
    assert intensities.max() <= 5
    assert presences.shape == (200, len(PRESENCE_UNITS))
    # A head that answers a constant would pass the above.
    assert (intensities.std(axis=0) > 0).all()


def test_a_row_is_measured_alike_alone_and_among_others() -> None:
    """Batches give what single frames give."""
    network = open_network(HEAD)
    row = features(picture(), face())[np.newaxis]
    alone, *_ = network.run({"features": row})
    among, *_ = network.run({"features": np.repeat(row, 3, axis=0)})
    np.testing.assert_allclose(among[1], alone[0], atol=1e-4)


def test_the_card_says_what_the_head_is_worth() -> None:
    """Agreement over people it never saw, and the teacher's licence, are named in the card."""
    card = find_card(HEAD)
    metrics = card.metrics
    assert metrics["mean_agreement"]["intensities"]["r"] >= 0.80
    assert metrics["mean_agreement"]["study_intensities"]["r"] >= 0.78
    assert metrics["mean_agreement"]["intensities"]["clip"] >= 0.76
    assert metrics["mean_agreement"]["study_intensities"]["clip"] >= 0.73
    assert metrics["validation"]["coverage"] >= 0.97
    intensities = [each["r"] for each in metrics["agreement"].values() if "r" in each]
    assert len(intensities) == len(INTENSITY_UNITS)
    assert min(intensities) >= 0.40
    assert metrics["set_aside"]["validation"]["persons"] == 12
    assert set(card.metrics["agreement"]) == {f"AU{unit:02d}" for unit in PRESENCE_UNITS}
    assert "non-commercial" in card.provenance["teacher"]["licence"]
    assert card.licence == "LICENSE-MODELS"
