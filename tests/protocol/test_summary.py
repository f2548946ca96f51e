"""A summary cannot hold a figure out of its range, whoever made it."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import Message
from hypothesis import given
from kizashi_protocol import (
    INTENSITY_UNITS,
    PRESENCE_UNITS,
    ActionUnitFigures,
    HeadMotion,
    MalformedMessage,
    RecordingQuality,
    Summary,
)
from kizashi_protocol.v1 import summary_pb2

from tests.protocol.strategies import SUMMARIES
from tests.protocol.values import figures, summary

EXAMPLES: list[Any] = [
    figures(12),
    HeadMotion(4.0, 3.0, 2.0, 10.0),
    summary().quality,
    summary(),
]

Part = ActionUnitFigures | HeadMotion | RecordingQuality | Summary


def ranged_fields() -> Iterator[Any]:
    """Every field with a range: an example that holds it, its name, and the range."""
    for part in EXAMPLES:
        for each in dataclasses.fields(part):
            if "low" in each.metadata:
                name = f"{type(part).__name__}.{each.name}"
                low, high = each.metadata["low"], each.metadata["high"]
                yield pytest.param(part, each.name, low, high, id=name)


RANGED = list(ranged_fields())


def message_part(message: summary_pb2.Summary, part: Part) -> Message:
    """Where a part's fields are on the wire."""
    match part:
        case ActionUnitFigures():
            return message.action_units[PRESENCE_UNITS.index(part.action_unit)]
        case HeadMotion():
            return message.head_motion
        case RecordingQuality():
            return message.quality
        case Summary():
            return message


def beyond(bound: float, direction: float) -> float:
    """The next number that float32 can tell from a bound."""
    return float(np.nextafter(np.float32(bound), np.float32(direction)))


@given(value=SUMMARIES)
def test_a_summary_survives_the_wire(value: Summary) -> None:
    """A summary and its bytes say the same."""
    assert Summary.parse(value.serialise()) == value
    assert Summary.from_message(value.to_message()) == value


@given(value=SUMMARIES)
def test_figures_are_single_precision(value: Summary) -> None:
    """What a summary holds is what its bytes can carry."""
    for unit in value.action_units:
        assert unit.mean == float(np.float32(unit.mean))


def test_every_figure_has_a_range() -> None:
    """No figure is left without one, and every message field has its counterpart."""
    assert len(RANGED) == 12 + 4 + 9 + 3
    for part in EXAMPLES:
        own = {each.name for each in dataclasses.fields(part)}
        wire = {each.name for each in message_part(summary().to_message(), part).DESCRIPTOR.fields}
        assert own == wire - {"schema_version"}


@pytest.mark.parametrize(("part", "name", "low", "high"), RANGED)
def test_a_figure_holds_at_its_bounds(part: Any, name: str, low: float, high: float) -> None:
    """Both ends of every range are allowed and kept exactly."""
    assert getattr(dataclasses.replace(part, **{name: low}), name) == low
    assert getattr(dataclasses.replace(part, **{name: high}), name) == high


@pytest.mark.parametrize(("part", "name", "low", "high"), RANGED)
def test_a_figure_beyond_its_range_is_refused(
    part: Any, name: str, low: float, high: float
) -> None:
    """The next number beyond either end, and what is no number, is refused when built and read."""
    misfits = (beyond(low, -math.inf), beyond(high, math.inf), math.inf, -math.inf, math.nan)
    for value in misfits:
        with pytest.raises(MalformedMessage, match=name):
            dataclasses.replace(part, **{name: value})
        message = summary().to_message()
        setattr(message_part(message, part), name, value)
        with pytest.raises(MalformedMessage, match=name):
            Summary.parse(message.SerializeToString())


@pytest.mark.parametrize(("part", "name", "low", "high"), RANGED)
def test_a_missing_figure_is_refused(part: Any, name: str, low: float, high: float) -> None:
    """Only the baseline difference may be absent: without a neutral there is none."""
    if name == "baseline_subtracted_mean":
        assert dataclasses.replace(part, **{name: None}).baseline_subtracted_mean is None
    else:
        with pytest.raises(MalformedMessage, match=name):
            dataclasses.replace(part, **{name: None})


def without_neutral(value: Summary) -> Summary:
    """The summary as it is when no neutral part was recorded."""
    units = (dataclasses.replace(e, baseline_subtracted_mean=None) for e in value.action_units)
    quality = dataclasses.replace(value.quality, neutral_duration=0.0)
    return dataclasses.replace(value, action_units=tuple(units), quality=quality)


def test_without_a_neutral_part_there_is_no_baseline_figure() -> None:
    """Absent and zero are two things, here and on the wire."""
    value = without_neutral(summary())
    read = Summary.parse(value.serialise())
    assert read == value
    assert {unit.baseline_subtracted_mean for unit in read.action_units} == {None}
    assert not any(
        unit.HasField("baseline_subtracted_mean") for unit in value.to_message().action_units
    )


