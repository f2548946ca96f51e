"""Standing consents that hold no longer are not sent, and the person is told."""

import dataclasses
from pathlib import Path

import pytest
from kizashi_agent.commands.consent import list_consents
from kizashi_agent.submit.consents import NEEDED
from kizashi_agent.submit.standing import EXPIRES_SOON, Life
from kizashi_protocol import Scope
from kizashi_protocol.consent import LONGEST_VALIDITY
from kizashi_server.directory.published import listed
from kizashi_server.programmes import carry
from kizashi_server.serving.lapse import erase_void

from tests.agent.submit.standing.in_process import InProcess, Person, held, scopes_of
from tests.models.scoring import EXTRACTOR_ID
from tests.server.world import PROGRAMME, START, make_world


def test_a_consent_lasts_twelve_months_and_is_renewed_by_giving_it_again(person: Person) -> None:
    """Thirty days before its end the person is told; afterwards it is not sent any more."""
    consent = person.give(Scope.TREND).consent
    end = START + LONGEST_VALIDITY
    assert consent.record.expire_time == end
    lives = [consent.life(each) for each in (START, end - EXPIRES_SOON - 1, end - EXPIRES_SOON)]
    assert lives == [Life.HOLDS, Life.HOLDS, Life.ENDS_SOON]
    assert [consent.life(each) for each in (end - 1, end)] == [Life.ENDS_SOON, Life.EXPIRED]
    person.server.world.clock.seconds += 100
    assert person.give(Scope.TREND).consent.record.expire_time == end + 100
    assert len(list_consents(person.world)) == 1


def test_an_expired_consent_is_not_sent(person: Person) -> None:
    """The check works without it, and the person is told how to renew."""
    clock = person.server.world.clock
    clock.seconds -= LONGEST_VALIDITY
    person.give(Scope.TREND)
    clock.seconds += LONGEST_VALIDITY
    person.printed()
    assert scopes_of(person, person.check()) == list(NEEDED)
    assert "kizashi consent give trend" in person.printed()


@pytest.mark.parametrize("what", ["scoring_operator", "owner", "display_name"])
def test_a_change_of_terms_voids_a_consent(person: Person, what: str) -> None:
    """It is not sent to the new ones, the person is told why, and the server erases what it held.

    Read and given anew, it counts again.
    """
    person.give(Scope.TREND)
    person.check()
    world = person.server.world
    settings = dataclasses.replace(PROGRAMME, **{what: "Somebody else"})  # type: ignore[arg-type]
    scorer = world.intake.programmes[PROGRAMME.id].scorer
    root = world.directory.root_fingerprint
    programmes = carry([settings], {PROGRAMME.id: scorer}, root, None)
    world.intake = dataclasses.replace(world.intake, programmes=programmes)
    world.directory = dataclasses.replace(
        world.directory, programmes=(listed(settings, (EXTRACTOR_ID,)),)
    )
    erase_void(world.holdings, programmes, START)
    assert held(person) == set()
    person.printed()
    assert scopes_of(person, person.check()) == list(NEEDED)
    assert "no longer counts" in person.printed()
    person.give(Scope.TREND)
    assert Scope.TREND in scopes_of(person, person.check())


def test_another_root_is_another_programme(person: Person, tmp_path: Path) -> None:
    """What was given under one root does not ride to a server of another."""
    person.give(Scope.TREND)
    other = Person(person.folder, InProcess(make_world()))
    assert scopes_of(other, other.check()) == list(NEEDED)
    assert held(other) == set()


def test_a_research_key_that_is_no_longer_certified_receives_nothing(person: Person) -> None:
    """The consent was to somebody else, and is not sent."""
    person.give(Scope.RESEARCH)
    world = person.server.world
    world.directory = dataclasses.replace(world.directory, recipients=())
    assert scopes_of(person, person.check()) == list(NEEDED)
