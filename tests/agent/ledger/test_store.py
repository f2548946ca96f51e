"""The ledger's files: what was written is read, what was done to them is noticed and said."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from kizashi_agent.device.state_folder import FolderInMemory, FolderOnDisk, StateFolder
from kizashi_agent.ledger.entry import Call, Direction, Message
from kizashi_agent.ledger.store import (
    Contents,
    Fault,
    Ledger,
    LedgerNumberUnknown,
    LedgerUnreadable,
    Wrong,
)

KEY = b"k" * 32


def message(number: int) -> Message:
    """A message that says which it is."""
    return Message(
        number, "host:1", Call.EXCHANGE, Direction.SENT, b"body %d" % number, b"plain %d" % number
    )


def ledger_in(folder: Path, key: bytes = KEY, most: int = 1000) -> Ledger:
    """A ledger as a new process has it."""
    return Ledger(FolderOnDisk(folder), folder / "ledger", lambda: key, os.urandom, most)


def filled(folder: Path, count: int = 5, most: int = 1000) -> Ledger:
    """A ledger of so many messages."""
    ledger = ledger_in(folder, most=most)
    assert [ledger.append(message(n)) for n in range(1, count + 1)] == [*range(1, count + 1)]
    return ledger


def file_of(folder: Path, number: int) -> Path:
    """Where a message lies."""
    return folder / "ledger" / f"{number:08d}"


def numbers(contents: Contents) -> list[int]:
    """The numbers of the entries that could be read."""
    return [entry.number for entry in contents.entries]


@pytest.mark.parametrize("kind", ["disk", "memory"])
def test_messages_come_back_in_their_order(tmp_path: Path, kind: str) -> None:
    """Each with its number, and nothing is wrong with them."""
    files: StateFolder = FolderOnDisk(tmp_path) if kind == "disk" else FolderInMemory()
    ledger = Ledger(files, tmp_path / "ledger", lambda: KEY, os.urandom)
    assert not ledger.exists()
    assert ledger.read() == Contents((), ())
    for number in range(1, 4):
        assert ledger.append(message(number)) == number
    assert ledger.exists()
    contents = ledger.read()
    assert [entry.message for entry in contents.entries] == [message(n) for n in (1, 2, 3)]
    assert contents.faults == ()
    assert ledger.entry(2).message == message(2)


def test_nothing_can_be_read_without_the_key(tmp_path: Path) -> None:
    """Neither bytes nor plaintext nor address is in any file, and all are closed to others."""
    filled(tmp_path)
    kept = [path for path in (tmp_path / "ledger").iterdir() if path.is_file()]
    assert len(kept) == 6
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for secret in (b"body", b"plain", b"host", b"sent"):
            assert secret not in path.read_bytes()
    stranger = ledger_in(tmp_path, bytes(32))
    assert stranger.read() == Contents((), (Fault(Wrong.HEAD, None),))
    with pytest.raises(LedgerNumberUnknown):
        stranger.entry(1)


def test_the_key_is_asked_for_only_when_needed(tmp_path: Path) -> None:
    """A laptop that has sent nothing needs no seed to say so."""

    def key() -> bytes:
        raise AssertionError("the key was asked for")

    ledger = Ledger(FolderOnDisk(tmp_path), tmp_path / "ledger", key, os.urandom)
    assert ledger.read() == Contents((), ())
    assert not ledger.exists()


def removed(folder: Path) -> None:
    """The third message is gone."""
    file_of(folder, 3).unlink()


def newest_removed(folder: Path) -> None:
    """The last message is gone."""
    file_of(folder, 5).unlink()


def oldest_removed(folder: Path) -> None:
    """The first message is gone."""
    file_of(folder, 1).unlink()


def changed(folder: Path) -> None:
    """A bit of the third message is turned."""
    data = bytearray(file_of(folder, 3).read_bytes())
    data[40] ^= 1
    file_of(folder, 3).write_bytes(data)


def swapped(folder: Path) -> None:
    """The second and the third message have changed places."""
    second, third = file_of(folder, 2).read_bytes(), file_of(folder, 3).read_bytes()
    file_of(folder, 2).write_bytes(third)
    file_of(folder, 3).write_bytes(second)


def shifted(folder: Path) -> None:
    """The third message is gone and the later ones have moved up."""
    for number in (4, 5):
        file_of(folder, number).replace(file_of(folder, number - 1))


def head_removed(folder: Path) -> None:
    """The head is gone."""
    (folder / "ledger" / "head").unlink()


def of_another_day(folder: Path) -> None:
    """The third message is one that was erased with an earlier ledger under the same key."""
    earlier = folder / "earlier"
    filled(earlier)
    file_of(folder, 3).write_bytes(file_of(earlier, 3).read_bytes())


DEEDS: dict[Callable[[Path], None], list[Fault]] = {
    removed: [Fault(Wrong.MISSING, 3)],
    newest_removed: [Fault(Wrong.MISSING, 5)],
    oldest_removed: [Fault(Wrong.MISSING, 1)],
    changed: [Fault(Wrong.CHANGED, 3)],
    swapped: [Fault(Wrong.CHANGED, 2), Fault(Wrong.CHANGED, 3)],
    shifted: [Fault(Wrong.CHANGED, 3), Fault(Wrong.CHANGED, 4), Fault(Wrong.MISSING, 5)],
    head_removed: [Fault(Wrong.HEAD, None)],
    of_another_day: [Fault(Wrong.OUT_OF_PLACE, 3), Fault(Wrong.OUT_OF_PLACE, 4)],
}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda each: each.__name__)
def test_what_is_done_to_a_file_is_noticed(tmp_path: Path, deed: Callable[[Path], None]) -> None:
    """Removal, change, reordering and foreign entries are each said, and the rest still reads."""
    ledger = filled(tmp_path)
    assert ledger.read().faults == ()
    deed(tmp_path)
    contents = ledger_in(tmp_path).read()
    assert list(contents.faults) == DEEDS[deed]
    assert len(contents.entries) >= 2
    for entry in contents.entries:
        assert entry.message.body.startswith(b"body")


def test_a_ledger_without_its_head_takes_nothing_more(tmp_path: Path) -> None:
    """What cannot be recorded is not sent; the person is told how to go on."""
    ledger = filled(tmp_path)
    head_removed(tmp_path)
    with pytest.raises(LedgerUnreadable) as caught:
        ledger.append(message(6))
    assert "kizashi ledger clear" in caught.value.person
    assert caught.value.exit_code == 10
    assert ledger.clear() == 5
    assert ledger.append(message(1)) == 1


def test_a_missing_message_does_not_stop_the_next(tmp_path: Path) -> None:
    """It stays missed, and the ledger goes on."""
    ledger = filled(tmp_path)
    removed(tmp_path)
    assert ledger.append(message(6)) == 6
    contents = ledger.read()
    assert numbers(contents) == [1, 2, 4, 5, 6]
    assert contents.faults == (Fault(Wrong.MISSING, 3),)


def test_a_crash_between_entry_and_head_loses_nothing(tmp_path: Path) -> None:
    """An entry that follows on the last one belongs to the ledger, whatever the head says."""
    ledger = filled(tmp_path, 4)
    head = (tmp_path / "ledger" / "head").read_bytes()
    ledger.append(message(5))
    (tmp_path / "ledger" / "head").write_bytes(head)
    assert numbers(ledger.read()) == [1, 2, 3, 4, 5]
    assert ledger.append(message(6)) == 6
    contents = ledger.read()
    assert numbers(contents) == [1, 2, 3, 4, 5, 6]
    assert contents.faults == ()


def test_the_newest_are_kept_and_the_oldest_go(tmp_path: Path) -> None:
    """Their files too; numbers go on, and what went in its turn is not missed."""
    ledger = filled(tmp_path, 12, most=5)
    contents = ledger.read()
    assert numbers(contents) == [8, 9, 10, 11, 12]
    assert contents.faults == ()
    assert len(list((tmp_path / "ledger").iterdir())) == 6
    with pytest.raises(LedgerNumberUnknown):
        ledger.entry(7)


def test_an_oldest_message_that_is_missing_can_go_too(tmp_path: Path) -> None:
    """The ledger goes on, and after it has gone it is not missed any more."""
    ledger = filled(tmp_path, 5, most=5)
    oldest_removed(tmp_path)
    ledger.append(message(6))
    assert ledger.read().faults == ()
    file_of(tmp_path, 2).unlink()
    assert ledger.read().faults == (Fault(Wrong.MISSING, 2),)


def test_clearing_leaves_no_message(tmp_path: Path) -> None:
    """No file is left, and a new ledger begins at 1."""
    ledger = filled(tmp_path)
    assert ledger.clear() == 5
    assert list((tmp_path / "ledger").iterdir()) == []
    assert not ledger.exists()
    assert ledger.clear() == 0
    assert ledger.append(message(1)) == 1


def test_the_limit_is_the_one_that_is_said() -> None:
    """A thousand messages."""
    assert Ledger(FolderInMemory(), Path(), lambda: KEY, os.urandom).most == 1000


def test_a_ledger_shows_no_key(tmp_path: Path) -> None:
    """Neither it nor its contents' texts."""
    ledger = filled(tmp_path)
    for shown in (repr(ledger), repr(ledger.read())):
        assert "kkkk" not in shown
        assert "plain" not in shown
