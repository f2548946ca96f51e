"""What taking back a part leaves, told in the moment with the command that removes it."""

from pathlib import Path

import pytest
from kizashi_agent.command_line.consent import withdraw_standing
from kizashi_protocol import Scope

from tests.agent.submit.standing.in_process import InProcess, Person
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


def test_one_scope_leaves_the_rest(person: Person) -> None:
    """It is said, with the command that takes back everything; where all goes it is not."""
    withdraw_standing(person.world, Scope.TREND)
    said = person.printed()
    assert "your checks, and other consents, stay as they are" in said
    assert "kizashi withdraw --all" in said
    withdraw_standing(person.world, None)
    assert "stay as they are" not in person.printed()
