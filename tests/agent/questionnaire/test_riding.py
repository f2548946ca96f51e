"""Answers reach research with one check, under the consent they were added under, and never else."""

from pathlib import Path

import pytest
from kizashi_agent.commands.consent import withdraw_scopes
from kizashi_agent.commands.send import send_waiting
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.errors import AgentError
from kizashi_agent.show.standing import show_added_riding
from kizashi_agent.submit.research_answers import (
    AddedAnswers,
    AnswersForResearch,
    answers_for_research,
    digest_of,
)
from kizashi_agent.submit.standing import standing_consents
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import (
    AddedForResearch,
    ResearchAnswers,
    ResearchItem,
    ResearchTotal,
    Scope,
    research_context,
)
from kizashi_protocol.open_research import open_exported

from tests.agent.submit.standing.in_process import InProcess, Person, researcher
from tests.models.scoring import summary_at
from tests.server.laptop import RESEARCH_KEY
from tests.server.world import DAY, PROGRAMME, START, make_world

ITEMS = (2, 1, 0, 3, 1, 0, 2, 1, 0)
ADDED = ResearchAnswers(ITEMS, 1, 0)
TOTAL = ResearchTotal(17, 0)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop and a server that has a research key."""
    return Person(tmp_path / "laptop", InProcess(make_world(certify=lambda r: [researcher(r)])))


def added(person: Person, answers: AddedForResearch = ADDED) -> AnswersForResearch:
    """The person answered now and added the answers, as the page does."""
    (consent,) = [
        each
        for each in standing_consents(person.world.state).every()
        if each.record.scope is Scope.RESEARCH
    ]
    waiting = answers_for_research(person.world.state)
    waiting.add(AddedAnswers(answers, person.world.now(), digest_of(consent.token)))
    return waiting


def received(person: Person) -> list[ResearchItem]:
    """What research opens of all that the server keeps for it."""
    place = research_context(person.invite.root_fingerprint, PROGRAMME.id)
    found = []
    for subject in person.server.world.holdings.subjects():
        kept = person.server.world.holdings.held(subject.digest)
        if subject.scope is Scope.RESEARCH and kept is not None:
            found += [open_exported(each, RESEARCH_KEY, place) for each in kept.contents]
    return found


def test_added_answers_ride_with_the_next_check_and_no_other(person: Person) -> None:
    """With their age in days, and no date."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    person.server.world.clock.seconds += 3 * DAY
    person.check(z=1.0)
    person.check(z=1.0)
    answers = ResearchAnswers(ITEMS, 1, 3)
    item = ResearchItem(summary_at(1.0))
    assert received(person) == [ResearchItem(summary_at(1.0), answers), item]
    assert waiting.waiting() is None


def test_a_total_rides_as_answers_do_and_in_their_place(person: Person) -> None:
    """What was added last is the one thing that rides, after a day without a server too."""
    person.give(Scope.RESEARCH)
    added(person)
    waiting = added(person, TOTAL)
    person.server.down = True
    with pytest.raises(AgentError):
        person.check(z=1.0)
    assert waiting.waiting() is None
    person.server.down = False
    assert not send_waiting(person.world).failed
    assert received(person) == [ResearchItem(summary_at(1.0), TOTAL)]


def test_without_the_choice_nothing_rides(person: Person) -> None:
    """The consent alone sends the summary alone."""
    person.give(Scope.RESEARCH)
    person.check(z=1.0)
    assert received(person) == [ResearchItem(summary_at(1.0))]


@pytest.mark.parametrize("scope", [Scope.TREND, Scope.COHORT])
def test_without_the_consent_nothing_rides(person: Person, scope: Scope) -> None:
    """Other standing consents carry no answers, though some wait on the laptop."""
    given = person.give(scope)
    waiting = answers_for_research(person.world.state)
    waiting.add(AddedAnswers(ADDED, START, digest_of(given.consent.token)))
    person.check()
    assert received(person) == []


def test_a_consent_given_anew_carries_no_earlier_choice(person: Person) -> None:
    """It may name somebody else."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    person.server.world.clock.seconds += 1
    person.give(Scope.RESEARCH)
    person.check()
    assert [each.added for each in received(person)] == [None]
    assert waiting.waiting() is not None


def test_answers_of_more_than_two_weeks_ago_do_not_ride(person: Person) -> None:
    """They are about another time than the check, and wait no longer."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    person.server.world.clock.seconds += 15 * DAY
    person.check()
    assert [each.added for each in received(person)] == [None]
    assert waiting.waiting() is None


