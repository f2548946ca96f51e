"""Labelled recordings: what is written comes back, and what cannot be used is named by its line."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_models.errors import BadRecordings
from kizashi_models.labelled_recordings import (
    CASE_FROM,
    HIGHEST_TOTAL,
    SIMULATED,
    Instrument,
    LabelledRecording,
    QuestionnaireTotal,
    of_one_extractor,
    one_each,
    read_recordings,
    recording_line,
    refuse_simulated,
    simulated,
)

from tests.models.scoring import Z_BY_NAME, summary_at

TOTAL = {"instrument": "PHQ-9", "total": 7}
LINE = json.loads(recording_line("p07", summary_at(0.5), TOTAL, {"age": "18-20"}))


def read(**changes: Any) -> tuple[LabelledRecording, ...]:
    """A file of one line, with members replaced."""
    return read_recordings([json.dumps(LINE | changes)], "file")


@given(z=Z_BY_NAME, person=st.none() | st.text(min_size=1).filter(str.strip))
def test_a_recording_comes_back(z: dict[str, float], person: str | None) -> None:
    """The summary to the last bit, the total, and who it is of."""
    summary = summary_at(z)
    (found,) = read_recordings([recording_line(person, summary, TOTAL, {"a": "b"})], "file")
    total = QuestionnaireTotal(Instrument.PHQ_9, 7)
    assert found == LabelledRecording(1, person, summary, None, total, {"a": "b"})


def test_a_refused_recording_comes_back() -> None:
    """With the gate's reason, and without a summary."""
    (found,) = read_recordings([recording_line("p1", "face_lost", None, {})], "file")
    assert (found.summary, found.refused, found.questionnaire) == (None, "face_lost", None)


def test_blank_lines_are_passed_over() -> None:
    """And the others keep their numbers."""
    line = json.dumps(LINE)
    assert [each.line for each in read_recordings(["\n", line, "", line], "file")] == [2, 4]


def test_more_may_be_known_of_a_questionnaire() -> None:
    """The single answers stand beside the total; only the total is read."""
    (found,) = read(questionnaire=TOTAL | {"items": [0, 1, 0, 2, 0, 1, 0, 3, 0]})
    assert found.questionnaire == QuestionnaireTotal(Instrument.PHQ_9, 7)


SPOILT = [
    ({"recordings": 2}, "format"),
    ({"summary": None}, "either a summary or a reason"),
    ({"refused": "face_lost"}, "either a summary or a reason"),
    ({"person": ""}, "person"),
    ({"person": 7}, "person"),
    ({"summary": {}}, "other fields"),
    ({"summary": 3}, "other fields"),
    ({"summary": LINE["summary"] | {"blink_rate": 1e9}}, "cannot be"),
    ({"summary": LINE["summary"] | {"blink_rate": 10**400}}, "18 digits"),
    ({"summary": LINE["summary"] | {"blink_rate": "many"}}, "other fields"),
    ({"summary": LINE["summary"] | {"smile": 1}}, "other fields"),
    ({"questionnaire": 7}, "questionnaire"),
    ({"questionnaire": {"instrument": "mood", "total": 7}}, "instrument"),
    ({"questionnaire": {"instrument": "PHQ-9", "total": 28}}, "from 0 to 27"),
    ({"questionnaire": {"instrument": "BDI-II", "total": 64}}, "from 0 to 63"),
    ({"questionnaire": {"instrument": "PHQ-9", "total": 7.5}}, "whole number"),
    ({"questionnaire": {"instrument": "PHQ-9"}}, "whole number"),
    ({"groups": []}, "groups"),
    ({"groups": {"age": ""}}, "groups.age"),
    ({"mood": 1}, "unknown keys"),
]


@pytest.mark.parametrize(("changes", "fault"), SPOILT)
def test_a_spoilt_line_is_named(changes: dict[str, Any], fault: str) -> None:
    """The error says which line, and what is wrong with it."""
    with pytest.raises(BadRecordings, match=fault) as raised:
        read(**changes)
    assert "file, line 1" in raised.value.person


@pytest.mark.parametrize("lines", [[], ["", "\n"], ["{"], ["[]"], ["\x00\x01"], ["[" * 100_000]])
def test_what_is_no_file_of_recordings_is_refused(lines: list[str]) -> None:
    """Empty, broken, binary or endlessly nested."""
    with pytest.raises(BadRecordings):
        read_recordings(lines, "file")


def test_nobody_counts_twice() -> None:
    """The person and both lines are named."""
    lines = [recording_line(person, summary_at(0.0), None, {}) for person in ("a", "b", "a")]
    recordings = read_recordings(lines, "file")
    assert one_each(recordings[:2], "file") == recordings[:2]
    with pytest.raises(BadRecordings, match="'a' is in lines 1, 3"):
        one_each(recordings, "file")


def test_whose_recordings_are_whose_must_be_known() -> None:
    """An export that says nothing of persons cannot be counted in persons."""
    recordings = read_recordings([recording_line(None, summary_at(0.0), None, {})], "file")
    with pytest.raises(BadRecordings, match="--one-each"):
        one_each(recordings, "file")


@pytest.mark.parametrize(
    ("groups", "marked"),
    [({}, False), ({"simulated": "no"}, False), ({"age": "18-20"} | dict([SIMULATED]), True)],
)
def test_one_simulated_line_marks_a_file(groups: dict[str, str], marked: bool) -> None:
    """Among any number of people, nobody is not passed over."""
    of_people = recording_line("a", summary_at(0.0), None, {})
    other = recording_line("b", summary_at(0.1), None, groups)
    recordings = read_recordings([of_people, other], "file")
    assert simulated(recordings) is marked
    if not marked:
        refuse_simulated(recordings, "file")
        return
    with pytest.raises(BadRecordings, match="simulated people"):
        refuse_simulated(recordings, "file")


def test_extractors_do_not_mix() -> None:
    """Figures of two extractors cannot be compared, and refusals have none."""
    own = recording_line("a", summary_at(0.0), None, {})
    other = recording_line("b", summary_at(0.0, extractor_id="other/1"), None, {})
    refused = recording_line("c", "light", None, {})
    assert of_one_extractor(read_recordings([own, refused], "file"), "file") == (
        "test-extractor/1",
        "static",
    )
    with pytest.raises(BadRecordings, match="mixes"):
        of_one_extractor(read_recordings([own, other], "file"), "file")
    with pytest.raises(BadRecordings, match="every recording was refused"):
        of_one_extractor(read_recordings([refused], "file"), "file")


def test_a_case_is_a_total_that_can_be() -> None:
    """Every instrument has a highest total and a cut below it."""
    assert all(0 < CASE_FROM[each] < HIGHEST_TOTAL[each] for each in Instrument)
    assert CASE_FROM == {Instrument.PHQ_9: 10, Instrument.BDI_II: 11}


def test_an_endless_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first line beyond what any site has, without holding the rest."""
    monkeypatch.setattr("kizashi_models.labelled_recordings.MOST_LINES", 3)
    line = json.dumps(LINE)
    assert len(read_recordings([line, "", line], "file")) == 2
    with pytest.raises(BadRecordings, match="more than 3 lines"):
        read_recordings(itertools.repeat(line), "file")


def test_what_was_answered_does_not_print() -> None:
    """Neither summary nor total stands in a repr."""
    (found,) = read()
    assert "7" not in repr(found).replace("p07", "")
