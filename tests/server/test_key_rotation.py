"""Rotation and retirement on real files, with a clock that is set."""

import json
from pathlib import Path

import pytest
from kizashi_protocol import KeyState, key_id_of
from kizashi_server.directory.key_rotation import delete_due, refresh, retire_key
from kizashi_server.directory.published import highest_version, read_published, remember_version
from kizashi_server.errors import KeyFault
from kizashi_server.keys.files import replace_file, write_private
from kizashi_server.keys.ring import load_keyring
from kizashi_server.keys.schedule_file import read_schedule
from kizashi_server.keys.seed_cipher import SeedCipher
from kizashi_server.keys.states import SEALING_KEY_GRACE, KeyKind, seed_name, seeds_needed

from tests.server.key_server import END, HOUR, NOW, do_rotate


def seed_files(state: Path) -> set[str]:
    """The names of the seeds on disk, without the directory key's."""
    return {path.name for path in state.glob("*.seed") if not path.name.startswith("directory")}


def test_rotation_is_announced_and_comes_true(state: Path, cipher: SeedCipher | None) -> None:
    """Two versions: one with pending keys, one with them active; the server can use both."""
    first = read_published(state, NOW).directory
    pending = do_rotate(state, cipher, now=NOW + 1, pause=HOUR)
    assert pending.version == first.version + 1
    assert pending.active_sealing_key() == first.active_sealing_key()
    assert {each.state for each in pending.log_keys} == {KeyState.ACTIVE, KeyState.PENDING}
    keyring = load_keyring(state, pending, NOW + 1, cipher)
    assert set(keyring.sealing) == {each.public.key_id for each in pending.sealing_keys}
    over = NOW + 1 + HOUR
    assert refresh(state, over - 1, cipher).directory == pending
    active = refresh(state, over, cipher).directory
    assert (active.version, active.issue_time) == (pending.version + 1, over)
    assert active.sealing_keys[0].delete_time == over + SEALING_KEY_GRACE
    later = load_keyring(state, active, over, cipher)
    assert later.receipt.public == pending.receipt_keys[1].public != keyring.receipt.public
    assert later.log.public == pending.log_keys[1].public
    assert refresh(state, over + 1, cipher).directory == active


def test_seeds_go_when_nothing_needs_them(state: Path, cipher: SeedCipher | None) -> None:
    """Those that signed when they expire, the one that opened when its grace is over."""
    first = read_published(state, NOW).directory
    do_rotate(state, cipher)
    old_sealing = seed_name(KeyKind.SEALING, first.active_sealing_key().key_id)
    assert old_sealing in seed_files(state)
    assert len(seed_files(state)) == 4
    over = NOW + SEALING_KEY_GRACE
    assert delete_due(state, over - 1) == ()
    assert delete_due(state, over) == (old_sealing,)
    assert seed_files(state) == set(seeds_needed(read_schedule(state), over))
    assert len(refresh(state, over, cipher).directory.sealing_keys) == 1


def test_stray_seeds_go_and_others_stay(state: Path) -> None:
    """What a crash left is erased; what is not a key's seed is not touched."""
    write_private(state / seed_name(KeyKind.LOG, bytes(16)), bytes(32))
    write_private(state / "mine.seed", bytes(32))
    assert delete_due(state, NOW) == (seed_name(KeyKind.LOG, bytes(16)),)
    assert (state / "mine.seed").exists()


def test_damaged_schedule_erases_nothing(state: Path) -> None:
    """It is an error, with the file's name."""
    before = seed_files(state)
    path = state / "keys.json"
    written = json.loads(path.read_text())
    for spoiled in (
        b"",
        b"[]",
        b'{"keys": 5}',
        json.dumps({"keys": [written["keys"][0] | {"id": "00" * 16}]}).encode(),
        json.dumps({"keys": [written["keys"][0] | {"active_time": -1}]}).encode(),
        json.dumps({"keys": [written["keys"][0] | {"active_time": True}]}).encode(),
        json.dumps({"keys": [written["keys"][0] | {"kind": "root"}]}).encode(),
    ):
        replace_file(path, spoiled)
        with pytest.raises(KeyFault, match=r"keys\.json is damaged"):
            delete_due(state, NOW)
    path.unlink()
    with pytest.raises(KeyFault, match=r"keys\.json cannot be read"):
        delete_due(state, NOW)
    assert seed_files(state) == before


