"""Who counts in a calibration, and what is no file to calibrate on."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from kizashi_models.errors import BadRecordings
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.fitted_to import digests_of
from kizashi_models.labelled_recordings import Instrument, LabelledRecording, QuestionnaireTotal
from kizashi_models.simulation import Cohort, simulate
from kizashi_protocol.summary import Summary
from kizashi_server.calibration.people import People, people_of

from tests.server.calibration.cohorts import drawn_people, packaged_norms, prior

NORMS = packaged_norms()
COHORT = Cohort(30, 0.5, {}, half_noise=0.0)
BASE = prior()
RECORDINGS = simulate(COHORT, NORMS, np.random.default_rng(3))


def counted(recordings: Sequence[LabelledRecording], case_from: int = 10) -> People:
    """Those who count with the PHQ-9."""
    return people_of(recordings, BASE, Instrument.PHQ_9, case_from, "site.jsonl")


def changed(index: int, **fields: object) -> list[LabelledRecording]:
    """The recordings with one of them changed."""
    found = list(RECORDINGS)
    found[index] = dataclasses.replace(found[index], **fields)  # type: ignore[arg-type]
    return found


def summary_of(index: int) -> Summary:
    """A person's, as it must be there."""
    summary = RECORDINGS[index].summary
    assert summary is not None
    return summary


def unsteady(summary: Summary) -> Summary:
    """One whose halves have nothing in common."""
    units = tuple(
        dataclasses.replace(
            unit,
            first_half_mean=0,
            second_half_mean=0 if unit.action_unit == 28 else 5,
            first_half_presence_rate=0,
            second_half_presence_rate=1,
        )
        for unit in summary.action_units
    )
    return dataclasses.replace(summary, action_units=units)


def of_all(change: Callable[[Summary], Summary]) -> list[LabelledRecording]:
    """Every summary changed alike."""
    return [
        dataclasses.replace(each, summary=change(summary_of(index)))
        for index, each in enumerate(RECORDINGS)
    ]


def without_lip_suck(summary: Summary) -> Summary:
    """AU28 never seen."""
    units = tuple(
        dataclasses.replace(
            unit, presence_rate=0, first_half_presence_rate=0, second_half_presence_rate=0
        )
        if unit.action_unit == 28
        else unit
        for unit in summary.action_units
    )
    return dataclasses.replace(summary, action_units=units)


def test_everybody_counts_by_figures_and_total() -> None:
    """Each z is what the norms say, limited to three standard deviations; a total makes the case."""
    people = counted(RECORDINGS)
    own = np.array([NORMS.z(STUDY_FIGURES, summary_of(i)) for i in range(len(RECORDINGS))])
    assert people.z == pytest.approx(np.clip(own, -3, 3))
    totals = [each.questionnaire.total for each in RECORDINGS if each.questionnaire]
    assert people.cases.tolist() == [total >= 10 for total in totals]
    assert people.case_count + people.other_count == len(RECORDINGS)
    assert people.left_out == {}
    assert list(people.digests) == digests_of(summary_of(i) for i in range(len(RECORDINGS)))


def test_the_total_that_makes_a_case_is_the_sites() -> None:
    """A higher cut leaves fewer cases."""
    assert counted(RECORDINGS, 20).case_count < counted(RECORDINGS).case_count


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"questionnaire": None}, "no total"),
        ({"summary": None, "refused": "too_dark"}, "the recording was refused"),
        (
            {"questionnaire": QuestionnaireTotal(Instrument.BDI_II, 30)},
            "total of another questionnaire than the PHQ-9",
        ),
        (
            {
                "summary": dataclasses.replace(
                    summary_of(0), quality=dataclasses.replace(summary_of(0).quality, duration=7)
                )
            },
            "the recording is not good enough to be scored",
        ),
        (
            {"summary": unsteady(summary_of(0))},
            "the halves of the recording disagree too much for a band of research-prior/1",
        ),
    ],
)
def test_who_is_left_out_is_counted_by_reason(fields: dict[str, object], reason: str) -> None:
    """One is left out and the others stay."""
    people = counted(changed(0, **fields))
    assert len(people.cases) == len(RECORDINGS) - 1
    assert people.left_out == {reason: 1}


@pytest.mark.parametrize(
    ("recordings", "fault"),
    [
        (changed(1, person="s000001"), "person 's000001' is in lines 1, 2"),
        (changed(1, person=None), "does not say which recordings are one person's"),
        (changed(1, summary=summary_of(0)), "1 recordings are copies of others"),
        (
            changed(0, summary=dataclasses.replace(summary_of(0), extractor_id="other/1")),
            "mixes extractors or modes",
        ),
        (
            of_all(lambda each: dataclasses.replace(each, extractor_id="other/1")),
            "norms clips/1 are for kizashi-gradient-head/1 (static)",
        ),
        (of_all(without_lip_suck), "nobody differs in AU28.presence_rate"),
        (
            [dataclasses.replace(each, questionnaire=None) for each in RECORDINGS],
            "nobody in it can be counted (30: no total)",
        ),
        (
            [
                dataclasses.replace(each, questionnaire=QuestionnaireTotal(Instrument.PHQ_9, 9))
                for each in RECORDINGS
            ],
            "all are on one side",
        ),
        (
            [dataclasses.replace(each, summary=None, refused="no_face") for each in RECORDINGS],
            "nothing was measured",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(
    recordings: Sequence[LabelledRecording], fault: str
) -> None:
    """With what is wrong in words."""
    with pytest.raises(BadRecordings) as refused:
        counted(recordings)
    assert fault in refused.value.log


def test_the_tests_shortcut_gives_the_same_people() -> None:
    """Numbers drawn without summaries have the same z and cases as those read from summaries."""
    short = drawn_people(COHORT, NORMS, 3)
    people = counted(RECORDINGS)
    assert short.z == pytest.approx(people.z, abs=1e-5)
    assert short.cases.tolist() == people.cases.tolist()
