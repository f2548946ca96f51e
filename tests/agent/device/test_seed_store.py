"""Where the seed rests: the keyring first, a file aloud, and never a second seed in silence."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_agent.device.keyring_backend import LimitedKeeper, PasswordKeeper
from kizashi_agent.device.seed_store import (
    SERVICE,
    SeedInFile,
    SeedInKeyring,
    SeedInKeyringOrFile,
    SeedInMemory,
    SeedPlace,
)
from kizashi_agent.device.state_errors import (
    KeyringUnusable,
    SeedElsewhere,
    SeedMissing,
    StateUnreadable,
)
from kizashi_agent.device.state_folder import FolderOnDisk
from kizashi_protocol import Invite

from tests.agent.device.keyrings import Failing, Forgetful, Hanging, Keyring
from tests.protocol.values import NOW, REPORT_ID

SEED = bytes(range(32))
CHECK = SentCheck(REPORT_ID, Invite("localhost", 8443, "spring-check", bytes(32)), NOW)


def no_keyring() -> PasswordKeeper:
    """A machine without a desktop."""
    raise KeyringUnusable("none here")


@dataclass
class Desk:
    """A folder with its stores, and what the person was told."""

    folder: Path
    keeper: Callable[[], PasswordKeeper]
    told: list[str] = field(default_factory=list)

    def store(self) -> SeedInKeyringOrFile:
        """As a new process has it."""
        return self._store(FolderOnDisk(self.folder))

    def _store(self, files: FolderOnDisk) -> SeedInKeyringOrFile:
        in_file = SeedInFile(files, self.folder / "seed", self.folder / "marker")
        in_keyring = SeedInKeyring(files, in_file.marker, self.keeper, os.urandom)
        return SeedInKeyringOrFile(in_keyring, in_file, self.told.append)

    def state(self) -> DeviceState:
        """The agent's folder with that store."""
        files = FolderOnDisk(self.folder)
        return DeviceState(self.folder, os.urandom, self._store(files), files)


def test_a_seed_goes_to_the_keyring(tmp_path: Path) -> None:
    """It comes back in another process, no file holds it, and nobody needs to be told."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    assert desk.store().place is None
    desk.store().write(SEED)
    assert desk.store().read() == SEED
    assert desk.store().place is SeedPlace.KEYRING
    assert desk.told == []
    assert not (tmp_path / "seed").exists()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SEED not in kept
    assert SEED.hex().encode() not in kept
    assert [service for service, _ in keyring.kept] == [SERVICE]


def test_a_keyring_is_asked_once_in_a_process(tmp_path: Path) -> None:
    """It may put a question to the person each time."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    desk.store().write(SEED)
    store, before = desk.store(), keyring.asked
    assert store.read() == store.read() == SEED
    assert keyring.asked == before + 1


@pytest.mark.parametrize(
    ("keyring", "why"),
    [
        (no_keyring, "none here"),
        (Forgetful, "does not give back"),
        (lambda: LimitedKeeper(Failing()), "RuntimeError"),
        (lambda: LimitedKeeper(Hanging(), 0.2), "no answer"),
    ],
    ids=["none", "forgetful", "failing", "hanging"],
)
def test_without_a_usable_keyring_the_file_is_used_and_told(
    tmp_path: Path, keyring: Callable[[], PasswordKeeper], why: str
) -> None:
    """Once, with the reason, when the seed is made; the secret is in no word of it."""
    desk = Desk(tmp_path, keyring)
    state = desk.state()
    seed = state.seed()
    assert len(desk.told) == 1
    assert why in desk.told[0]
    assert seed.hex() not in desk.told[0]
    assert desk.state().seed() == seed
    assert len(desk.told) == 1
    assert state.seed_place() is SeedPlace.FILE
    assert stat.S_IMODE((tmp_path / "seed").stat().st_mode) == 0o600