def test_crash_between_schedule_and_directory_is_made_up_for(
    state: Path, cipher: SeedCipher | None
) -> None:
    """The schedule was written and the directory was not: the next look signs it."""
    old = (state / "directory.signed").read_bytes()
    wanted = do_rotate(state, cipher)
    replace_file(state / "directory.signed", old)
    (state / "directory.version").unlink()
    made = refresh(state, NOW, cipher).directory
    assert made == wanted
    load_keyring(state, made, NOW, cipher)


def test_crash_before_the_version_is_remembered_stops_nothing(
    state: Path, cipher: SeedCipher | None
) -> None:
    """The directory on disk is newer than the version remembered, and counts from then on."""
    newest = do_rotate(state, cipher)
    replace_file(state / "directory.version", b"1\n")
    assert refresh(state, NOW, cipher).directory == newest
    assert highest_version(state) == newest.version


def test_lower_version_is_never_published(state: Path, cipher: SeedCipher | None) -> None:
    """An older file in its place stops the server, and the next rotation goes beyond both."""
    old = (state / "directory.signed").read_bytes()
    newest = do_rotate(state, cipher)
    replace_file(state / "directory.signed", old)
    with pytest.raises(KeyFault, match="was published"):
        read_published(state, NOW)
    with pytest.raises(KeyFault, match="was published"):
        refresh(state, NOW, cipher)
    assert do_rotate(state, cipher, KeyKind.LOG).version == newest.version + 1


def test_highest_version_stays_remembered(state: Path) -> None:
    """A lower one does not take its place, and the file is not written for nothing."""
    remember_version(state, 7)
    before = (state / "directory.version").stat().st_ino
    for version in (1, 7):
        remember_version(state, version)
        assert highest_version(state) == 7
    assert (state / "directory.version").stat().st_ino == before


@pytest.mark.parametrize("content", [b"", b"-1", b"x", b"1" * 30, b"\xff"])
def test_damaged_memory_of_versions_is_an_error(state: Path, content: bytes) -> None:
    """It is not taken for zero."""
    replace_file(state / "directory.version", content)
    with pytest.raises(KeyFault, match="damaged"):
        read_published(state, NOW)


def test_retired_key_expires_or_goes(state: Path, cipher: SeedCipher | None) -> None:
    """Alone it may not; with a successor it hands over; with `delete` its seed is gone."""
    first = read_published(state, NOW).directory
    sealing, receipt = first.active_sealing_key().key_id, key_id_of(first.receipt_keys[0].public)
    with pytest.raises(KeyFault, match="only sealing key"):
        retire_key(state, sealing, now=NOW, delete=True, cipher=cipher)
    do_rotate(state, cipher, pause=HOUR)
    retire_key(state, sealing, now=NOW + 1, delete=True, cipher=cipher)
    retire_key(state, receipt, now=NOW + 1, delete=False, cipher=cipher)
    after = read_published(state, NOW + 1).directory
    assert [each.state for each in after.sealing_keys] == [KeyState.ACTIVE]
    assert seed_name(KeyKind.SEALING, sealing) not in seed_files(state)
    assert [each.state for each in after.receipt_keys] == [KeyState.EXPIRED, KeyState.ACTIVE]
    assert seed_name(KeyKind.RECEIPT, receipt) not in seed_files(state)
    load_keyring(state, after, NOW + 1, cipher)


def test_rotation_needs_the_directory_key_in_force(state: Path, cipher: SeedCipher | None) -> None:
    """Once the directory has expired only a renewal helps, and the error says so."""
    with pytest.raises(KeyFault, match="DIRECTORY_EXPIRED") as caught:
        do_rotate(state, cipher, now=END)
    assert "keys request" in caught.value.person
