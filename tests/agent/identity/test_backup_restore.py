"""Backed up on one laptop, restored on another, and nobody's keys replaced unasked."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.commands.identity import back_up, restore
from kizashi_agent.commands.surroundings import Surroundings
from kizashi_agent.commands.withdraw import withdraw_all
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_agent.errors import StateError
from kizashi_agent.identity.container import BackupDamaged, seal_backup
from kizashi_agent.identity.contents import Identity
from kizashi_agent.submit.standing import StandingConsent, sign_standing, standing_consents
from kizashi_agent.submit.trust import Connection
from kizashi_protocol import Invite, Scope
from rich.console import Console

from tests.agent.submit.laptop import AGREEMENT, Laptop, connected_laptop
from tests.agent.submit.test_withdraw_all import InMemory
from tests.protocol.values import NOW, feedback, summary

PASSPHRASE = "several words that do not belong together"
OTHER = Invite("localhost", 8443, "autumn-check", bytes(32))


@dataclass(frozen=True)
class Desk:
    """A laptop with a check on record, and what its commands touch."""

    laptop: Laptop
    world: Surroundings


def world_of(state: DeviceState, laptop: Laptop) -> Surroundings:
    """The surroundings of a state; every invite leads to the laptop's server."""
    connection: Connection = laptop.exchanger.connection
    return InMemory(
        state=state,
        now=lambda: NOW,
        random_bytes=os.urandom,
        console=Console(quiet=True),
        confirm=None,
        locale="en",
        recorder=laptop.exchanger.recorder,
        account=True,
        connection=connection,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A laptop that has sent one check."""
    laptop = connected_laptop(tmp_path / "state")
    laptop.submit()
    return Desk(laptop, world_of(laptop.state, laptop))


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Identity]:
    """A backup of a laptop that has sent one check, and what it holds; made once for all."""
    folder = tmp_path_factory.mktemp("backed-up")
    laptop = connected_laptop(folder / "state")
    laptop.submit()
    file = folder / "keys.json"
    return file, back_up(world_of(laptop.state, laptop), file, PASSPHRASE)


def new_laptop(desk: Desk, folder: Path) -> Surroundings:
    """Another one, with nothing on it."""
    return world_of(DeviceState(folder, os.urandom), desk.laptop)


def test_a_check_can_be_withdrawn_from_another_laptop(desk: Desk, tmp_path: Path) -> None:
    """Seed, record and invite are there, and the server erases."""
    file = tmp_path / "keys.json"
    backed_up = back_up(desk.world, file, PASSPHRASE)
    other = new_laptop(desk, tmp_path / "other")
    assert restore(other, file, PASSPHRASE, replace=False) == backed_up
    assert other.state.seed() == desk.laptop.state.seed()
    assert other.state.checks() == desk.laptop.state.checks()
    assert other.state.invite() == desk.laptop.state.invite()
    (withdrawn,) = withdraw_all(other).withdrawn
    assert withdrawn.receipt is not None


def test_a_backup_holds_no_summary_and_no_result(backed_up: tuple[Path, Identity]) -> None:
    """The file is closed to others, and its content names neither figure nor feedback."""
    file, identity = backed_up
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = identity.encode()
    for absent in (summary().serialise()[:40], feedback().headline.encode(), b"blink"):
        assert absent not in content
    assert identity.seed.hex() not in file.read_text("utf-8")
    assert identity.seed.hex() not in repr(identity)


def test_a_file_that_is_there_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    """It could be the only backup of other keys."""
    file = tmp_path / "keys.json"
    file.write_text("mine")
    with pytest.raises(StateError) as caught:
        back_up(desk.world, file, PASSPHRASE)
    assert caught.value.reason == "BACKUP_EXISTS"
    assert file.read_text() == "mine"


def test_a_laptop_without_keys_has_nothing_to_back_up(desk: Desk, tmp_path: Path) -> None:
    """No seed is made for the sake of a backup."""
    other = new_laptop(desk, tmp_path / "other")
    with pytest.raises(StateError) as caught:
        back_up(other, tmp_path / "keys.json", PASSPHRASE)
    assert caught.value.reason == "NOTHING_TO_BACK_UP"
    assert not (tmp_path / "other" / "seed").exists()
    assert not (tmp_path / "keys.json").exists()


def test_a_damaged_record_is_not_left_out_in_silence(desk: Desk, tmp_path: Path) -> None:
    """A backup without it would seem whole."""
    (path,) = (desk.laptop.state.folder / "checks").iterdir()
    path.write_text("{")
    with pytest.raises(StateError) as caught:
        back_up(desk.world, tmp_path / "keys.json", PASSPHRASE)
    assert caught.value.reason == "STATE_UNREADABLE"


def test_other_keys_are_not_replaced_unasked(
    backed_up: tuple[Path, Identity], tmp_path: Path
) -> None:
    """The laptop is as it was, record and ledger too."""
    file, _ = backed_up
    other = connected_laptop(tmp_path / "other")
    other.submit()
    world = world_of(other.state, other)
    before = (other.state.seed(), other.state.checks(), world.ledger().read())
    with pytest.raises(StateError) as caught:
        restore(world, file, PASSPHRASE, replace=False)
    assert caught.value.reason == "SEED_WOULD_BE_REPLACED"
    assert "--replace" in caught.value.person
    assert (other.state.seed(), other.state.checks(), world.ledger().read()) == before


def test_replacing_takes_everything_of_the_other_keys_away(
    backed_up: tuple[Path, Identity], tmp_path: Path
) -> None:
    """What belonged to them could neither be withdrawn nor read any more, damaged records too."""
    file, identity = backed_up
    other = connected_laptop(tmp_path / "other")
    other.submit()
    standing(other)
    (other.state.folder / "checks" / "damaged.json").write_text("{")
    world = world_of(other.state, other)
    restore(world, file, PASSPHRASE, replace=True)
    assert other.state.seed() == identity.seed
    assert other.state.checks() == list(identity.checks)
    assert other.state.damaged_checks() == []
    assert standing_consents(other.state).every() == []
    assert not world.ledger().exists()
    other.submit()
    assert world.ledger().read().faults == ()


def test_records_that_are_newer_here_stay(desk: Desk, tmp_path: Path) -> None:
    """Restoring one's own backup brings back what is gone and changes nothing else."""
    file = tmp_path / "keys.json"
    back_up(desk.world, file, PASSPHRASE)
    state = desk.laptop.state
    newer = SentCheck(bytes(16), OTHER, NOW + 1)
    state.remember_check(newer)
    state.remember_invite(OTHER)
    (first, _) = state.checks()
    state.forget_check(first.report_id)
    restore(desk.world, file, PASSPHRASE, replace=False)
    assert state.checks() == [first, newer]
    assert state.invite() == OTHER
    assert desk.world.ledger().read().faults == ()


def standing(laptop: Laptop) -> StandingConsent:
    """A consent to a trend, given on this laptop and kept."""
    connection = laptop.exchanger.connection
    terms = connection.programme.terms(connection.invite.root_fingerprint)
    token = sign_standing(Scope.TREND, AGREEMENT, laptop.state.seed(), terms, None, NOW)
    consent = StandingConsent(connection.invite, token)
    standing_consents(laptop.state).keep(consent)
    return consent


def test_standing_consents_move_too(desk: Desk, tmp_path: Path) -> None:
    """Without them nobody would know what there is to take back; what is newer here stays."""
    consent, file = standing(desk.laptop), tmp_path / "keys.json"
    back_up(desk.world, file, PASSPHRASE)
    other = new_laptop(desk, tmp_path / "other")
    restore(other, file, PASSPHRASE, replace=False)
    assert standing_consents(other.state).every() == [consent]
    kept = standing_consents(desk.laptop.state)
    kept.take_back(consent)
    restore(desk.world, file, PASSPHRASE, replace=False)
    assert [each.taken_back for each in kept.every()] == [True]


CONTENTS = [
    b"",
    b"[]",
    b"null",
    b'{"seed": "00", "invite": null, "checks": [], "standing": []}',
    b'{"seed": 1, "invite": null, "checks": [], "standing": []}',
    b'{"seed": "%s", "invite": "x", "checks": [], "standing": []}' % (b"00" * 32),
    b'{"seed": "%s", "invite": null, "checks": [{}], "standing": []}' % (b"00" * 32),
    b'{"seed": "%s", "invite": null, "checks": [], "standing": [{}]}' % (b"00" * 32),
    b'{"seed": "%s", "invite": null}' % (b"00" * 32),
]


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_a_content_of_another_form_is_refused(content: bytes) -> None:
    """A container may be whole and hold something else."""
    with pytest.raises(BackupDamaged):
        Identity.decode(content)


def test_nothing_is_restored_of_what_does_not_parse(desk: Desk, tmp_path: Path) -> None:
    """The laptop stays as it is."""
    file = tmp_path / "keys.json"
    file.write_bytes(seal_backup(b"{}", PASSPHRASE, os.urandom))
    other = new_laptop(desk, tmp_path / "other")
    with pytest.raises(BackupDamaged):
        restore(other, file, PASSPHRASE, replace=True)
    assert not (tmp_path / "other").exists()


@given(
    seed=st.binary(min_size=32, max_size=32),
    times=st.lists(st.integers(0, 2**40), max_size=3),
    joined=st.booleans(),
)
def test_an_identity_survives_being_written(seed: bytes, times: list[int], joined: bool) -> None:
    """With and without an invite, and with any number of checks."""
    checks = tuple(SentCheck(bytes([n]) * 16, OTHER, time, ("r",)) for n, time in enumerate(times))
    identity = Identity(seed, OTHER if joined else None, checks, ())
    assert Identity.decode(identity.encode()) == identity
