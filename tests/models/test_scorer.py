"""Scoring: bands, abstention, refusal, and what a scorer on disk may be."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_models.errors import (
    BadCard,
    BadNorms,
    ExtractorWithoutNorms,
    MissingModel,
    ModelError,
    SimulatedScorer,
    UnusableModel,
    WrongDigest,
)
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.recording_floor import RecordingFault
from kizashi_models.scorer import (
    Abstention,
    AbstentionReason,
    Score,
    band_of,
    score,
    spans_both_cuts,
)
from kizashi_models.scorer_loading import load_scorer
from kizashi_models.scorer_writing import graph_of
from kizashi_protocol.reply import Band

from tests.models.calibrated import (
    LIMITS,
    WEIGHTS,
    changed,
    curve,
    write_with_probability,
)
from tests.models.scoring import (
    EVEN_SCORER,
    GOOD_QUALITY,
    NAMES,
    Z_BY_NAME,
    ZS,
    even_scorer,
    norms_of,
    norms_table,
    summary_at,
    write_scorer,
)

ORDER = [Band.FEWER, Band.ABOUT_AS_MANY, Band.MORE]
OPPOSITE = dict(zip(ORDER, reversed(ORDER), strict=True))


def scored(result: Score | Abstention) -> Score:
    """The result, which the test is sure is a score."""
    assert isinstance(result, Score)
    return result


@given(z=Z_BY_NAME, name=st.sampled_from(NAMES), more=st.floats(0.01, 2))
def test_composite_never_falls_where_one_unit_grows(
    z: dict[str, float], name: str, more: float
) -> None:
    """With positive weights the composite rises with each unit, and the band does not go back."""
    before = scored(score(summary_at(z), even_scorer()))
    after = scored(score(summary_at(z | {name: z[name] + more}), even_scorer()))
    assert after.composite > before.composite
    assert ORDER.index(after.band) >= ORDER.index(before.band)


@given(z=st.floats(-5, 5))
def test_bands_are_symmetric(z: float) -> None:
    """What is as far below the norm as something else is above it gets the opposite band."""
    assert band_of(-z) is OPPOSITE[band_of(z)]


@pytest.mark.parametrize(
    ("z", "band"),
    [
        (-1.001, Band.FEWER),
        (-1.0, Band.ABOUT_AS_MANY),
        (0.0, Band.ABOUT_AS_MANY),
        (1.0, Band.ABOUT_AS_MANY),
        (1.001, Band.MORE),
    ],
)
def test_cuts_belong_to_the_middle_band(z: float, band: Band) -> None:
    """The bands are below -1, -1 to +1, and above +1."""
    assert band_of(z) is band


@given(whole=ZS, first=ZS, second=ZS)
def test_abstains_exactly_where_one_standard_error_spans_both_cuts(
    whole: float, first: float, second: float
) -> None:
    """The standard error is half the distance of the halves; spanning both cuts is the one reason."""
    scorer = even_scorer()
    summary = summary_at(whole, first, second)
    result = score(summary, scorer)
    z = scorer.norms.z(STUDY_FIGURES, summary).sum() * 0.5
    halves = [scored(score(summary_at(half), scorer)).composite for half in (first, second)]
    error = abs(halves[0] - halves[1]) / 2
    # Where rounding decides, either answer is right.
    margin = min(abs(z - error + 1), abs(z + error - 1))
    if margin > 1e-4:
        spans = z - error < -1 and z + error > 1
        assert isinstance(result, Abstention) == spans
    if isinstance(result, Score):
        assert result.standard_error == pytest.approx(error, abs=1e-4)
    else:
        assert result.reason is AbstentionReason.UNSTEADY


@pytest.mark.parametrize(
    ("composite", "error", "spans"),
    [(0.0, 1.0, False), (0.0, 1.001, True), (3.0, 3.9, False), (3.0, 4.1, True), (2.0, 0.9, False)],
)
def test_spanning_one_cut_is_not_a_reason(composite: float, error: float, spans: bool) -> None:
    """A result near one cut keeps its band; only one that reaches every band has none."""
    assert spans_both_cuts(composite, error) is spans


def test_borderline_is_told_where_another_band_is_near() -> None:
    """A score says so where one standard error leads into another band."""
    steady = scored(score(summary_at(0.3), even_scorer()))
    near = scored(score(summary_at(0.3, 0.2, 0.4), even_scorer()))
    assert (steady.band, steady.borderline) == (Band.ABOUT_AS_MANY, False)
    assert (near.band, near.borderline) == (Band.ABOUT_AS_MANY, True)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"duration": 7.9}, RecordingFault.TOO_SHORT),
        ({"frame_rate": 23.4}, RecordingFault.TOO_FEW_FRAMES),
        ({"valid_fraction": 0.89}, RecordingFault.FACE_LOST),
        ({"longest_gap": 0.6}, RecordingFault.FACE_LOST),
        ({"face_width": 119.0}, RecordingFault.FACE_TOO_SMALL),
        ({"absolute_yaw": 15.1}, RecordingFault.HEAD_TURNED),
        ({"absolute_pitch": 15.1}, RecordingFault.HEAD_TURNED),
        ({"face_luma": 59.0}, RecordingFault.LIGHT),
        ({"face_luma": 201.0}, RecordingFault.LIGHT),
    ],
)
def test_abstains_below_the_recording_floor(
    change: dict[str, float], fault: RecordingFault
) -> None:
    """Each thing a recording lacks is a reason to abstain, whatever the face did."""
    quality = dataclasses.replace(GOOD_QUALITY, **change)
    result = score(summary_at(3.0, quality=quality), even_scorer())
    assert isinstance(result, Abstention)
    assert (result.reason, result.faults) == (AbstentionReason.RECORDING, (fault,))


def test_a_recording_at_the_floor_is_scored() -> None:
    """The limits themselves pass, after their passage through single precision too."""
    quality = dataclasses.replace(
        GOOD_QUALITY,
        duration=8.0,
        frame_rate=23.5,
        valid_fraction=0.9,
        longest_gap=0.5,
        face_width=120.0,
        absolute_yaw=15.0,
        absolute_pitch=15.0,
        face_luma=60.0,
    )
    assert isinstance(score(summary_at(quality=quality), even_scorer()), Score)


def test_every_fault_is_told() -> None:
    """A recording with several faults names them all, in their order."""
    quality = dataclasses.replace(GOOD_QUALITY, duration=2, face_width=50, face_luma=5)
    result = score(summary_at(quality=quality), even_scorer())
    assert isinstance(result, Abstention)
    assert result.faults == (
        RecordingFault.TOO_SHORT,
        RecordingFault.FACE_TOO_SMALL,
        RecordingFault.LIGHT,
    )


def test_refuses_an_extractor_without_norms() -> None:
    """Figures of another extractor cannot be compared, and are not."""
    with pytest.raises(ExtractorWithoutNorms) as caught:
        score(summary_at(extractor_id="other/1"), even_scorer())
    assert caught.value.reason == "EXTRACTOR_WITHOUT_NORMS"
    assert "Update Kizashi" in caught.value.person


def test_refuses_a_mode_without_norms() -> None:
    """Norms of another mode are no norms for a static summary."""
    scorer = dataclasses.replace(even_scorer(), norms=norms_of(norms_table() | {"mode": "dynamic"}))
    with pytest.raises(ExtractorWithoutNorms):
        score(summary_at(), scorer)


def test_contributions_are_the_units_own_directions_largest_part_first() -> None:
    """Each unit is told against the norm by itself, in the order of its weight in the result."""
    z = {"AU01.mean": -2.0, "AU28.presence_rate": 2.5, "AU25.mean": 0.5}
    parts = scored(score(summary_at(z), even_scorer())).contributions
    assert [part.action_unit for part in parts[:3]] == [28, 1, 25]
    assert [part.direction for part in parts[:3]] == [Band.MORE, Band.FEWER, Band.ABOUT_AS_MANY]
    assert sum(part.value for part in parts) == pytest.approx(0.5, abs=1e-4)


@given(z=Z_BY_NAME)
def test_scores_do_not_print(z: dict[str, float]) -> None:
    """The repr of a score is the same whatever it says."""
    empty = scored(score(summary_at(), even_scorer()))
    assert repr(score(summary_at(z), even_scorer())) == repr(empty)


def test_a_site_scorer_drops_in(tmp_path: Path) -> None:
    """A folder with an ONNX file, its card and norms scores as its weights say."""
    write_scorer(tmp_path / "site")
    scorer = load_scorer(tmp_path / "site", "even/1")
    assert (scorer.id, scorer.extractor_ids) == ("even/1", ("test-extractor/1",))
    assert scorer.norms_id == "made-up/1"
    z = {"AU01.mean": 2.0, "AU20.mean": 1.0}
    result = scored(score(summary_at(z), scorer))
    assert result.band is Band.MORE
    assert result.composite == pytest.approx(1.5, abs=1e-5)


def test_one_unit_is_limited(tmp_path: Path) -> None:
    """The prior's graph lets no unit count for more than three standard deviations."""
    write_scorer(tmp_path / "site")
    result = score(summary_at({"AU05.mean": 9.0}), load_scorer(tmp_path / "site", "even/1"))
    assert scored(result).composite == pytest.approx(1.5, abs=1e-5)


