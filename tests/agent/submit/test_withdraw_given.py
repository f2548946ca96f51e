"""Taking back everything: only what was given, or may have been, is asked for."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kizashi_agent.command_line.consent import withdraw_standing
from kizashi_agent.commands.consent import ScopesWithdrawn, list_consents
from kizashi_agent.commands.identity import back_up, restore
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.device_state import RESTORED_FOLDER
from kizashi_agent.errors import ServerUnreachable
from kizashi_agent.show.outcomes import show_withdrawal
from kizashi_protocol import STANDING, Envelope, Scope

from tests.agent.submit.standing.in_process import InProcess, Person, held
from tests.server.world import make_world

PASSPHRASE = "a passphrase that is long enough"


@dataclass
class Counting(InProcess):
    """A server that counts what reaches it, and may lose answers after acting on them."""

    arrived: list[Envelope] = field(default_factory=list)
    deaf: bool = False

    def exchange(self, envelope: Envelope) -> Envelope:
        """The sealed reply, or nothing though it was made."""
        reply = super().exchange(envelope)
        self.arrived.append(envelope)
        if self.deaf:
            raise ServerUnreachable("lost", "Lost.", reason="UNREACHABLE")
        return reply


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty laptop and a server that counts."""
    return Person(tmp_path / "laptop", Counting(make_world()))


def withdraw_everything(person: Person) -> ScopesWithdrawn:
    """`kizashi withdraw --all`."""
    world = person.world
    scopes = withdraw_standing(world, None)
    show_withdrawal(world.console, "en", withdraw_all(world))
    return scopes


def arrived(person: Person) -> int:
    """How many reports reached the server."""
    assert isinstance(person.server, Counting)
    return len(person.server.arrived)


def receipts(person: Person) -> list[Path]:
    """The erasure receipts on the laptop."""
    return list((person.folder / "erasures").glob("*"))


def test_a_check_alone_is_withdrawn_alone(person: Person) -> None:
    """One report, one receipt; what was never given is not asked for, however often it is done."""
    person.check()
    before = arrived(person)
    assert withdraw_everything(person) == ScopesWithdrawn((), ())
    assert (arrived(person) - before, len(receipts(person))) == (1, 1)
    person.printed()
    withdraw_everything(person)
    assert (arrived(person) - before, len(receipts(person))) == (1, 1)
    printed = person.printed()
    assert "No consent on this laptop outlasts a check." in printed
    assert "There is no check on this laptop to withdraw." in printed


def test_only_the_given_scopes_are_asked_for(person: Person) -> None:
    """Each once, and shown."""
    person.give(Scope.COHORT)
    outcome = withdraw_everything(person)
    assert [each.scope for each in outcome.erased] == [Scope.COHORT]
    assert arrived(person) == len(receipts(person)) == 1
    assert "what was kept for cohort" in person.printed()


def test_a_consent_whose_check_had_no_answer_is_asked_for(person: Person) -> None:
    """The server kept what it brought, and only the answer was lost."""
    person.give(Scope.TREND)
    person.server.deaf = True  # type: ignore[attr-defined]
    with pytest.raises(ServerUnreachable):
        person.check()
    assert held(person) == {Scope.TREND}
    person.server.deaf = False  # type: ignore[attr-defined]
    outcome = withdraw_everything(person)
    assert [each.scope for each in outcome.erased] == [Scope.TREND]
    assert outcome.thrown_away == 1
    assert held(person) == set()
    assert "Thrown away here: 1" in person.printed()


def test_a_withdrawal_whose_answer_was_lost_is_asked_for_again(person: Person) -> None:
    """The consent stays on record until the laptop has the receipt."""
    person.give(Scope.TREND)
    person.check()
    person.server.deaf = True  # type: ignore[attr-defined]
    assert [scope for scope, *_ in withdraw_everything(person).failed] == [Scope.TREND]
    person.server.deaf = False  # type: ignore[attr-defined]
    assert [each.scope for each in withdraw_everything(person).erased] == [Scope.TREND]
    assert list_consents(person.world) == []


def test_what_was_given_after_a_backup_is_taken_back_from_where_it_is_restored(
    person: Person, tmp_path: Path
) -> None:
    """Its keys are there and its record is not: every scope is asked for, until all were answered."""
    person.give(Scope.TREND)
    file = tmp_path / "keys.json"
    back_up(person.world, file, PASSPHRASE)
    person.give(Scope.COHORT)
    person.check()
    other = Person(tmp_path / "other", person.server)
    restore(other.world, file, PASSPHRASE, replace=False)
    person.server.down = True
    assert {scope for scope, *_ in withdraw_everything(other).failed} == set(STANDING)
    person.server.down = False
    assert {each.scope for each in withdraw_everything(other).erased} == set(STANDING)
    assert held(person) == set()
    assert not list((other.folder / RESTORED_FOLDER).iterdir())
    assert not (other.folder / "seed").exists()
    before = arrived(person)
    assert withdraw_everything(other) == ScopesWithdrawn((), ())
    assert arrived(person) == before


def test_other_keys_take_the_place_of_what_was_restored(person: Person, tmp_path: Path) -> None:
    """A restored programme belongs to its keys, and goes with them."""
    person.check()
    back_up(person.world, tmp_path / "keys.json", PASSPHRASE)
    other = Person(tmp_path / "other", Counting(make_world()))
    other.check()
    back_up(other.world, tmp_path / "others.json", PASSPHRASE)
    third = Person(tmp_path / "third", person.server)
    restore(third.world, tmp_path / "keys.json", PASSPHRASE, replace=False)
    restore(third.world, tmp_path / "others.json", PASSPHRASE, replace=True)
    (kept,) = (third.folder / RESTORED_FOLDER).iterdir()
    assert kept.read_text() == str(other.invite)


@pytest.mark.parametrize("folder", ["standing", RESTORED_FOLDER])
def test_what_cannot_be_read_is_asked_for_where_one_was_last(person: Person, folder: str) -> None:
    """Nobody knows which consent a damaged record was of, so all are taken back."""
    person.give(Scope.TREND)
    person.check()
    path = person.folder / folder
    path.mkdir(exist_ok=True)
    for kept in path.iterdir():
        kept.unlink()
    (path / f"{'0' * 64}.json").write_bytes(b"\xff")
    outcome = withdraw_everything(person)
    assert {each.scope for each in outcome.erased} == set(STANDING)
    assert [each.reason for each in outcome.damaged] == ["STATE_UNREADABLE"]
    assert held(person) == set()


def test_without_keys_nobody_is_asked(person: Person, tmp_path: Path) -> None:
    """Other keys would take back nothing, and none are made for it."""
    person.check()
    back_up(person.world, tmp_path / "keys.json", PASSPHRASE)
    other = Person(tmp_path / "other", person.server)
    restore(other.world, tmp_path / "keys.json", PASSPHRASE, replace=False)
    (other.folder / "seed").unlink()
    before = arrived(person)
    assert withdraw_standing(other.world, None) == ScopesWithdrawn((), ())
    assert arrived(person) == before
    assert not (other.folder / "seed").exists()


def test_a_scope_that_is_named_is_asked_for_all_the_same(person: Person) -> None:
    """Whoever lost the record of a consent names it, and it is taken back where they were last."""
    person.give(Scope.TREND)
    person.check()
    (record,) = (person.folder / "standing").iterdir()
    record.unlink()
    outcome = withdraw_standing(person.world, Scope.TREND)
    assert [each.scope for each in outcome.erased] == [Scope.TREND]
    assert held(person) == set()
