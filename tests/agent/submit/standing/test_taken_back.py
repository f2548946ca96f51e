"""Standing consents taken back, from the laptop that gave them or with the recovery code."""

import dataclasses
from pathlib import Path

import pytest
from kizashi_agent.commands.consent import fetch_own_trend, list_consents, withdraw_scopes
from kizashi_agent.commands.recovery import recover
from kizashi_agent.device.participant import recovery_code, recovery_secret
from kizashi_agent.errors import AgentError, ServerUnreachable, TrustBroken
from kizashi_agent.show.standing import show_scopes_withdrawn
from kizashi_agent.submit.standing import Life
from kizashi_agent.submit.waiting import waiting_checks
from kizashi_protocol import STANDING, Scope, SigningKey

from tests.agent.submit.standing.in_process import Person, held, scopes_of


@pytest.mark.parametrize("scope", STANDING)
def test_a_scope_is_taken_back_alone(person: Person, scope: Scope) -> None:
    """It is erased, forgotten here, and rides along no more; the others go on."""
    for each in STANDING:
        person.give(each)
    person.check()
    outcome = withdraw_scopes((scope,), person.world)
    assert [each.scope for each in outcome.erased] == [scope]
    assert all(each.receipt.is_file() for each in outcome.erased)
    assert held(person) == set(STANDING) - {scope}
    person.server.world.clock.seconds += 1
    assert scope not in scopes_of(person, person.check())
    assert held(person) == set(STANDING) - {scope}


def test_what_was_taken_back_can_be_given_again(person: Person) -> None:
    """From then on, and of what was before nothing comes back."""
    person.give(Scope.TREND)
    person.check()
    withdraw_scopes((Scope.TREND,), person.world)
    person.server.world.clock.seconds += 1
    person.give(Scope.TREND)
    person.check()
    assert len(fetch_own_trend(person.invite, person.world)) == 1


def test_a_server_that_is_away_keeps_a_consent_from_nobody(person: Person) -> None:
    """It rides along no more at once, and is asked for again next time."""
    person.give(Scope.TREND)
    person.check()
    person.server.down = True
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert [(scope, error.reason) for scope, _, error in outcome.failed] == [
        (Scope.TREND, "UNREACHABLE")
    ]
    assert [life for _, life in list_consents(person.world)] == [Life.TAKEN_BACK]
    person.server.down = False
    assert Scope.TREND not in scopes_of(person, person.check())
    withdraw_scopes((Scope.TREND,), person.world)
    assert (list_consents(person.world), held(person)) == ([], set())


def test_a_check_that_waits_with_the_consent_is_thrown_away(person: Person) -> None:
    """It would have brought what is no longer wanted."""
    person.give(Scope.TREND)
    person.server.down = True
    with pytest.raises(ServerUnreachable):
        person.check()
    waiting = waiting_checks(person.world.state)
    assert len(list(waiting)) == 1
    withdraw_scopes((Scope.COHORT,), person.world)
    assert len(list(waiting)) == 1
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert list(waiting) == []
    person.printed()
    show_scopes_withdrawn(person.world.console, "en", outcome, only_given=False)
    said = person.printed()
    assert "1 that waited" in said
    assert "unsent" not in said
    assert "kizashi withdraw --all takes your checks back too" in said


def test_the_code_takes_everything_back_from_another_laptop(person: Person, tmp_path: Path) -> None:
    """With the invite and nothing else; asked again, receipts are given again."""
    code = person.give(Scope.TREND).code
    assert code is not None
    person.give(Scope.COHORT)
    person.check()
    other = Person(tmp_path / "other", person.server)
    for _ in range(2):
        outcome = recover(code, other.invite, other.world)
        scopes = [each.scope for each in outcome.erased]
        assert scopes == [Scope.TREND, Scope.COHORT, Scope.SCORE]
        assert held(person) == set()
    with pytest.raises(AgentError) as caught:
        person.check()
    assert caught.value.reason == "CONSENT_WITHDRAWN"


def test_another_code_takes_nothing_back(person: Person, tmp_path: Path) -> None:
    """Nobody guesses a code, and who tries learns only that nothing is held under it."""
    person.give(Scope.TREND)
    person.check()
    other = Person(tmp_path / "other", person.server)
    another = other.give(Scope.COHORT).code
    assert another is not None
    assert recover(another, other.invite, other.world).erased == ()
    assert held(person) == {Scope.TREND}


def test_secrets_of_one_code_are_not_alike() -> None:
    """Scope, programme and root each make another, and none tells the code."""
    code = recovery_code(b"s" * 32)
    secrets = {
        recovery_secret(code, root, programme, scope)
        for root in (b"r" * 32, b"q" * 32)
        for programme in ("spring", "autumn")
        for scope in STANDING
    }
    assert len(secrets) == 12
    assert not any(code in each for each in secrets)


def test_nothing_is_trusted_that_does_not_hold(person: Person) -> None:
    """A receipt by a key that is not listed ends in an error, and the record stays."""
    person.give(Scope.TREND)
    world = person.server.world
    forged = dataclasses.replace(world.intake.keyring, receipt=SigningKey.from_seed(b"x" * 32))
    world.intake = dataclasses.replace(world.intake, keyring=forged)
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert [type(error) for *_, error in outcome.failed] == [TrustBroken]
    assert [life for _, life in list_consents(person.world)] == [Life.TAKEN_BACK]