def rewrite(path: Path, card: dict[str, Any]) -> None:
    """The card again, changed."""
    path.write_text(json.dumps(card))


def test_refuses_a_changed_graph(tmp_path: Path) -> None:
    """A graph that is not the one its card describes is not opened."""
    write_scorer(tmp_path / "site")
    file = tmp_path / "site" / "even_1.onnx"
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(WrongDigest):
        load_scorer(tmp_path / "site", "even/1")


def test_refuses_changed_norms(tmp_path: Path) -> None:
    """Norms that are not those the card means are not used, though they parse."""
    write_scorer(tmp_path / "site")
    table = norms_table() | {"persons": 41}
    (tmp_path / "site" / "norms" / "made_up_1.json").write_text(json.dumps(table))
    with pytest.raises(WrongDigest):
        load_scorer(tmp_path / "site", "even/1")


def test_refuses_a_scorer_that_is_not_there(tmp_path: Path) -> None:
    """An unknown id, and one that is no id, are both missing models."""
    for scorer_id in ("unknown/1", "../even/1", "even"):
        with pytest.raises(MissingModel):
            load_scorer(tmp_path, scorer_id)


def with_weight(value: float) -> bytes:
    """The even graph with another first weight."""
    weights, data = np.full(6, 0.5, np.float32).tobytes(), EVEN_SCORER.read_bytes()
    assert data.count(weights) == 1
    changed = np.array([value, 0.5, 0.5, 0.5, 0.5, 0.5], np.float32).tobytes()
    return data.replace(weights, changed)


