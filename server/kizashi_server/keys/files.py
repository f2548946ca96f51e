"""Files that hold secrets: written once, readable by one account, gone when told.

Modes are checked on every read, because a restored backup or a careless copy widens them. Contents
never appear in an error. A seed may be encrypted, see `seed_cipher`; where a cipher is given, one
that is in the clear is read too, because moving to encryption may have broken off half-way.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kizashi_server.errors import KeyFault, ListenFault
from kizashi_server.keys.seed_cipher import SEED_BYTES, SeedCipher, SeedDoesNotOpen, is_sealed

LOCK_NAME = "keys.lock"
SERVE_LOCK_NAME = "serve.lock"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_directory(path: Path) -> None:
    """Makes a directory with mode 0700, or accepts one that has it.

    Raises:
        KeyFault: it cannot be made, or is open to other accounts.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be made ({error.strerror})") from None
    check_private_directory(path)


def make_private_subdirectory(path: Path) -> None:
    """The same inside a private directory, and like the files there of its account's.

    Raises:
        KeyFault: as `make_private_directory`.
    """
    make_private_directory(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _give_away(descriptor, path.parent)
    finally:
        os.close(descriptor)


def check_private_directory(path: Path) -> None:
    """Returns when the directory is there and closed to other accounts.

    Raises:
        KeyFault: it is not there, is no directory, or is open to other accounts.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be read ({error.strerror})") from None
    if not stat.S_ISDIR(found.st_mode):
        raise KeyFault.of_file(path, "is not a directory")
    if found.st_mode & _OTHERS:
        raise KeyFault.of_file(path, f"is open to other accounts; close it with: chmod 700 {path}")


def write_private(path: Path, data: bytes) -> None:
    """Writes a new file with mode 0600 and waits until it is on the disk.

    Raises:
        KeyFault: there is a file already, or it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFault.of_file(path, "is there already and is not overwritten") from None
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be written ({error.strerror})") from None
    with os.fdopen(descriptor, "wb") as file:
        _give_away(descriptor, path.parent)
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
                raise KeyFault.of_file(
                    path, f"is open to other accounts; close it with: chmod 600 {path}"
                )
            return file.read()
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be read ({error.strerror})") from None


def read_seed(path: Path, cipher: SeedCipher | None = None) -> bytes:
    """A key's seed, 32 bytes.

    Raises:
        KeyFault: as `read_private`, or it is encrypted and the cipher is missing or another.
    """
    data = read_private(path)
    if is_sealed(data):
        if cipher is None:
            raise KeyFault.of_file(
                path, "is encrypted; say in [keys] of the configuration what with"
            )
        try:
            return cipher.open(path.name, data)
        except SeedDoesNotOpen:
            raise KeyFault.of_file(
                path,
                "does not open: the passphrase or key is another than it was encrypted with, or "
                "the file is damaged or another's",
            ) from None
    if len(data) != SEED_BYTES:
        raise KeyFault.of_file(path, f"does not hold the {SEED_BYTES} bytes of a key")
    return data


def seed_file(name: str, seed: bytes, cipher: SeedCipher | None) -> bytes:
    """What a file of this name holds of a seed: encrypted, or in the clear without a cipher."""
    return seed if cipher is None else cipher.seal(name, seed, os.urandom)


def write_seed(path: Path, seed: bytes, cipher: SeedCipher | None) -> None:
    """Writes a key's seed into a new file; errors as `write_private`."""
    write_private(path, seed_file(path.name, seed, cipher))


def replace_secret(path: Path, data: bytes) -> None:
    """As `replace_file`, and then overwrites what was there before.

    Raises:
        KeyFault: it cannot be read or written.
    """
    try:
        with path.open("r+b") as before:
            replace_file(path, data)
            _overwrite(before.fileno())
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be replaced ({error.strerror})") from None


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Holds the state directory's keys for one process at a time, as long as the block runs.

    Raises:
        KeyFault: the lock cannot be made.
    """
    with _open_lock(state, LOCK_NAME) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def served_alone(state: Path) -> Iterator[None]:
    """Lets one process at a time serve a state directory, as long as the block runs.

    The stores count on it: what one process withdraws, another would keep behind its back. Commands
    that read, or change keys and recipients, do not take this lock.

    Raises:
        ListenFault: another process serves it.
        KeyFault: the lock cannot be made.
    """
    with _open_lock(state, SERVE_LOCK_NAME) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ListenFault(
                f"{state} is served by another process",
                f"The state directory {state} is in use: another server process serves it. Stop "
                "that one first, or give this one a state directory of its own.",
            ) from None
        yield


@contextmanager
def _open_lock(state: Path, name: str) -> Iterator[int]:
    try:
        descriptor = os.open(state / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise KeyFault.of_file(state / name, f"cannot be opened ({error.strerror})") from None
    try:
        _give_away(descriptor, state)
        yield descriptor
    finally:
        os.close(descriptor)


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
        raise KeyFault.of_file(path, f"cannot be replaced ({error.strerror})") from None


def erase(path: Path) -> None:
    """Overwrites a secret and removes it; a file that is gone already is no error.

    Flash memory and journalling file systems may keep old blocks, so the disk itself should be
    encrypted; `deploy/README.md` says so to the operator.

    Raises:
        KeyFault: it cannot be removed.
    """
    try:
        with path.open("r+b") as file:
            _overwrite(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise KeyFault.of_file(path, f"cannot be erased ({error.strerror})") from None


def _give_away(descriptor: int, directory: Path) -> None:
    """Makes what root writes belong to the account the directory belongs to.

    Otherwise a server that runs under that account could not read what an operator changed.
    """
    if os.geteuid() == 0:
        owner = directory.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _overwrite(descriptor: int) -> None:
    os.pwrite(descriptor, b"\0" * os.fstat(descriptor).st_size, 0)
    os.fsync(descriptor)