def test_a_clock_that_was_set_back_makes_no_answers_of_tomorrow(person: Person) -> None:
    """They count as of the day of the check."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    tokens = [each.token for each in standing_consents(person.world.state).every()]
    assert waiting.riding(tokens, person.world.now() - 3 * DAY) == ResearchAnswers(ITEMS, 1, 0)


def test_taking_the_consent_back_takes_the_choice_back(person: Person) -> None:
    """Whether or not the server answers."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    person.server.down = True
    withdraw_scopes((Scope.RESEARCH,), person.world)
    assert waiting.waiting() is None


def test_taking_another_consent_back_leaves_it(person: Person) -> None:
    """The choice was about research."""
    person.give(Scope.RESEARCH)
    person.give(Scope.TREND)
    waiting = added(person)
    withdraw_scopes((Scope.TREND,), person.world)
    assert waiting.waiting() is not None


def test_a_check_that_waits_keeps_its_answers_sealed_and_sends_them_later(person: Person) -> None:
    """Once, as they were when it was made; no other check takes them meanwhile."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    person.server.down = True
    # The directory is fetched, the envelope is not answered.
    with pytest.raises(AgentError):
        person.check(z=1.0)
    assert waiting.waiting() is None
    ((check,)) = list(waiting_checks(person.world.state))
    assert check.added == ResearchAnswers(ITEMS, 1, 0)
    (file,) = waiting_checks(person.world.state).paths()
    assert b"difficulty" not in file.read_bytes()
    person.server.down = False
    person.server.world.clock.seconds += 2 * DAY
    assert not send_waiting(person.world).failed
    assert received(person) == [ResearchItem(summary_at(1.0), ResearchAnswers(ITEMS, 1, 0))]


def test_withdrawing_throws_away_the_answers_with_the_check_that_waits(person: Person) -> None:
    """They are nowhere on the laptop then."""
    person.give(Scope.RESEARCH)
    added(person)
    person.server.down = True
    with pytest.raises(AgentError):
        person.check()
    withdraw_all(person.world)
    assert waiting_checks(person.world.state).paths() == []


def test_a_check_without_an_account_carries_no_answers(person: Person) -> None:
    """Nothing that could link it to anybody goes along."""
    person.give(Scope.RESEARCH)
    added(person)
    passing = person.world.without_account(person.invite)
    tokens = [each.token for each in standing_consents(person.world.state).every()]
    assert answers_for_research(passing.state).riding(tokens, person.world.now()) is None


def test_the_person_is_told_before_the_check(person: Person) -> None:
    """At the terminal, where answers ride; and not where none do."""
    person.give(Scope.RESEARCH)
    tokens = tuple(each.token for each in standing_consents(person.world.state).every())
    person.printed()
    waiting = answers_for_research(person.world.state)
    show_added_riding(person.world.console, "en", waiting.riding(tokens, person.world.now()))
    assert person.printed() == ""
    added(person)
    show_added_riding(person.world.console, "en", waiting.riding(tokens, person.world.now()))
    assert "go along with it, sealed to the research key" in person.printed()
    added(person, TOTAL)
    show_added_riding(person.world.console, "en", waiting.riding(tokens, person.world.now()))
    assert "total of the BDI-II" in person.printed()


def test_the_server_cannot_tell_who_added_answers(person: Person) -> None:
    """What it keeps of a check has one size."""
    person.give(Scope.RESEARCH)
    person.check()
    added(person)
    person.check()
    (subject,) = person.server.world.holdings.subjects()
    kept = person.server.world.holdings.held(subject.digest)
    assert kept is not None
    assert len({len(each) for each in kept.contents}) == 1


def test_damaged_answers_ride_nowhere(person: Person) -> None:
    """And stop no check."""
    person.give(Scope.RESEARCH)
    waiting = added(person)
    (path,) = person.world.state.files.files(Path(person.folder / "answers-for-research"))
    path.write_bytes(b"damaged")
    person.check()
    assert [each.added for each in received(person)] == [None]
    assert waiting.drop()