@pytest.mark.parametrize(("weight", "fault"), [(-0.5, "falls"), (np.nan, "finite")])
def test_refuses_a_graph_that_breaks_the_contract(
    tmp_path: Path, weight: float, fault: str
) -> None:
    """A composite that falls where a movement grows, or is not a number, is refused at start."""
    write_scorer(tmp_path / "site", with_weight(weight))
    with pytest.raises(UnusableModel, match=fault):
        load_scorer(tmp_path / "site", "even/1")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "network"},
        {"version": "2.0.0"},
        {"provenance": {}},
        {"provenance": {"norms": "made-up/1", "extractor_ids": ["test-extractor/1"]}},
    ],
)
def test_refuses_a_card_that_breaks_the_contract(tmp_path: Path, change: dict[str, Any]) -> None:
    """A card of another kind or version, or without norms, is no scorer's."""
    card, path = write_scorer(tmp_path / "site")
    rewrite(path, card | change)
    with pytest.raises(BadCard):
        load_scorer(tmp_path / "site", "even/1")


@pytest.mark.parametrize(
    "labels",
    [
        ["AU28.mean", *NAMES[1:]],
        ["AU01.presence_rate", "AU01.mean", *NAMES[2:]],
        ["smile", *NAMES[1:]],
    ],
)
def test_refuses_figures_that_no_summary_has(tmp_path: Path, labels: list[str]) -> None:
    """AU28 has no intensity, a unit counts once, and a figure has a name of its own."""
    card, path = write_scorer(tmp_path / "site")
    card["inputs"][0]["labels"] = labels
    card["outputs"][0]["labels"] = labels
    rewrite(path, card)
    with pytest.raises(BadCard):
        load_scorer(tmp_path / "site", "even/1")


def test_refuses_extractors_that_the_norms_are_not_for(tmp_path: Path) -> None:
    """A card cannot claim an extractor that its norms know nothing of."""
    card, path = write_scorer(tmp_path / "site")
    card["provenance"]["extractor_ids"].append("other/1")
    rewrite(path, card)
    with pytest.raises(BadCard, match="extractor_ids"):
        load_scorer(tmp_path / "site", "even/1")


@pytest.mark.parametrize("mark", [True, "yes", None])
def test_nobody_is_scored_with_what_is_made_of_nobody(tmp_path: Path, mark: object) -> None:
    """Unless the caller scores nobody; a mark that is not understood counts as one."""
    card, path = write_scorer(tmp_path / "site")
    rewrite(path, card | {"provenance": card["provenance"] | {"simulated": mark}})
    with pytest.raises(SimulatedScorer, match="simulated people"):
        load_scorer(tmp_path / "site", "even/1")
    assert load_scorer(tmp_path / "site", "even/1", simulated=True).id == "even/1"


