"""What stays on the laptop: closed to others, whole after a crash, and nothing that was measured."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizashi_agent.device.device_state import DeviceState, SentCheck
from kizashi_agent.device.seen_head import SeenHead
from kizashi_agent.device.state_errors import SeedMissing, StateUnreadable
from kizashi_protocol import Invite, LogHead, Scope

from tests.protocol.logs import bundle
from tests.protocol.strategies import PROGRAMME_IDS
from tests.protocol.values import NOW, REPORT_ID

ROOT = b"\xaa" * 32
INVITE = Invite("localhost", 8443, "spring-check", ROOT)
CHECK = SentCheck(REPORT_ID, INVITE, NOW, ("receipt one", "receipt two"))
SEEN = SeenHead("a token", LogHead(7, bytes(32), NOW))


@pytest.fixture
def state(tmp_path: Path) -> DeviceState:
    """A state whose folder is not there yet."""
    return DeviceState(tmp_path / "deep" / "kizashi", os.urandom)


def fill(state: DeviceState) -> None:
    """Writes every kind of file."""
    state.seed()
    state.remember_invite(INVITE)
    state.remember_directory_version(ROOT, 3)
    state.remember_check(CHECK)
    state.keep_erasure(REPORT_ID, bundle())
    state.keep_receipt(REPORT_ID, Scope.SCORE, bundle())
    state.remember_log_head(ROOT, SEEN)


def modes(folder: Path) -> dict[str, int]:
    """Permissions of a folder and of everything in it."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in (folder, *folder.rglob("*"))
    }


def test_nothing_is_written_by_looking(state: DeviceState) -> None:
    """Asking what is there leaves no trace."""
    assert state.invite() is None
    assert state.checks() == []
    assert state.highest_directory_version(ROOT) == 0
    assert not state.folder.exists()


def test_everything_is_closed_to_others(state: DeviceState) -> None:
    """Folders have mode 0700 and files 0600, even where the process would allow more."""
    before = os.umask(0)
    try:
        fill(state)
    finally:
        os.umask(before)
    found = modes(state.folder)
    folders = {name for name in found if (state.folder / name).is_dir()}
    assert folders == {".", "checks", "erasures", "receipts"}
    assert len(found) == 12
    assert {name: oct(mode) for name, mode in found.items()} == {
        name: oct(0o700 if name in folders else 0o600) for name in found
    }


def test_a_file_that_was_open_is_closed_when_written(state: DeviceState) -> None:
    """A mode that a careless copy widened is narrowed by the next write."""
    fill(state)
    invite = state.folder / "invite.txt"
    invite.chmod(0o644)
    state.remember_invite(INVITE)
    assert stat.S_IMODE(invite.stat().st_mode) == 0o600


def test_the_seed_is_made_once(state: DeviceState) -> None:
    """Every later question gets the same seed, in another process too."""
    first = state.seed()
    assert len(first) == 32
    assert state.seed() == first
    assert DeviceState(state.folder, os.urandom).seed() == first


def test_what_is_kept_comes_back(state: DeviceState) -> None:
    """Invite, version and checks are read as they were written, the oldest check first."""
    fill(state)
    older = SentCheck(bytes(16), INVITE, NOW - 1)
    state.remember_check(older)
    again = DeviceState(state.folder, os.urandom)
    assert again.invite() == INVITE
    assert again.highest_directory_version(ROOT) == 3
    assert again.checks() == [older, CHECK]


@given(
    check=st.builds(
        SentCheck,
        st.binary(min_size=16, max_size=16),
        st.builds(
            Invite,
            st.just("host.example"),
            st.integers(1, 65_535),
            PROGRAMME_IDS,
            st.binary(min_size=32, max_size=32),
        ),
        st.integers(0, 2**53),
        st.lists(st.text(max_size=20), max_size=2).map(tuple),
    )
)
def test_a_check_survives_being_written(check: SentCheck) -> None:
    """Every check is read back from its JSON as it was."""
    assert SentCheck.from_json(check.to_json()) == check


