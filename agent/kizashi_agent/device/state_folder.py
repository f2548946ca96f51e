"""The files of one folder: on disk, closed to others and whole after a crash, or in memory alone.

Whatever reads, decides and writes does so in `sole`, so that two commands at once do not undo each
other's work. A file is written in `sole` too, so that there is never more than one half-written
file, under one name; what a crash left of it, a seed perhaps, is erased by whoever is in `sole`
next.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kizashi_agent.device.state_errors import StateBusy
from kizashi_agent.file_lock import wait_for_lock
from kizashi_agent.new_file import write_new

LOCK_WAIT = 30.0
"""Seconds. The lock is held for milliseconds, or while a person unlocks the keyring."""

_HALF = "half-written"


class StateFolder(Protocol):
    """Where files are kept. Paths are below the folder."""

    def read(self, path: Path) -> bytes | None:
        """What a file holds, or None where there is none."""
        ...

    def write(self, path: Path, data: bytes) -> None:
        """Puts a file in place of the one before, whole or not at all."""
        ...

    def remove(self, path: Path) -> None:
        """Removes a file; removing what is not there is no error."""
        ...

    def files(self, folder: Path) -> list[Path]:
        """The files in a folder, by name."""
        ...

    def sole(self) -> contextlib.AbstractContextManager[None]:
        """Keeps every other process and thread out of such a block; blocks may be nested.

        Raises:
            StateBusy: somebody else has been in one for too long.
        """
        ...


class FolderOnDisk:
    """Files with mode 0600 in folders with mode 0700, made when first written to."""

    def __init__(self, folder: Path, lock_wait: float = LOCK_WAIT) -> None:
        self._folder = folder
        self._lock_wait = lock_wait
        self._thread = threading.RLock()
        self._depth = 0

    def read(self, path: Path) -> bytes | None:
        """See `StateFolder`."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: Path, data: bytes) -> None:
        """See `StateFolder`; errors as `sole`, and `OSError` when it cannot be written."""
        with self.sole():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            put_in_place(path, self._folder / _HALF, data)

    def remove(self, path: Path) -> None:
        """See `StateFolder`."""
        path.unlink(missing_ok=True)

    def files(self, folder: Path) -> list[Path]:
        """See `StateFolder`."""
        return sorted(folder.glob("*"))

    @contextlib.contextmanager
    def sole(self) -> Iterator[None]:
        """See `StateFolder`; the lock is on a file of its own, which stays."""
        with self._thread:
            self._depth += 1
            try:
                with self._lock() if self._depth == 1 else contextlib.nullcontext():
                    yield
            finally:
                self._depth -= 1

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            try:
                wait_for_lock(file, self._lock_wait)
            except TimeoutError:
                raise StateBusy(self._folder) from None
            (self._folder / _HALF).unlink(missing_ok=True)
            yield


def put_in_place(path: Path, half: Path, data: bytes) -> None:
    """Puts a file in place of the one before, whole or not at all, mode 0600.

    Written beside, then renamed: a crash leaves the old file or the new one, and perhaps `half`.

    Args:
        path: the file; its folder is there.
        half: a name on the same disk for what is being written; what a crash left there goes.
        data: what it is to hold.

    Raises:
        OSError: it cannot be written; `half` is gone then.
    """
    half.unlink(missing_ok=True)
    try:
        write_new(half, data)
        half.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink()
        raise


@dataclass(frozen=True, slots=True)
class FolderInMemory:
    """Files that end with the process."""

    _held: dict[Path, bytes] = field(default_factory=dict, repr=False)

    def read(self, path: Path) -> bytes | None:
        """See `StateFolder`."""
        return self._held.get(path)

    def write(self, path: Path, data: bytes) -> None:
        """See `StateFolder`."""
        self._held[path] = data

    def remove(self, path: Path) -> None:
        """See `StateFolder`."""
        self._held.pop(path, None)

    def files(self, folder: Path) -> list[Path]:
        """See `StateFolder`."""
        return sorted(path for path in self._held if path.parent == folder)

    def sole(self) -> contextlib.AbstractContextManager[None]:
        """See `StateFolder`; nobody else can be here."""
        return contextlib.nullcontext()
