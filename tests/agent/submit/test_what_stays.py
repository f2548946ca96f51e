"""What taking back a part leaves, told in the moment with the command that removes it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_agent.cli_consent import withdraw_standing
from kizashi_agent.commands.withdraw import WithdrawalOutcome, withdraw_all
from kizashi_agent.show.as_json import withdrawal_json
from kizashi_agent.show.outcomes import show_withdrawal
from kizashi_agent.submit.device_state import SentCheck
from kizashi_protocol import Locale, Scope

from tests.agent.submit.test_standing import InProcess, Person, held
from tests.server.world import make_world


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody who consented to a trend and to group figures, and did a check."""
    person = Person(tmp_path / "laptop", InProcess(make_world()))
    for scope in (Scope.COHORT, Scope.TREND):
        person.give(scope)
    person.check()
    person.printed()
    return person


def withdraw(
    person: Person, locale: Locale, only: Callable[[SentCheck], bool] | None
) -> tuple[WithdrawalOutcome, str]:
    """Withdraws checks, and what is said about it."""
    world = person.world
    outcome = withdraw_all(world, only=only)
    show_withdrawal(world.console, locale, outcome)
    return outcome, person.printed()


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_what_a_check_added_is_named_with_what_erases_it(person: Person, locale: Locale) -> None:
    """A check withdrawn alone leaves the rows of its standing consents; done as told, they go."""
    outcome, said = withdraw(person, locale, lambda _: True)
    assert outcome.staying == (Scope.TREND, Scope.COHORT)
    assert withdrawal_json(outcome)["staying"] == ["trend", "cohort"]
    assert held(person) == {Scope.TREND, Scope.COHORT}
    for scope in outcome.staying:
        assert f"kizashi withdraw --scope {scope}" in said
        withdraw_standing(person.world, scope, None, None)
    assert held(person) == set()


def test_nothing_is_said_to_stay_where_nothing_does(person: Person) -> None:
    """After everything was taken back, or where no check was withdrawn."""
    outcome, said = withdraw(person, "en", lambda check: check.shared)
    assert (outcome.staying, "stays" in said) == ((), False)
    withdraw_standing(person.world, None, None, None)
    outcome, said = withdraw(person, "en", None)
    assert len(outcome.withdrawn) == 1
    assert (outcome.staying, "--scope" in said) == ((), False)


def test_one_scope_leaves_the_rest(person: Person) -> None:
    """It is said, with the command that takes back everything; where all goes it is not."""
    withdraw_standing(person.world, Scope.TREND, None, None)
    said = person.printed()
    assert "your checks, and other consents, stay as they are" in said
    assert "kizashi withdraw --all" in said
    withdraw_standing(person.world, None, None, None)
    assert "stay as they are" not in person.printed()
