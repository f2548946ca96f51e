"""Files that hold secrets: written once, readable by one account, gone when told.

Modes are checked on every read, because a restored backup or a careless copy widens them. Contents
never appear in an error.
"""

import os
import stat
from pathlib import Path

from kizashi_server.errors import KeyFault

SEED_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_directory(path: Path) -> None:
    """Makes a directory with mode 0700, or accepts one that has it.

    Raises:
        KeyFault: it cannot be made, or is open to other accounts.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _fault(path, f"cannot be made ({error.strerror})") from None
    check_private_directory(path)


def check_private_directory(path: Path) -> None:
    """Returns when the directory is there and closed to other accounts.

    Raises:
        KeyFault: it is not there, is no directory, or is open to other accounts.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise _fault(path, f"cannot be read ({error.strerror})") from None
    if not stat.S_ISDIR(found.st_mode):
        raise _fault(path, "is not a directory")
    if found.st_mode & _OTHERS:
        raise _fault(path, f"is open to other accounts; close it with: chmod 700 {path}")


def write_private(path: Path, data: bytes) -> None:
    """Writes a new file with mode 0600 and waits until it is on the disk.

    Raises:
        KeyFault: there is a file already, or it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _fault(path, "is there already and is not overwritten") from None
    except OSError as error:
        raise _fault(path, f"cannot be written ({error.strerror})") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def read_private(path: Path) -> bytes:
    """The bytes of a file that no other account can read.

    Raises:
        KeyFault: it is not there, cannot be read, or is open to other accounts.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise _fault(path, f"is open to other accounts; close it with: chmod 600 {path}")
            return file.read()
    except OSError as error:
        raise _fault(path, f"cannot be read ({error.strerror})") from None


def read_seed(path: Path) -> bytes:
    """A key's seed, 32 bytes; errors as `read_private`."""
    seed = read_private(path)
    if len(seed) != SEED_BYTES:
        raise _fault(path, f"does not hold the {SEED_BYTES} bytes of a key")
    return seed


def replace_file(path: Path, data: bytes) -> None:
    """Puts a file in the place of another in one step, mode 0600.

    Raises:
        KeyFault: it cannot be written.
    """
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, data)
    try:
        fresh.replace(path)
    except OSError as error:
        raise _fault(path, f"cannot be replaced ({error.strerror})") from None


def erase(path: Path) -> None:
    """Overwrites a secret and removes it; a file that is gone already is no error.

    Flash memory and journalling file systems may keep old blocks, so the disk itself should be
    encrypted; `deploy/README.md` says so to the operator.

    Raises:
        KeyFault: it cannot be removed.
    """
    try:
        with path.open("r+b") as file:
            file.write(b"\0" * os.fstat(file.fileno()).st_size)
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _fault(path, f"cannot be erased ({error.strerror})") from None


def _fault(path: Path, text: str) -> KeyFault:
    return KeyFault(f"{path} {text}", f"{path} {text}.")
