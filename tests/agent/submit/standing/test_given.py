"""Standing consents given: asked for once, and then along with each check."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kizashi_agent.commands.consent import give_consent, list_consents, withdraw_scopes
from kizashi_agent.device.recovery_code import parse_code
from kizashi_agent.errors import AgentError, ConsentRefused
from kizashi_agent.show.asking import Asker
from kizashi_agent.show.standing import show_consents
from kizashi_agent.submit.consents import NEEDED
from kizashi_agent.words import say
from kizashi_protocol import LOCALES, STANDING, Locale, ResearchItem, Scope, research_context
from kizashi_protocol.open_research import open_exported

from tests.agent.submit.standing.in_process import InProcess, Person, held, scopes_of
from tests.models.scoring import summary_at
from tests.server.laptop import RESEARCH_KEY, RESEARCHER
from tests.server.world import PROGRAMME, make_world


def test_without_standing_consents_nothing_is_kept(person: Person) -> None:
    """They are off until they are given, and a check works without them."""
    assert scopes_of(person, person.check()) == list(NEEDED)
    assert held(person) == set()
    assert list_consents(person.world) == []


def test_given_consents_ride_along_with_each_check(person: Person) -> None:
    """Each is countersigned, the server keeps what it allows, and the person is told before."""
    for scope in STANDING:
        person.give(scope)
    person.printed()
    assert scopes_of(person, person.check()) == [*NEEDED, Scope.TREND, Scope.COHORT, Scope.RESEARCH]
    printed = person.printed()
    for scope in STANDING:
        assert f"{scope}, given to {PROGRAMME.display_name}: goes along" in printed
    assert held(person) == set(STANDING)


def test_a_no_costs_nothing_and_keeps_nothing(person: Person) -> None:
    """Neither seed nor record is made, and the next check works the same."""
    person.says = lambda question: "18" in question
    with pytest.raises(ConsentRefused, match="no consent for trend"):
        person.give(Scope.TREND)
    assert not person.folder.exists()
    person.check()
    assert held(person) == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_a_no_to_renewing_says_that_the_consent_before_holds(
    person: Person, locale: Locale
) -> None:
    """Until when, and how to take it back; it goes along as before. Once it is taken back, no more."""
    until = person.give(Scope.COHORT).consent.record.expire_time
    day = datetime.fromtimestamp(until, UTC).astimezone().strftime("%Y-%m-%d")
    world = replace(person.world, locale=locale)
    asker = Asker(world.console, lambda question: question != say(locale, "agree_question"), locale)

    def words() -> str:
        with pytest.raises(ConsentRefused) as caught:
            give_consent(Scope.COHORT, person.invite, asker.for_standing, world)
        assert caught.value.reason == "NO_CONSENT_COHORT"
        return caught.value.person

    said = words()
    assert day in said
    assert "kizashi withdraw --scope cohort" in said
    assert "nothing is kept" not in said
    assert Scope.COHORT in scopes_of(person, person.check())
    withdraw_scopes((Scope.COHORT,), person.world)
    assert "kizashi withdraw" not in words()


def test_the_words_are_shown_before_the_question(person: Person) -> None:
    """Who receives is named, with the fingerprint of the key."""
    seen = []

    def says(_: str) -> bool:
        seen.append(person.out.getvalue())
        return True

    person.says = says
    person.give(Scope.RESEARCH)
    assert RESEARCHER.name in seen[-1]
    assert RESEARCHER.fingerprint.hex(" ", -4)[:17] in seen[-1]


def test_nobody_is_asked_for_research_without_a_research_key(tmp_path: Path) -> None:
    """There would be nobody to receive anything."""
    person = Person(tmp_path / "laptop", InProcess(make_world()))
    with pytest.raises(AgentError) as caught:
        person.give(Scope.RESEARCH)
    assert caught.value.reason == "NO_RESEARCHER"


def test_the_code_is_printed_with_the_first_consent_alone(person: Person) -> None:
    """It is never stored, and no later command shows it."""
    first = person.give(Scope.TREND)
    assert first.code is not None
    assert first.code in person.printed()
    assert first.code not in repr(first)
    assert person.give(Scope.COHORT).code is None
    show_consents(person.world.console, "en", list_consents(person.world))
    assert first.code not in person.printed()
    stored = b"".join(each.read_bytes() for each in person.folder.rglob("*") if each.is_file())
    assert first.code.encode() not in stored
    assert parse_code(first.code) not in stored


def test_research_receives_the_summary_that_was_scored(person: Person) -> None:
    """Sealed on the laptop, bound to root and programme, opened by the research key."""
    person.give(Scope.RESEARCH)
    person.check(z=1.5)
    (subject,) = person.server.world.holdings.subjects()
    kept = person.server.world.holdings.held(subject.digest)
    assert kept is not None
    place = research_context(person.invite.root_fingerprint, PROGRAMME.id)
    assert open_exported(kept.contents[0], RESEARCH_KEY, place) == ResearchItem(summary_at(1.5))
