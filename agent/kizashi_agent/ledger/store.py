"""The ledger's files: one for each message, and a head that says where they begin and end.

Each entry holds its number and the digest of the one before, so that a file that was removed,
changed or moved is noticed. Without the ledger key nobody can add one. A whole folder put back as
it was on an earlier day is not noticed.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from kizashi_agent.device.device_state import LEDGER_FOLDER, DeviceState
from kizashi_agent.device.participant import ledger_key
from kizashi_agent.device.state_folder import StateFolder
from kizashi_agent.errors import StateError
from kizashi_agent.ledger.entry import DIGEST_BYTES, Entry, Head, Message
from kizashi_agent.ledger.sealing import NONCE_BYTES, Place, seal, unseal

MOST_MESSAGES = 1000
"""The newest are kept and the oldest go. A check took 39 kB, and every other message is an answer,
of at most 128 KiB with the 32 it may seal: the ledger ends near 40 MB, and near 115 where a server
fills its answers."""


class LedgerUnreadable(StateError):
    """The ledger's head is missing or does not open, so nothing can be added."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            "the ledger's head is missing or does not open",
            f"The ledger in {folder} cannot be continued: a part of it is missing or damaged, or "
            "belongs to another seed. What cannot be recorded is not sent. Put the folder back as "
            "it was, or erase it (kizashi ledger clear) and try again.",
            reason="LEDGER_UNREADABLE",
        )


class LedgerNumberUnknown(StateError):
    """A message that the ledger does not hold."""

    def __init__(self, number: int) -> None:
        super().__init__(
            "a number that the ledger does not hold",
            f"The ledger holds no readable message {number}. kizashi ledger lists those it holds.",
            reason="LEDGER_NUMBER_UNKNOWN",
        )


class Wrong(StrEnum):
    """What is wrong with a part of the ledger."""

    HEAD = "head"
    MISSING = "missing"
    CHANGED = "changed"
    OUT_OF_PLACE = "out_of_place"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was noticed.

    Attributes:
        wrong: what.
        number: of which message; None for the head.
    """

    wrong: Wrong
    number: int | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a ledger holds: the entries that can be read, by number, and all that is wrong."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Messages in a folder.

    Attributes:
        files: how the folder is kept.
        folder: the folder.
        key: gives the ledger key, 32 bytes; asked when something is read or written.
        random_bytes: gives that many unpredictable bytes.
        most: how many messages are kept.
    """

    files: StateFolder
    folder: Path
    key: Callable[[], bytes] = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)
    most: int = MOST_MESSAGES

    def exists(self) -> bool:
        """Whether anything was ever recorded since the ledger was last erased."""
        return bool(self.files.files(self.folder))

    def append(self, message: Message) -> int:
        """Keeps a message, and returns its number once it is on disk.

        Raises:
            LedgerUnreadable: the head does not open.
            StateError: the seed is missing or out of reach.
            OSError: it cannot be written.
        """
        with self.files.sole():
            key = self.key()
            head = self._begun(key)
            number = head.last + 1
            entry = Entry(number, head.digest, message)
            sealed = seal(Place.ENTRY, number, entry.encode(), key, self._nonce())
            self.files.write(self._path(number), sealed)
            head = self._shortened(replace(head, last=number, digest=_digest(sealed)))
            self._write_head(head, key)
            for each in self._numbers():
                if each < head.first:
                    self.files.remove(self._path(each))
            return number

    def read(self) -> Contents:
        """Everything that can be read, and everything that is wrong.

        Raises:
            StateError: the seed is missing or out of reach.
        """
        if not self.exists():
            return Contents((), ())
        with self.files.sole():
            key = self.key()
            head = self._head(key)
            if head is None:
                entries = [self._entry(number, key) for number in self._numbers()]
                whole = tuple(each for each in entries if each is not None)
                return Contents(whole, (Fault(Wrong.HEAD, None),))
            return self._followed(head, key)

    def entry(self, number: int) -> Entry:
        """The entry of a number.

        Raises:
            LedgerNumberUnknown: there is none, or it does not open.
            StateError: the seed is missing or out of reach.
        """
        known = self.exists() and number in self._numbers()
        found = self._entry(number, self.key()) if known else None
        if found is None:
            raise LedgerNumberUnknown(number)
        return found

    def clear(self) -> int:
        """Erases every message and returns how many there were."""
        with self.files.sole():
            numbers = self._numbers()
            for path in self.files.files(self.folder):
                self.files.remove(path)
            return len(numbers)

    def _followed(self, head: Head, key: bytes) -> Contents:
        entries: list[Entry] = []
        faults: list[Fault] = []
        before = head.before
        for number in range(head.first, head.last + 1):
            sealed = self.files.read(self._path(number))
            entry = self._entry(number, key)
            if sealed is None or entry is None:
                faults.append(Fault(Wrong.MISSING if sealed is None else Wrong.CHANGED, number))
                before = None  # what came after it cannot be held against it
                continue
            entries.append(entry)
            if before is not None and entry.before != before:
                faults.append(Fault(Wrong.OUT_OF_PLACE, number))
            before = _digest(sealed)
        return Contents(tuple(entries), tuple(faults))

    def _begun(self, key: bytes) -> Head:
        if not self.exists():
            start = self.random_bytes(DIGEST_BYTES)
            return Head(1, start, 0, start)
        head = self._head(key)
        if head is None:
            raise LedgerUnreadable(self.folder)
        return head

    def _head(self, key: bytes) -> Head | None:
        sealed = self.files.read(self._head_path())
        try:
            head = Head.decode(unseal(Place.HEAD, 0, sealed or b"", key))
        except (ValueError, KeyError, TypeError):
            return None
        # A crash may have come between an entry and the head.
        for digest in self._beyond(head, key):
            head = replace(head, last=head.last + 1, digest=digest)
        return head

    def _beyond(self, head: Head, key: bytes) -> Iterator[bytes]:
        digest, number = head.digest, head.last + 1
        while True:
            entry, sealed = self._entry(number, key), self.files.read(self._path(number))
            if entry is None or sealed is None or entry.before != digest:
                return
            digest, number = _digest(sealed), number + 1
            yield digest

    def _shortened(self, head: Head) -> Head:
        while head.last - head.first + 1 > self.most:
            oldest = self.files.read(self._path(head.first))
            before = None if oldest is None else _digest(oldest)
            head = replace(head, first=head.first + 1, before=before)
        return head

    def _write_head(self, head: Head, key: bytes) -> None:
        self.files.write(self._head_path(), seal(Place.HEAD, 0, head.encode(), key, self._nonce()))

    def _entry(self, number: int, key: bytes) -> Entry | None:
        sealed = self.files.read(self._path(number))
        try:
            return Entry.decode(unseal(Place.ENTRY, number, sealed or b"", key))
        except (ValueError, KeyError, TypeError):
            return None

    def _numbers(self) -> list[int]:
        names = (path.name for path in self.files.files(self.folder))
        return sorted(int(name) for name in names if name.isascii() and name.isdecimal())

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}"

    def _head_path(self) -> Path:
        return self.folder / "head"

    def _nonce(self) -> bytes:
        return self.random_bytes(NONCE_BYTES)


def ledger_of(state: DeviceState, random_bytes: Callable[[int], bytes]) -> Ledger:
    """The ledger in the agent's folder, under the key grown from its seed."""
    folder = state.folder / LEDGER_FOLDER
    return Ledger(state.files, folder, lambda: ledger_key(state.seed()), random_bytes)


def _digest(sealed: bytes) -> bytes:
    return hashlib.sha256(sealed).digest()
