"""A visit's steps: each in its turn, and nothing half-recorded stays."""

from collections.abc import Callable
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.errors import AgentError
from kizashi_agent.loopback.page_errors import OutOfTurn
from kizashi_agent.page import visit as visits
from kizashi_agent.page.visit import Answered, CurrentVisit, Here, Left, Recorded, Stage, Visit
from kizashi_agent.pipeline import Measured
from kizashi_agent.submit.sharing import LeftFeedback
from kizashi_models.figures import STUDY_FIGURES
from kizashi_models.scorer import Scorer
from kizashi_protocol import Invite, ShareCode

from tests.models.scoring import even_weigh, norms_of, norms_table
from tests.protocol.values import feedback, summary

HERE = Here(Scorer("made-up/1", STUDY_FIGURES, norms_of(norms_table()), even_weigh))
RECORDED = Recorded(Measured(summary(), 390, ()), lambda _: {}, 2, bytes(16))
ANSWERED = Answered(feedback(), None)

STEPS: dict[str, Callable[[Visit], Visit]] = {
    "start": lambda visit: visits.started(visit, HERE),
    "agree": lambda visit: visits.agreed(visit, None),
    "record": visits.recording_begun,
    "break off": lambda visit: visits.broken_off(visit, visit.recordings, "CAMERA_GONE"),
    "refuse": lambda visit: visits.broken_off(visit, visit.recordings, None),
    "end": lambda visit: visits.recording_ended(visit, visit.recordings, RECORDED),
    "answer": lambda visit: visits.feedback_came(visit, ANSWERED),
    "wait": visits.kept_waiting,
    "answer late": lambda visit: visits.late_feedback_came(visit, ANSWERED),
    "nothing waits": visits.nothing_waits,
    "again": visits.again,
}

ALLOWED = {
    "start": {Stage.WELCOME, Stage.CONSENTS},
    "agree": {Stage.CONSENTS},
    "record": {Stage.CAMERA},
    "end": {Stage.RECORDING},
    "answer": {Stage.MEASURED},
    "wait": {Stage.MEASURED},
    "answer late": {Stage.WELCOME, Stage.WAITING},
}


def at(stage: Stage) -> Visit:
    """A visit that came to a stage by its own steps."""
    ways = {
        Stage.WELCOME: [],
        Stage.CONSENTS: ["start"],
        Stage.CAMERA: ["start", "agree"],
        Stage.RECORDING: ["start", "agree", "record"],
        Stage.MEASURED: ["start", "agree", "record", "end"],
        Stage.WAITING: ["start", "agree", "record", "end", "wait"],
        Stage.FEEDBACK: ["start", "agree", "record", "end", "answer"],
    }
    visit = Visit("en")
    for step in ways[stage]:
        visit = STEPS[step](visit)
    assert visit.stage is stage
    return visit


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", ALLOWED)
def test_a_step_out_of_turn_is_refused(stage: Stage, step: str) -> None:
    """Each step comes at its own stages and at no other."""
    visit = at(stage)
    if stage in ALLOWED[step]:
        STEPS[step](visit)
        return
    with pytest.raises(OutOfTurn) as caught:
        STEPS[step](visit)
    assert isinstance(caught.value, AgentError)
    assert caught.value.reason == "OUT_OF_TURN"


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_a_visit_holds_what_its_stage_needs_and_no_more(steps: list[str]) -> None:
    """After any steps: no recording before it passed, no feedback but at its stage."""
    visit = Visit("en")
    for step in steps:
        try:
            visit = STEPS[step](visit)
        except OutOfTurn:
            continue
        assert (visit.answered is not None) == (visit.stage is Stage.FEEDBACK)
        if visit.stage not in {Stage.MEASURED, Stage.FEEDBACK}:
            assert visit.recorded is None
        if visit.stage in {Stage.WELCOME, Stage.WAITING}:
            assert visit.where is None
            assert visit.agreement is None


def test_a_broken_recording_leaves_nothing() -> None:
    """Broken off, a recording leads back to the camera, with why and without anything of it."""
    visit = visits.broken_off(at(Stage.RECORDING), 1, "CAMERA_GONE")
    assert (visit.stage, visit.interrupted, visit.recorded) == (Stage.CAMERA, "CAMERA_GONE", None)
    assert visits.recording_begun(visit).interrupted is None


def test_a_recording_ends_in_no_others_place() -> None:
    """One that was broken off can neither end nor break off the one begun after it."""
    first = at(Stage.RECORDING)
    second = visits.recording_begun(visits.broken_off(first, 1, "RELOADED"))
    assert visits.broken_off(second, 1, "RELOADED") is second
    with pytest.raises(OutOfTurn):
        visits.recording_ended(second, 1, RECORDED)
    later = visits.recording_begun(visits.agreed(visits.started(visits.again(second), HERE), None))
    with pytest.raises(OutOfTurn):
        visits.recording_ended(later, 2, RECORDED)


def test_a_share_is_offered_once() -> None:
    """What was left and taken back is not offered again."""
    code = ShareCode(Invite("localhost", 8443, "spring-check", b"r" * 32), b"s" * 32)
    left = Left("Somebody", LeftFeedback(code, 7))
    shared = visits.left_for(at(Stage.FEEDBACK), left)
    back = visits.left_for(shared, None)
    assert shared.answered is not None
    assert back.answered is not None
    assert (shared.answered.left, back.answered.left) == (left, None)
    assert back.answered.offered


def test_nothing_of_a_person_is_in_a_repr() -> None:
    """Neither the figures nor the feedback show."""
    shown = repr(at(Stage.FEEDBACK))
    assert feedback().headline not in shown
    assert "1.25" not in shown


def test_a_step_that_fails_changes_nothing() -> None:
    """The visit is as it was."""
    current = CurrentVisit("en")
    with pytest.raises(OutOfTurn):
        current.turn(visits.recording_begun)
    assert current.now == Visit("en")


def test_two_steps_at_once_are_one_after_the_other() -> None:
    """Of many threads that begin the one recording, one does."""
    current = CurrentVisit("en")
    current.turn(lambda visit: visits.agreed(visits.started(visit, HERE), None))
    refused: list[OutOfTurn] = []

    def begin() -> None:
        try:
            current.turn(visits.recording_begun)
        except OutOfTurn as error:
            refused.append(error)

    threads = [Thread(target=begin) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 7
    assert current.now.recordings == 1
