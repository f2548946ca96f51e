"""What the laptop keeps of standing consents: damaged, without its seed, and when it goes."""

import pytest
from kizashi_agent.commands.consent import withdraw_scopes
from kizashi_agent.device.state_errors import SeedMissing, StateUnreadable
from kizashi_protocol import Scope

from tests.agent.submit.standing.in_process import Person


def test_a_damaged_record_is_told(person: Person) -> None:
    """Nothing is sent in its place."""
    person.give(Scope.TREND)
    (path,) = (person.folder / "standing").iterdir()
    path.write_bytes(b"{}")
    with pytest.raises(StateUnreadable):
        person.check()


def test_damaged_records_stop_no_withdrawal(person: Person) -> None:
    """What else was given is erased; the damage is told, and what waits unreadable is thrown away."""
    person.give(Scope.TREND)
    person.check()
    (path,) = (person.folder / "standing").iterdir()
    (person.folder / "standing" / f"{'0' * 64}.json").write_bytes(b"{}")
    (person.folder / "waiting").mkdir(exist_ok=True)
    waiting = person.folder / "waiting" / f"{'0' * 32}.sealed"
    waiting.write_bytes(b"damaged")
    outcome = withdraw_scopes((Scope.TREND,), person.world)
    assert [each.scope for each in outcome.erased] == [Scope.TREND]
    assert [each.reason for each in outcome.damaged] == ["STATE_UNREADABLE"]
    assert outcome.fault is outcome.damaged[0]
    assert not path.exists()
    assert not waiting.exists()


def test_consents_without_their_seed_are_told(person: Person) -> None:
    """Another seed would sign with keys that no server knows."""
    person.give(Scope.TREND)
    (person.folder / "seed").unlink()
    with pytest.raises(SeedMissing):
        person.check()


def test_the_seed_goes_with_the_last_consent(person: Person) -> None:
    """As it does with the last check."""
    person.give(Scope.TREND)
    assert (person.folder / "seed").exists()
    withdraw_scopes((Scope.TREND,), person.world)
    assert not (person.folder / "seed").exists()