def test_versions_never_go_back(state: DeviceState) -> None:
    """Remembering an older version keeps the newer; roots do not mix."""
    state.remember_directory_version(ROOT, 5)
    state.remember_directory_version(ROOT, 4)
    state.remember_directory_version(bytes(32), 1)
    assert state.highest_directory_version(ROOT) == 5
    assert state.highest_directory_version(bytes(32)) == 1


def test_the_seed_goes_with_the_last_check(state: DeviceState) -> None:
    """While a check could still be withdrawn its seed stays; after the last it is gone."""
    fill(state)
    state.remember_check(SentCheck(bytes(16), INVITE, NOW))
    seed = state.seed()
    state.forget_check(REPORT_ID)
    assert state.seed() == seed
    state.forget_check(bytes(16))
    assert not (state.folder / "seed").exists()
    assert state.seed() != seed


def test_a_lost_seed_is_not_replaced_while_checks_need_it(state: DeviceState) -> None:
    """Another seed would own none of them, and each withdrawal would end as "nothing held"."""
    fill(state)
    (state.folder / "seed").unlink()
    with pytest.raises(SeedMissing) as caught:
        state.seed()
    assert str(state.folder / "checks") in caught.value.person
    assert not (state.folder / "seed").exists()
    state.forget_check(REPORT_ID)
    assert state.seed()


def test_forgetting_a_check_that_is_not_there_is_no_error(state: DeviceState) -> None:
    """Forgetting twice is forgetting."""
    state.forget_check(REPORT_ID)


def test_a_write_that_fails_leaves_the_old_file(state: DeviceState) -> None:
    """A crash between writing and renaming leaves the file of before, and nothing beside it."""
    state.remember_invite(INVITE)
    (state.folder / "checks").mkdir()
    # A folder in the file's place cannot be replaced by a file: the rename fails.
    in_the_way = state.folder / "checks" / f"{REPORT_ID.hex()}.json"
    in_the_way.mkdir()
    with pytest.raises(OSError, match=REPORT_ID.hex()):
        state.remember_check(CHECK)
    assert list((state.folder / "checks").iterdir()) == [in_the_way]
    assert state.invite() == INVITE


DAMAGE = {
    "seed": [b"", b"short", bytes(33)],
    "invite.txt": [b"", b"kizashi://", b"\xff"],
    "directory-versions.json": [b"", b"[]", b"{", b'{"a": "x"}', b'{"a": null}', b'{"a": 1e999}'],
    f"checks/{REPORT_ID.hex()}.json": [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"report_id": 1}',
        b'{"report_id": "zz", "invite": "", "sent_time": 1, "receipts": []}',
    ],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_named_to_the_person(state: DeviceState, name: str) -> None:
    """Whatever is wrong with a file, the person is told which one it is and what to do."""
    for content in DAMAGE[name]:
        fill(state)
        path = state.folder / name
        path.write_bytes(content)
        with pytest.raises(StateUnreadable) as caught:
            read_all(state)
        assert str(path) in caught.value.person
        assert caught.value.reason == "STATE_UNREADABLE"
        shutil.rmtree(state.folder)


@pytest.mark.parametrize(
    "change",
    [
        {"report_id": "00"},
        {"invite": "kizashi://host:1/p"},
        {"sent_time": float("inf")},
        {"sent_time": None},
        {"receipts": 1},
    ],
    ids=str,
)
def test_a_damaged_check_is_found(state: DeviceState, change: dict[str, object]) -> None:
    """One field out of its form is enough."""
    state.remember_check(CHECK)
    (path,) = (state.folder / "checks").iterdir()
    path.write_text(json.dumps(CHECK.to_json() | change))
    (damaged,) = state.damaged_checks()
    assert damaged.path == path
    assert state.checks() == []


def read_all(state: DeviceState) -> None:
    """Reads every kind of file."""
    state.seed()
    state.invite()
    state.highest_directory_version(ROOT)
    for damaged in state.damaged_checks():
        raise damaged


def test_a_check_shows_no_receipts(state: DeviceState) -> None:
    """Receipts name the participant's keys, and stay out of texts."""
    assert "receipt one" not in repr(CHECK)
    assert "receipt one" not in str(CHECK)