def test_a_keyring_out_of_reach_makes_no_second_seed(tmp_path: Path) -> None:
    """The person is told to unlock it; a seed in a file would own none of the checks."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    desk.state().open_check(CHECK)
    desk.keeper = no_keyring
    with pytest.raises(KeyringUnusable) as caught:
        desk.state().seed()
    assert caught.value.exit_code == 10
    assert "unlock" in caught.value.person
    assert not (tmp_path / "seed").exists()
    desk.keeper = lambda: keyring
    assert desk.state().seed()


def test_a_seed_that_left_the_keyring_is_missed(tmp_path: Path) -> None:
    """While a check needs it no other is made."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    desk.state().open_check(CHECK)
    keyring.kept.clear()
    with pytest.raises(SeedMissing) as caught:
        desk.state().seed()
    assert caught.value.exit_code == 10


def test_a_file_asked_for_never_touches_the_keyring(tmp_path: Path) -> None:
    """Not even where the seed is in it: that is told, and no second one made."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    desk.store().write(SEED)
    before = keyring.asked
    forced = desk.store().file
    with pytest.raises(SeedElsewhere):
        DeviceState(tmp_path, os.urandom, forced).seed()
    assert keyring.asked == before
    assert not (tmp_path / "seed").exists()


def test_two_folders_of_one_person_have_a_seed_each(tmp_path: Path) -> None:
    """Deleting one leaves the other in the keyring."""
    keyring = Keyring()
    first, second = (Desk(tmp_path / name, lambda: keyring) for name in "ab")
    seeds = first.state().seed(), second.state().seed()
    assert seeds[0] != seeds[1]
    first.state().drop_unused_seed()
    assert first.store().read() is None
    assert second.store().read() == seeds[1]
    assert len(keyring.kept) == 1


def test_a_seed_that_is_replaced_leaves_the_keyring(tmp_path: Path) -> None:
    """Of the one before nothing stays, wherever it was."""
    keyring = Keyring()
    desk = Desk(tmp_path, no_keyring)
    desk.store().write(SEED)
    desk.keeper = lambda: keyring
    desk.store().write(bytes(32))
    assert not (tmp_path / "seed").exists()
    desk.store().write(SEED)
    assert list(keyring.kept.values()) == [SEED.hex()]
    desk.store().delete()
    desk.store().delete()
    assert keyring.kept == {}
    assert desk.store().place is None


@pytest.mark.parametrize("kept", ["", "zz" * 32, "00" * 31, "text"])
def test_a_damaged_entry_is_told(tmp_path: Path, kept: str) -> None:
    """What is no seed is not used as one."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    desk.store().write(SEED)
    (key,) = keyring.kept
    keyring.kept[key] = kept
    with pytest.raises(StateUnreadable):
        desk.store().read()


def test_a_damaged_marker_is_told(tmp_path: Path) -> None:
    """The account cannot be guessed, and no new seed is made."""
    keyring = Keyring()
    desk = Desk(tmp_path, lambda: keyring)
    desk.store().write(SEED)
    (tmp_path / "marker").write_text("x")
    with pytest.raises(StateUnreadable):
        desk.store().read()


def test_a_seed_in_memory_is_nowhere_else() -> None:
    """It is given back, and gone when deleted."""
    store = SeedInMemory()
    assert store.read() is None
    store.write(SEED)
    assert (store.read(), store.place) == (SEED, SeedPlace.MEMORY)
    store.delete()
    assert store.read() is None


def test_no_store_shows_a_seed(tmp_path: Path) -> None:
    """Neither in its repr nor in its errors' texts."""
    keyring = Keyring()
    store = Desk(tmp_path, lambda: keyring).store()
    store.write(SEED)
    memory = SeedInMemory()
    memory.write(SEED)
    for shown in (repr(store), repr(memory), str(store)):
        assert SEED.hex() not in shown
        assert repr(SEED)[2:-1] not in shown
    with pytest.raises(KeyringUnusable) as caught:
        LimitedKeeper(Failing()).set_password("s", "u", SEED.hex())
    assert SEED.hex() not in "".join([repr(caught.value), caught.value.log, caught.value.person])
