"""The person's own profile: the summary's figures, the course they come from, plain names."""

import json
from dataclasses import replace

import pytest
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.page.profile import STUDY_UNITS, Course, course_json, course_of
from kizashi_agent.summarise import summarise
from kizashi_protocol import Locale
from kizashi_protocol.summary import INTENSITY_UNITS, PRESENCE_UNITS

from tests.agent.measurements import Face, recording


def smiling(time: float) -> Face:
    """A face whose lip corners rise from 0 to 5 over ten seconds, present from the fifth on."""
    values = [0.0] * len(INTENSITY_UNITS)
    values[INTENSITY_UNITS.index(12)] = time / 2
    return Face(intensities=tuple(values), present=frozenset({12} if time >= 5 else ()))


def course(frames: tuple[FrameMeasurement, ...]) -> Course:
    """Of frames that are all introduction."""
    return course_of(frames, summarise(frames, None, "test/1"))


def test_every_unit_has_its_course() -> None:
    """Eighteen units at an even 30 a second; only AU28 has no intensity, as in the summary."""
    found = course(recording(10.0))
    assert tuple(each.unit for each in found.units) == PRESENCE_UNITS
    assert found.seconds == pytest.approx([index / 30 for index in range(300)])
    for each in found.units:
        assert len(each.present) == 300
        if each.unit == 28:
            assert (each.intensity, each.mean) == (None, None)
        else:
            assert each.intensity is not None
            assert len(each.intensity) == 300


def test_a_course_is_what_was_measured() -> None:
    """A movement shows at its time and strength, whatever rate the camera had."""
    found = course(recording(10.0, rate=24.0, at=smiling))
    smile = found.units[PRESENCE_UNITS.index(12)]
    assert smile.intensity is not None
    for second, value in zip(found.seconds, smile.intensity, strict=True):
        assert value == pytest.approx(second / 2, abs=0.01)
    first = next(at for at, there in zip(found.seconds, smile.present, strict=True) if there)
    assert first == pytest.approx(5.0, abs=0.05)


def test_means_are_those_that_would_be_sent() -> None:
    """Mean and rate of each unit are the summary's own."""
    frames = recording(10.0, at=smiling)
    summary = summarise(frames, None, "test/1")
    for each in course_of(frames, summary).units:
        figures = summary.of(each.unit)
        assert each.presence_rate == figures.presence_rate
        assert each.mean == (None if each.unit == 28 else figures.mean)


def test_a_gap_is_a_gap() -> None:
    """Where no face was measured there is no value, rather than a zero."""
    frames = recording(10.0, at=lambda time: None if 4.0 <= time < 4.3 else smiling(time))
    smile = course(frames).units[PRESENCE_UNITS.index(12)]
    assert smile.intensity is not None
    missing = [at for at, value in enumerate(smile.intensity) if value is None]
    assert missing == list(range(120, 129))
    assert [smile.present[at] for at in missing] == [None] * 9


def test_the_study_s_units_are_marked() -> None:
    """The six that the study found, and no other."""
    assert frozenset({1, 5, 20, 25, 26, 28}) == STUDY_UNITS
    marked = {
        each["unit"] for each in course_json(course(recording()), "en")["units"] if each["study"]
    }
    assert marked == STUDY_UNITS


@pytest.mark.parametrize(
    ("locale", "name"), [("en", "Inner brow raised"), ("ja", "眉の内側が上がる動き")]
)
def test_units_have_plain_names(locale: Locale, name: str) -> None:
    """As the feedback names them, in both languages."""
    units = course_json(course(recording()), locale)["units"]
    assert units[0]["name"] == name
    assert len({each["name"] for each in units}) == 18


def test_it_travels_as_json() -> None:
    """Strict JSON, gaps as null, with nothing but figures and names."""
    frames = recording(10.0, at=lambda time: None if 4.0 <= time < 4.3 else smiling(time))
    value = course_json(course(frames), "en")
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert set(value) == {"seconds", "units"}
    assert set(value["units"][0]) == {
        *("unit", "name", "study", "intensity", "present", "mean", "presence_rate")
    }


def test_no_figure_shows_in_a_text() -> None:
    """The repr of a course holds none of its values."""
    found = course(recording(10.0, at=lambda _: Face(intensities=(1.2345,) * 17)))
    shown = replace(found, units=found.units[:2])
    assert "1.23" not in repr(shown)
    assert "0.033" not in repr(shown)
