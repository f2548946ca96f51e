"""A recovery goes on where one scope cannot be taken back, and asks for checks, searched for, last."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from kizashi_agent.commands.recovery import RECOVERED, recover
from kizashi_agent.errors import ServerRefused, ServerUnreachable
from kizashi_protocol import (
    STANDING,
    Envelope,
    MalformedMessage,
    Recovery,
    Report,
    Scope,
    read_report,
    write_report,
)
from kizashi_server.errors import ExchangeRefused
from kizashi_server.exchange.rate_limit import SEARCHES
from kizashi_server.store.replay_contract import ReportState

from tests.agent.submit.standing.in_process import InProcess, Person, held
from tests.agent.submit.test_recovery import states
from tests.protocol.test_report import HEADER, REPLY_KEY
from tests.protocol.values import PARTICIPANT
from tests.server.recoverable import slowed
from tests.server.world import make_world


@dataclass
class Faulty(InProcess):
    """A server that may be away for one report, counted from 0."""

    away_at: int = -1
    reports: int = 0

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply, or the error that the transport makes of none."""
        self.reports += 1
        if self.reports - 1 == self.away_at:
            raise ServerUnreachable("cut off", "The server is away.", reason="UNREACHABLE")
        try:
            return super().exchange(envelope)
        except ExchangeRefused as error:
            raise ServerRefused("refused", "Refused.", reason=error.reason) from None


@dataclass(frozen=True)
class Lost:
    """Somebody who has given what outlasts a check, and lost the laptop; and a borrowed one."""

    person: Person
    borrowed: Person
    code: str


@pytest.fixture
def lost(tmp_path: Path) -> Lost:
    """A check, a trend and a share in group figures at a server."""
    world = make_world()
    person = Person(tmp_path / "laptop", InProcess(world))
    code = person.give(Scope.COHORT).code
    person.give(Scope.TREND)
    person.check()
    assert code is not None
    return Lost(person, Person(tmp_path / "borrowed", Faulty(world)), code)


def test_made_up_codes_keep_nobody_from_taking_back_what_outlasts_a_check(lost: Lost) -> None:
    """Every search of the minute is used up: checks wait, and nothing else does."""
    world = lost.borrowed.server.world
    for number in range(SEARCHES.per_minute):
        world.exchange(world.laptop.recover(bytes([number]) * 32).envelope)
    outcome = recover(lost.code, lost.borrowed.invite, lost.borrowed.world)
    assert {each.scope for each in outcome.erased} == {Scope.TREND, Scope.COHORT}
    assert held(lost.person) == set()
    assert outcome.fault is not None
    assert outcome.fault.reason == "RATE_LIMITED"
    world.clock.seconds += 60
    again = recover(lost.code, lost.borrowed.invite, lost.borrowed.world)
    assert (again.fault, len(again.erased)) == (None, 3)
    assert states(lost.person) == [ReportState.ERASED]


def test_a_scope_of_which_nothing_is_held_takes_no_search_from_others(lost: Lost) -> None:
    """As many recoveries as there are searches are served, at their pace, for one search each."""
    for _ in range(2 * SEARCHES.per_minute):
        lost.borrowed.server.world.clock.seconds += 60 // SEARCHES.per_minute
        outcome = recover(lost.code, lost.borrowed.invite, lost.borrowed.world)
        assert outcome.fault is None


@pytest.mark.parametrize("away_at", range(len(RECOVERED)))
def test_a_fault_of_one_scope_does_not_end_it(lost: Lost, away_at: int) -> None:
    """All others are taken back, and the fault is told."""
    borrowed = lost.borrowed
    faulty = Person(borrowed.folder, Faulty(borrowed.server.world, away_at=away_at))
    outcome = recover(lost.code, faulty.invite, faulty.world)
    assert isinstance(outcome.fault, ServerUnreachable)
    given = {Scope.TREND, Scope.COHORT, Scope.SCORE}
    assert {each.scope for each in outcome.erased} == given - {RECOVERED[away_at]}
    assert set(RECOVERED) == {*STANDING, Scope.SCORE}


@pytest.mark.parametrize("most", [2, 3])
def test_a_search_that_is_not_through_is_asked_to_go_on(
    lost: Lost, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is, three calls here; after so many that a person should know of it they are told."""
    monkeypatch.setattr("kizashi_agent.submit.scope_requests.MOST_PARTS", most)
    slowed(lost.borrowed.server.world, 10)
    outcome = recover(lost.code, lost.borrowed.invite, lost.borrowed.world)
    assert (Scope.SCORE in {each.scope for each in outcome.erased}) == (most == 3)
    fault = outcome.fault
    assert (None if fault is None else fault.reason) == (
        None if most == 3 else "RECOVERY_UNFINISHED"
    )


@pytest.mark.parametrize("scope", [Scope.FEEDBACK, Scope.SHARE])
def test_what_ends_with_its_check_has_no_code_of_its_own(scope: Scope) -> None:
    """A recovery says what it takes back; of anything else it is no report."""
    report = Report(REPLY_KEY, "en", Recovery(b"s" * 32, scope))
    with pytest.raises(MalformedMessage):
        read_report(HEADER, write_report(HEADER, report, [PARTICIPANT]))