@pytest.mark.parametrize("unit", [1, 28, 45])
def test_a_baseline_figure_without_a_neutral_part_is_refused(unit: int) -> None:
    """A zero in its place would be read as a face that never left its rest."""
    message = without_neutral(summary()).to_message()
    message.action_units[PRESENCE_UNITS.index(unit)].baseline_subtracted_mean = 0.0
    with pytest.raises(MalformedMessage, match="baseline"):
        Summary.from_message(message)


@pytest.mark.parametrize("unit", [1, 45])
def test_a_missing_baseline_figure_is_refused_where_a_neutral_was_recorded(unit: int) -> None:
    """With a neutral part every intensity has its baseline-subtracted mean."""
    message = summary().to_message()
    message.action_units[PRESENCE_UNITS.index(unit)].ClearField("baseline_subtracted_mean")
    with pytest.raises(MalformedMessage, match="baseline"):
        Summary.from_message(message)


def test_unit_28_never_has_a_baseline_figure() -> None:
    """It has no intensity from which to subtract one."""
    message = summary().to_message()
    message.action_units[PRESENCE_UNITS.index(28)].baseline_subtracted_mean = 0.0
    with pytest.raises(MalformedMessage, match="baseline"):
        Summary.from_message(message)


@pytest.mark.parametrize(
    "name",
    [
        "mean",
        "standard_deviation",
        "percentile_10",
        "percentile_50",
        "percentile_90",
        "first_half_mean",
        "second_half_mean",
    ],
)
def test_unit_28_has_no_figure_of_an_intensity(name: str) -> None:
    """It has none, so those fields are 0 and no room for anything else."""
    message = summary().to_message()
    setattr(message.action_units[PRESENCE_UNITS.index(28)], name, 0.5)
    with pytest.raises(MalformedMessage, match="without an intensity"):
        Summary.from_message(message)


@pytest.mark.parametrize("mode", ["", "dynamic", "baseline", "Static"])
def test_a_mode_that_is_not_known_is_refused(mode: str) -> None:
    """Figures whose mode nobody knows are compared with nothing."""
    with pytest.raises(MalformedMessage, match="mode"):
        dataclasses.replace(summary(), mode=mode)


@pytest.mark.parametrize("mode", [0, 2, 99])
def test_a_mode_that_is_not_known_is_refused_on_the_wire(mode: int) -> None:
    """Nor does a number that a later schema may give a meaning pass as static."""
    data = summary().serialise()
    message = summary_pb2.Summary.FromString(data)
    message.mode = mode  # type: ignore[assignment]
    with pytest.raises(MalformedMessage, match="mode"):
        Summary.parse(message.SerializeToString())


@pytest.mark.parametrize(
    "units",
    [
        PRESENCE_UNITS[:-1],
        (*PRESENCE_UNITS, 46),
        PRESENCE_UNITS[::-1],
        (1, *PRESENCE_UNITS[:-1]),
        (),
    ],
    ids=["one short", "one over", "reversed", "one twice", "none"],
)
def test_other_units_are_refused(units: tuple[int, ...]) -> None:
    """The eighteen units are there once each and in order."""
    with pytest.raises(MalformedMessage):
        dataclasses.replace(summary(), action_units=tuple(figures(unit) for unit in units))


@pytest.mark.parametrize("extractor_id", ["", "x" * 65, "a\nb", "a\x00", "é", "\u202e"])
def test_an_extractor_id_of_another_form_is_refused(extractor_id: str) -> None:
    """It is 1 to 64 printable ASCII characters."""
    with pytest.raises(MalformedMessage):
        dataclasses.replace(summary(), extractor_id=extractor_id)


@pytest.mark.parametrize("change", ["schema", "mode", "head", "quality"])
def test_another_schema_or_a_missing_part_is_refused(change: str) -> None:
    """A summary is whole, and of the schema and mode that are known."""
    message = summary().to_message()
    match change:
        case "schema":
            message.schema_version = 2
        case "mode":
            message.mode = summary_pb2.MODE_UNSPECIFIED
        case "head":
            message.ClearField("head_motion")
        case "quality":
            message.ClearField("quality")
    with pytest.raises(MalformedMessage):
        Summary.parse(message.SerializeToString())


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05ab", b""])
def test_bytes_that_are_no_summary_are_refused(data: bytes) -> None:
    """Bytes that do not parse are one error of the protocol."""
    with pytest.raises(MalformedMessage):
        Summary.parse(data)


def test_units_have_the_figures_asked_for() -> None:
    """A unit's figures are found by its number, for all eighteen."""
    value = summary()
    assert [value.of(unit).action_unit for unit in PRESENCE_UNITS] == list(PRESENCE_UNITS)
    assert set(INTENSITY_UNITS) == set(PRESENCE_UNITS) - {28}