def test_the_graph_itself_says_that_it_was_made_of_nobody(tmp_path: Path) -> None:
    """So that a card which no longer says so makes nobody of it."""
    card, _ = write_scorer(tmp_path / "site", graph_of(WEIGHTS, simulated=True))
    assert "simulated" not in card["provenance"]
    with pytest.raises(SimulatedScorer):
        load_scorer(tmp_path / "site", "even/1")
    assert load_scorer(tmp_path / "site", "even/1", simulated=True).id == "even/1"


def test_a_site_scorer_has_no_name_of_a_packaged_one(tmp_path: Path) -> None:
    """People would be told of the study by its name; without one, the packaged scorer is found."""
    card, path = write_scorer(tmp_path / "site")
    assert load_scorer(tmp_path / "site", "research-prior/1").norms_id == "clips/1"
    for version in (1, 2):
        stem = f"research_prior_{version}"
        own = path.with_name(f"{stem}.json")
        rewrite(own, card | {"id": stem, "version": f"{version}.0.0"})
        with pytest.raises(BadCard, match="comes with Kizashi"):
            load_scorer(tmp_path / "site", f"research-prior/{version}")


def test_a_calibrated_scorer_drops_in(tmp_path: Path) -> None:
    """Its probability ends where its card says."""
    write_with_probability(tmp_path / "site")
    scorer = load_scorer(tmp_path / "site", "even/1")
    far = scorer.weigh(np.array([[-9.0] * 6, [9.0] * 6], np.float32)).probability
    assert far is not None
    assert far.tolist() == pytest.approx(list(LIMITS))


@pytest.mark.parametrize(
    ("graph", "fault"),
    [
        (graph_of(WEIGHTS, curve(highest=0.9)), "probability lies outside"),
        (graph_of(WEIGHTS, curve(lowest=0.01)), "probability lies outside"),
    ],
)
def test_a_probability_beyond_what_the_card_carries_is_refused(
    tmp_path: Path, graph: bytes, fault: str
) -> None:
    """At start, at either end."""
    write_with_probability(tmp_path / "site", graph)
    with pytest.raises(UnusableModel, match=fault):
        load_scorer(tmp_path / "site", "even/1")


@pytest.mark.parametrize(
    ("change", "fault"), [("another shape", "another shape"), ("another sum", "do not add up")]
)
def test_outputs_are_those_of_the_contract(tmp_path: Path, change: str, fault: str) -> None:
    """Of the card's shape, and parts that make the whole."""
    write_scorer(tmp_path / "site", changed(change))
    with pytest.raises(UnusableModel, match=fault):
        load_scorer(tmp_path / "site", "even/1")


@pytest.mark.parametrize(
    "calibration",
    [
        None,
        "carried",
        {"lowest": 0.2},
        {"lowest": 0, "highest": 1},
        {"lowest": 0.6, "highest": 0.2},
        {"lowest": 0.4, "highest": 0.4},
        {"lowest": -0.1, "highest": 0.6},
        {"lowest": 0.2, "highest": 1.1},
    ],
)
def test_what_a_probability_carries_must_be_told(tmp_path: Path, calibration: object) -> None:
    """From 0 to 1, the lowest below the highest."""
    card, path = write_with_probability(tmp_path / "site")
    rewrite(path, card | {"metrics": {"calibration": calibration}})
    with pytest.raises(BadCard, match="calibration"):
        load_scorer(tmp_path / "site", "even/1")


def test_without_a_probability_there_is_nothing_to_carry(tmp_path: Path) -> None:
    """A card that says otherwise is not that graph's."""
    card, path = write_scorer(tmp_path / "site")
    rewrite(path, card | {"metrics": {"calibration": {"lowest": 0.2, "highest": 0.6}}})
    with pytest.raises(BadCard, match="go together"):
        load_scorer(tmp_path / "site", "even/1")


def test_every_model_error_tells_a_person_what_to_do() -> None:
    """Each error of the family has a reason of its own and words for a person."""
    errors: list[ModelError] = [
        BadNorms("a.json", "fault"),
        ExtractorWithoutNorms("a/1", "static", "b/1"),
        SimulatedScorer("a/1"),
    ]
    assert len({error.reason for error in errors}) == len(errors)
    assert all(error.person != error.log and error.person.endswith(".") for error in errors)
